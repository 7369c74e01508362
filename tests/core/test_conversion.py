"""A model is converted once, whatever happens meanwhile; nothing broken is ever taken for one."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import RefusedModelError
from core.inference.engines import conversion
from core.inference.engines.conversion import ConversionStopped, converted, shipped_name
from core.inference.engines.convert import NotConvertible, convert
from core.inference.engines.converted_model import MANIFEST, is_whole, read_facts
from core.settings import ROOT, STARTERS
from tests.random_families import make_bart, make_spread_t5

ENOUGH_S = 120
STARTER = STARTERS / "t5-summary-nano"


@pytest.fixture(scope="module")
def t5_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_spread_t5(tmp_path_factory.mktemp("models") / "t5")


@pytest.fixture(scope="module")
def ready(t5_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same, converted here."""
    target = tmp_path_factory.mktemp("ready") / "t5"
    convert(t5_folder, target, "int8")
    return target


def place(ready: Path, folder: Path, cache: Path) -> Path:
    """Put a copy of what was converted to where the cache would keep it."""
    home = cache / "ctranslate2"
    return shutil.copytree(ready, home / conversion._key(folder, "int8"))


def leftovers(cache: Path) -> list[str]:
    return [path.name for path in (cache / "ctranslate2").iterdir() if path.suffix != ".lock"]


def conversions() -> list[psutil.Process]:
    """Return the conversions under way; other tests leave a browser and a lab beside them."""
    return [child for child in psutil.Process().children() if _converts(child)]


def _converts(process: psutil.Process) -> bool:
    try:
        return "core.inference.engines.convert" in process.cmdline()
    except psutil.Error:  # it ended meanwhile
        return False


def until(holds: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + ENOUGH_S
    while not (value := holds()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return value


PROGRAM = """
import sys
from pathlib import Path
from core.inference.engines import ctranslate2_engine
from core.inference.engines.conversion import converted
from core.inference.types import GenerationConfig, Task
folder, cache = map(Path, sys.argv[1:])
made = converted(folder, "int8", cache=cache)
model = ctranslate2_engine.load(folder, converted=made, precision="int8", threads=1)
config = GenerationConfig(max_new_tokens=5, ignore_end=True)
prompt = model.read(Task.SUMMARIZATION, "a small robot went to the shop", config)
pieces = []
model.generate(prompt, config, emit=pieces.append, cancelled=lambda: False)
assert sum(piece.tokens for piece in pieces) == 5
heavy = [name for name in ("torch", "transformers") if name in sys.modules]
print(made, (made / "model.bin").stat().st_ino, heavy)
"""


def start(folder: Path, cache: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(folder), str(cache)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_two_processes_convert_once_and_need_neither_torch_nor_transformers(
    t5_folder: Path, tmp_path: Path
) -> None:
    both = [start(t5_folder, tmp_path) for _ in range(2)]
    said = [process.communicate(timeout=ENOUGH_S)[0].split() for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert said[0] == said[1]
    made = Path(said[0][0])
    assert said[0][2] == "[]"
    assert leftovers(tmp_path) == [made.name]
    assert is_whole(made, precision="int8")
    # Known from now on: nothing is started, not even a process.
    again = converted(t5_folder, "int8", cache=tmp_path, timeout_s=0)
    assert (str(again), str((again / "model.bin").stat().st_ino)) == (said[0][0], said[0][1])


def test_a_conversion_dies_with_its_lab_and_the_next_one_sweeps_and_mends(
    t5_folder: Path, ready: Path, tmp_path: Path
) -> None:
    broken = place(ready, t5_folder, tmp_path)
    (broken / "model.bin").write_bytes(b"half of it")
    lab = start(t5_folder, tmp_path)
    (child,) = until(lambda: psutil.Process(lab.pid).children())
    lab.kill()
    lab.communicate()
    until(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE)
    for name in (f"{broken.name}.part-dead", "another-int8-0.part-dead"):
        (tmp_path / "ctranslate2" / name).mkdir()
        (tmp_path / "ctranslate2" / name / "model.bin").write_bytes(b"half of it")
    made = converted(t5_folder, "int8", cache=tmp_path)
    assert leftovers(tmp_path) == [made.name]
    assert is_whole(made, precision="int8")


def test_a_conversion_that_is_killed_leaves_words_and_nothing_else(
    t5_folder: Path, tmp_path: Path
) -> None:
    def kill() -> None:
        (child,) = until(conversions)
        child.send_signal(signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    with pytest.raises(RefusedModelError, match="lack of memory") as caught:
        converted(t5_folder, "int8", cache=tmp_path)
    killer.join(ENOUGH_S)
    assert "transformers" in caught.value.next_step
    assert leftovers(tmp_path) == []


def test_stop_and_the_time_limit_end_the_conversion(t5_folder: Path, tmp_path: Path) -> None:
    started = threading.Event()

    def cancelled() -> bool:
        if conversions():
            started.set()
        return started.is_set()

    with pytest.raises(ConversionStopped):
        converted(t5_folder, "int8", cache=tmp_path, cancelled=cancelled)
    with pytest.raises(RefusedModelError, match="longer than"):
        converted(t5_folder, "int8", cache=tmp_path, timeout_s=0)
    assert conversions() == []
    assert leftovers(tmp_path) == []


def test_a_model_that_cannot_be_converted_is_refused_in_words(tmp_path: Path) -> None:
    folder = make_bart(tmp_path / "penal", repetition_penalty=1.5)
    with pytest.raises(NotConvertible, match=r"repetition_penalty = 1\.5"):
        convert(folder, tmp_path / "out", "int8")
    with pytest.raises(RefusedModelError, match=r"My model .*repetition_penalty = 1\.5"):
        converted(folder, "int8", cache=tmp_path / "cache", name="My model")
    assert leftovers(tmp_path / "cache") == []


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"sequence_bias": {(5,): -1.0}}, "sequence_bias"),
        ({"bad_words_ids": [[5, 6]]}, "several tokens"),
        ({"begin_suppress_tokens": [5]}, "begin_suppress_tokens"),
        ({"eos_token_id": None}, "ends a text"),
    ],
)
def test_settings_that_the_engine_could_not_keep_are_refused(
    tmp_path: Path, settings: dict[str, Any], words: str
) -> None:
    with pytest.raises(NotConvertible, match=words):
        convert(make_bart(tmp_path / "bart", **settings), tmp_path / "out", "float32")


@given(name=st.sampled_from(["model.bin", "config.json", MANIFEST]), data=st.data())
def test_a_changed_or_missing_byte_is_noticed(ready: Path, name: str, data: st.DataObject) -> None:
    original = (ready / name).read_bytes()
    place = data.draw(st.integers(0, len(original) - 1))
    change = data.draw(st.sampled_from(["flip", "cut", "gone"]))
    try:
        if change == "gone":
            (ready / name).unlink()
        elif change == "cut":
            (ready / name).write_bytes(original[:place])
        else:
            flipped = bytes([original[place] ^ 0x01])
            (ready / name).write_bytes(original[:place] + flipped + original[place + 1 :])
        # A manifest may survive a change in what nothing depends on, such as its white space.
        if name != MANIFEST or change != "flip":
            whole = is_whole(ready, precision="int8")
            assert not whole or json.loads(original) == json.loads((ready / name).read_bytes())
        else:
            is_whole(ready, precision="int8")
            read_facts(ready, precision="int8")
    finally:
        (ready / name).write_bytes(original)
    assert is_whole(ready, precision="int8")


def test_another_file_or_another_precision_is_not_the_model(ready: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(ready, tmp_path / "copy")
    assert not is_whole(folder, precision="float32")
    (folder / "extra.json").touch()
    assert not is_whole(folder, precision="int8")
    assert not is_whole(tmp_path / "missing", precision="int8")


def test_other_weights_or_settings_are_another_model(t5_folder: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(t5_folder, tmp_path / "t5")
    keys = {conversion._key(folder, "int8"), conversion._key(folder, "float32")}
    os.utime(folder / "model.safetensors")
    keys.add(conversion._key(folder, "int8"))
    with (folder / "generation_config.json").open("a") as file:
        file.write("\n")
    keys.add(conversion._key(folder, "int8"))
    assert len(keys) == 4


def test_the_least_recently_used_leaves_but_nothing_in_use(
    t5_folder: Path, ready: Path, tmp_path: Path
) -> None:
    mine = place(ready, t5_folder, tmp_path)
    now = time.time()
    ages = {"oldest": 9000, "old": 8000, "locked": 9500, "fresh": 5}
    for name, age_s in ages.items():
        file = shutil.copytree(ready, tmp_path / "ctranslate2" / name) / MANIFEST
        os.utime(file, (now - age_s, now - age_s))
    size = sum(file.stat().st_size for file in ready.iterdir())
    with conversion._turn(tmp_path / "ctranslate2", "locked"):
        assert converted(t5_folder, "int8", cache=tmp_path, limit_bytes=int(4.5 * size)) == mine
        assert set(leftovers(tmp_path)) == {mine.name, "old", "locked", "fresh"}
        converted(t5_folder, "int8", cache=tmp_path, limit_bytes=0)
    assert set(leftovers(tmp_path)) == {mine.name, "locked", "fresh"}


def test_a_full_disk_and_an_unusable_cache_are_told_in_words(
    t5_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "a-file"
    file.touch()
    with pytest.raises(RefusedModelError, match="cannot be used") as caught:
        converted(t5_folder, "int8", cache=file)
    assert "OPEN_MODEL_LAB_CACHE" in caught.value.next_step
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1000))
    with pytest.raises(RefusedModelError, match="0 MB are free") as caught:
        converted(t5_folder, "int8", cache=tmp_path / "cache")
    assert "OPEN_MODEL_LAB_CACHE" in caught.value.next_step


def test_a_folder_of_pickles_or_foreign_code_is_refused_before_anything_opens_it(
    t5_folder: Path, tmp_path: Path
) -> None:
    folder = shutil.copytree(t5_folder, tmp_path / "foreign")
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "auto_map": {"AutoModel": "x.Y"}}))
    with pytest.raises(RefusedModelError):
        converted(folder, "int8", cache=tmp_path, timeout_s=0)
    assert not (tmp_path / "ctranslate2").exists()


def test_a_starter_brings_itself_converted_and_nobody_else_does(
    t5_folder: Path, ready: Path, tmp_path: Path
) -> None:
    assert converted(STARTER, "int8", cache=tmp_path) == STARTER / shipped_name("int8")
    assert list(tmp_path.iterdir()) == []
    folder = shutil.copytree(t5_folder, tmp_path / "foreign")
    shutil.copytree(ready, folder / shipped_name("int8"))
    with pytest.raises(ConversionStopped):  # so it would have been converted
        converted(folder, "int8", cache=tmp_path / "cache", cancelled=lambda: True)


def test_a_conversion_that_finds_too_little_memory_is_not_begun(
    models_dir: Path, tmp_path: Path
) -> None:
    with pytest.raises(RefusedModelError, match=r"MB of memory .* 1 MB are free"):
        converted(models_dir / "t5", "int8", cache=tmp_path, free_bytes=1e6)
    assert not list(tmp_path.rglob("model.bin"))
