"""What the lab may use of the machine."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import settings
from core.errors import LabError

MEGABYTE = 1024**2


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The files of the kernel, by path or by name, for a test to fill; 8 cores, 16 GB outside."""
    files: dict[str, str] = {}
    monkeypatch.setattr(
        settings, "_read", lambda path: files.get(str(path), files.get(path.name, ""))
    )
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(8)), raising=False)
    monkeypatch.setattr("psutil.virtual_memory", lambda: type("M", (), {"total": 16 * 1024**3}))
    return files


def test_without_a_container_the_machine_is_the_limit(machine: dict[str, str]) -> None:
    assert settings.memory_limit_bytes() == 16 * 1024**3
    assert settings.usable_cores() == 8


@pytest.mark.parametrize("name", ["memory.max", "memory.limit_in_bytes"])
def test_a_container_limits_the_memory(machine: dict[str, str], name: str) -> None:
    machine[name] = str(1024**3)
    found = settings.read_settings({})
    assert found.memory_limit_bytes == 1024**3
    assert found.memory_budget_bytes < 1024**3 - 300 * MEGABYTE


GROUPS = {
    "version 1": ("5:cpu,cpuacct:/\n4:memory:/school/lab\n0::/", "memory", "limit_in_bytes"),
    "version 2": ("0::/school/lab", "", "max"),
    "both": ("4:cpu:/\n0::/school/lab", "unified", "max"),
}


@pytest.mark.parametrize("groups", GROUPS)
@pytest.mark.parametrize("limited", ["school/lab", "school", ""])
def test_the_tightest_group_around_the_process_limits_the_memory(
    machine: dict[str, str], groups: str, limited: str
) -> None:
    machine["/proc/self/cgroup"], tree, name = GROUPS[groups]
    root = Path("/sys/fs/cgroup") / tree
    for place in ("school/lab", "school", ""):
        limit = 1024**3 if place == limited else 2 * 1024**3
        machine[str(root / place / f"memory.{name}")] = str(limit)
    assert settings.memory_limit_bytes() == 1024**3


def test_another_group_s_limit_is_not_ours(machine: dict[str, str]) -> None:
    machine["/proc/self/cgroup"] = "0::/school/lab"
    machine["/sys/fs/cgroup/school/other/memory.max"] = str(1024**3)
    assert settings.memory_limit_bytes() == 16 * 1024**3


@given(st.text("0:/.,\nmemory"))
def test_any_list_of_groups_gives_a_limit(text: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings, "_read", lambda path: text if path.name == "cgroup" else "")
        patch.setattr("psutil.virtual_memory", lambda: type("M", (), {"total": 16 * 1024**3}))
        assert settings.memory_limit_bytes() == 16 * 1024**3
        for path in settings._control_groups("memory"):
            assert ".." not in path.parts
            assert path.is_relative_to("/sys/fs/cgroup")


@pytest.mark.parametrize("text", ["max", "", "garbage", str(2**63)])
def test_a_container_without_a_limit_leaves_the_machine_s(
    machine: dict[str, str], text: str
) -> None:
    machine["memory.max"] = text
    assert settings.memory_limit_bytes() == 16 * 1024**3


@pytest.mark.parametrize(
    ("quota", "cores"),
    [("200000 100000", 2), ("50000 100000", 1), ("7800 100000", 1), ("max 100000", 8), ("", 8)],
)
def test_a_container_s_processor_quota_counts(
    machine: dict[str, str], quota: str, cores: int
) -> None:
    machine["cpu.max"] = quota
    assert settings.usable_cores() == cores
    assert settings.read_settings({}).threads == cores


@given(st.integers(0, 2**40))
def test_the_budget_never_falls_below_what_the_starters_need(limit: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings, "memory_limit_bytes", lambda: limit)
        assert settings.read_settings({}).memory_budget_bytes >= 64 * MEGABYTE


def test_the_owner_s_choice_comes_first(machine: dict[str, str], tmp_path: Path) -> None:
    found = settings.read_settings(
        {
            "OPEN_MODEL_LAB_MEMORY_MB": " 300 ",
            "OPEN_MODEL_LAB_THREADS": "3",
            "OPEN_MODEL_LAB_MODELS": str(tmp_path),
            "OPEN_MODEL_LAB_CACHE": str(tmp_path / "cache"),
        }
    )
    assert found.memory_budget_bytes == 300 * MEGABYTE
    assert found.threads == 3
    assert found.models_dir == tmp_path
    assert found.cache_dir == tmp_path / "cache"


def test_no_more_threads_are_started_than_there_are_cores(machine: dict[str, str]) -> None:
    assert settings.read_settings({"OPEN_MODEL_LAB_THREADS": "999999"}).threads == 8


def test_a_home_directory_is_found(machine: dict[str, str]) -> None:
    found = settings.read_settings({"OPEN_MODEL_LAB_MODELS": "~/models"})
    assert found.models_dir == Path.home() / "models"


@pytest.mark.parametrize("name", ["OPEN_MODEL_LAB_MEMORY_MB", "OPEN_MODEL_LAB_THREADS"])
@pytest.mark.parametrize("value", ["0", "-1", "2.5", "many", "1e3", "²", "0x10", "9" * 5000])
def test_a_number_that_is_none_is_told_by_name(name: str, value: str) -> None:
    with pytest.raises(LabError, match=name) as caught:
        settings.read_settings({name: value})
    assert caught.value.next_step
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("name", ["OPEN_MODEL_LAB_MODELS", "OPEN_MODEL_LAB_CACHE"])
def test_a_directory_of_nobody_is_told_by_name(name: str) -> None:
    with pytest.raises(LabError, match=name):
        settings.read_settings({name: "~no-such-user-here/models"})


def test_converted_models_go_where_the_system_keeps_caches(tmp_path: Path) -> None:
    assert settings.read_settings({}).cache_dir == Path.home() / ".cache" / "open-model-lab"
    for name in ("XDG_CACHE_HOME", "LOCALAPPDATA"):
        found = settings.read_settings({name: str(tmp_path)})
        assert found.cache_dir == tmp_path / "open-model-lab"
    relative = settings.read_settings({"XDG_CACHE_HOME": "here"})  # the standard says: ignore it
    assert relative.cache_dir.is_absolute()


@given(st.dictionaries(st.sampled_from(["MEMORY_MB", "THREADS", "MODELS", "CACHE"]), st.text()))
def test_any_environment_gives_settings_or_words(environment: dict[str, str]) -> None:
    try:
        found = settings.read_settings({f"OPEN_MODEL_LAB_{k}": v for k, v in environment.items()})
    except LabError as error:
        assert "OPEN_MODEL_LAB_" in error.message
    else:
        assert found.threads >= 1
        assert found.memory_budget_bytes >= 64 * MEGABYTE


def test_the_data_folder_is_the_owners_choice_or_the_users() -> None:
    assert settings.data_folder({"OPEN_MODEL_LAB_DATA": "/srv/lab"}) == Path("/srv/lab")
    assert settings.data_folder({"XDG_DATA_HOME": "/data"}) == Path("/data/open-model-lab")
    assert settings.data_folder({}).name == "open-model-lab"
