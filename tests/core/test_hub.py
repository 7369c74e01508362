"""The lab fetches models by the Hub's own protocol, and keeps its word when that goes wrong."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from core import hub, hub_client
from core.catalogue import Catalogue, ModelEntry, build_catalogue
from core.errors import HubError, RefusedModelError
from core.inference.lab import Lab
from core.inference.ticket import State
from core.inference.types import GenerationConfig, Request, Task
from core.settings import Settings
from tests.loopback_hub import Faults, LoopbackHub, Repo, point_at, serve
from tests.random_models import make_gpt2

MODEL = "school/tiny-gpt2"
LIMITS = Settings(
    memory_limit_bytes=2**30,
    memory_budget_bytes=2**29,
    threads=1,
    models_dir=None,
    cache_dir=Path("unused"),
)
ENTRY = ModelEntry(
    id=MODEL,
    source="hub",
    tasks=(Task.TEXT_GENERATION,),
    summary="",
    revision="main",
    parameters=150_000,
    memory_bytes=2**24,
    download_bytes=600_000,
)
SAFE = {"config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json"}
SAFE |= {"README.md", "model.safetensors"}


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model as authors publish them: with pickles, code and copies for other engines beside."""
    folder = make_gpt2(tmp_path_factory.mktemp("published"), width=64)
    (folder / "README.md").write_text("---\nlicense: mit\n---\n# Tiny\n")
    for name in ("pytorch_model.bin", "training.pt", "modeling_own.py", "onnx/config.json"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(b"not for us")
    return folder


@pytest.fixture
def loopback(
    published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[LoopbackHub]:
    """A Hub that serves the model, with an empty cache and no pauses between retries."""
    repos = (Repo(MODEL, published), Repo("school/gated", published, gated=True))
    with serve(*repos) as served:
        point_at(served.url, tmp_path / "cache", monkeypatch)
        yield served


def fetch(
    entry: ModelEntry = ENTRY,
    *,
    on_progress: Callable[[float], None] = lambda _: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Path:
    return hub.fetch(entry, on_progress=on_progress, cancelled=cancelled)


def ask(lab: Lab, model_id: str = MODEL) -> Request:
    return Request(Task.TEXT_GENERATION, model_id, "Once upon", GenerationConfig(max_new_tokens=3))


def weights_asked_for(served: LoopbackHub) -> list[str]:
    """Return the Range header of each time that the weights were asked for."""
    gets = (seen for seen in served.seen if seen.method == "GET" and "/cdn/" in seen.path)
    return [seen.headers.get("Range", "") for seen in gets]


def test_nothing_that_can_run_code_is_fetched(loopback: LoopbackHub, published: Path) -> None:
    folder = fetch()
    assert {path.name for path in folder.rglob("*")} == SAFE
    assert loopback.fetched <= SAFE
    for name in SAFE:
        assert (folder / name).read_bytes() == (published / name).read_bytes()


@pytest.mark.parametrize("revision", ["main", Repo(MODEL, Path()).commit])
def test_a_second_use_asks_nobody(loopback: LoopbackHub, revision: str) -> None:
    entry = replace(ENTRY, revision=revision)
    assert not hub.is_downloaded(MODEL, revision)
    assert loopback.seen == []
    folder = fetch(entry)
    loopback.seen.clear()
    assert hub.is_downloaded(MODEL, revision)
    assert fetch(entry) == folder
    assert loopback.seen == []


@pytest.mark.parametrize(
    "faults",
    [
        Faults(),
        Faults(cut_after=100_000, cuts=3),
        Faults(cut_after=100_000, cuts=2, ignores_range=True),
    ],
)
def test_progress_goes_from_0_to_1_and_never_down(
    loopback: LoopbackHub, published: Path, faults: Faults
) -> None:
    loopback.faults = faults
    shares: list[float] = []
    folder = fetch(on_progress=shares.append)
    assert (shares[0], shares[-1]) == (0.0, 1.0)
    assert shares == sorted(shares)
    assert len(set(shares)) > 10
    sent, kept = (f / "model.safetensors" for f in (published, folder))
    assert kept.read_bytes() == sent.read_bytes()


def test_after_stop_the_next_try_goes_on_from_there(loopback: LoopbackHub, published: Path) -> None:
    shares: list[float] = []
    with pytest.raises(hub_client.DownloadStopped):
        fetch(on_progress=shares.append, cancelled=lambda: bool(shares) and shares[-1] > 0.4)
    assert not hub.is_downloaded(MODEL, "main")
    stopped_at = shares[-1]
    shares.clear()
    folder = fetch(on_progress=shares.append)
    first, second = weights_asked_for(loopback)
    size = (published / "model.safetensors").stat().st_size
    assert first == ""
    assert int(second.removeprefix("bytes=").removesuffix("-")) >= stopped_at * size
    assert min(share for share in shares if share) >= stopped_at
    assert (folder / "model.safetensors").read_bytes() == (
        published / "model.safetensors"
    ).read_bytes()


def test_stop_before_the_first_byte_fetches_no_weights(loopback: LoopbackHub) -> None:
    with pytest.raises(hub_client.DownloadStopped):
        fetch(cancelled=lambda: True)
    assert weights_asked_for(loopback) == []


def test_a_broken_connection_is_never_a_whole_model(loopback: LoopbackHub) -> None:
    loopback.faults = Faults(cut_after=0)
    with pytest.raises(HubError, match=r"connection broke.*goes on from where"):
        fetch()
    assert not hub.is_downloaded(MODEL, "main")
    loopback.faults = Faults()
    fetch()
    assert hub.is_downloaded(MODEL, "main")


def test_what_other_programs_left_in_the_cache_is_never_a_whole_model(
    loopback: LoopbackHub,
) -> None:
    from huggingface_hub import hf_hub_download

    hf_hub_download(MODEL, "config.json", token=False)
    assert not hub.is_downloaded(MODEL, "main")
    assert (fetch() / "model.safetensors").is_file()


def test_two_who_ask_at_once_fetch_once(loopback: LoopbackHub) -> None:
    folders: list[Path] = []
    threads = [threading.Thread(target=lambda: folders.append(fetch())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(folders) == 4
    assert len(set(folders)) == 1
    assert weights_asked_for(loopback) == [""]


def test_who_waits_for_another_download_can_stop(loopback: LoopbackHub) -> None:
    with hub.turn(MODEL, lambda: False), pytest.raises(hub_client.DownloadStopped):
        fetch(cancelled=lambda: True)
    assert loopback.seen == []


FAULTS = [
    (Faults(status=500), "the Hub itself is in trouble.*Try again later"),
    (Faults(status=429), "too many requests from this network.*Try again in a few minutes"),
    (Faults(status=200), "does not answer from here.*Use a starter model"),
    (Faults(silent=True), "does not answer from here.*Use a starter model"),
    (Faults(cut_after=0), "connection broke.*goes on from where it broke off"),
]


@pytest.mark.parametrize("revision", ["main", Repo(MODEL, Path()).commit])
@pytest.mark.parametrize(("faults", "words"), FAULTS)
def test_a_fault_fails_the_ticket_in_words_and_the_next_one_is_answered(
    loopback: LoopbackHub,
    monkeypatch: pytest.MonkeyPatch,
    faults: Faults,
    words: str,
    revision: str,
) -> None:
    monkeypatch.setattr(hub_client, "_TIMEOUT_S", 0.3)
    lab = Lab(Catalogue((replace(ENTRY, revision=revision),)), LIMITS)
    loopback.faults = faults
    ticket = lab.submit(ask(lab))
    with pytest.raises(HubError, match=words):
        ticket.result(timeout_s=60)
    assert ticket.state is State.FAILED
    monkeypatch.setattr(hub_client, "_TIMEOUT_S", 10.0)
    loopback.faults = Faults()
    assert lab.submit(ask(lab)).result(timeout_s=60).tokens_out >= 1


def test_a_hub_that_falls_silent_in_the_middle_ends_in_words(
    loopback: LoopbackHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub_client, "_TIMEOUT_S", 0.3)
    loopback.faults = Faults(cut_after=100_000)

    def fall_silent(share: float) -> None:
        if share > 0:
            loopback.faults = Faults(silent=True)

    with pytest.raises(HubError, match="does not answer"):
        fetch(on_progress=fall_silent)
    assert not hub.is_downloaded(MODEL, "main")


def test_stop_works_while_the_network_is_gone(
    loopback: LoopbackHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub_client, "_TIMEOUT_S", 0.3)
    loopback.faults = Faults(cut_after=100_000)
    asked = 0

    def fall_silent(share: float) -> None:
        nonlocal asked
        if share > 0:
            loopback.faults = Faults(silent=True)
            asked = len(loopback.seen)

    with pytest.raises(hub_client.DownloadStopped):
        fetch(on_progress=fall_silent, cancelled=lambda: 0 < asked < len(loopback.seen))
    assert len(loopback.seen) == asked + 1


@pytest.mark.parametrize(
    ("model_id", "revision", "words"),
    [
        ("school/gated", "main", "behind a gate.*huggingface.co/school/gated"),
        ("school/unknown", "main", "no public model school/unknown.*Choose another"),
        (MODEL, "v9", "but not at revision v9"),
        (MODEL, "0" * 40, "but not at revision 0000"),
    ],
)
def test_what_the_hub_refuses_is_said_in_words(
    loopback: LoopbackHub, model_id: str, revision: str, words: str
) -> None:
    entry = replace(ENTRY, id=model_id, revision=revision)
    lab = Lab(Catalogue((entry,)), LIMITS)
    ticket = lab.submit(ask(lab, model_id))
    with pytest.raises(HubError, match=words):
        ticket.result(timeout_s=60)
    assert ticket.state is State.FAILED
    assert weights_asked_for(loopback) == []


def test_a_cache_that_cannot_be_written_is_not_blamed_on_the_hub(
    loopback: LoopbackHub, tmp_path: Path
) -> None:
    (tmp_path / "cache").write_text("a file where a folder should be")
    with pytest.raises(HubError, match=r"could not be stored on this machine"):
        fetch()


def test_stop_ends_the_ticket_and_the_next_one_is_answered(loopback: LoopbackHub) -> None:
    lab = Lab(Catalogue((ENTRY,)), LIMITS)
    loopback.faults = Faults(silent=True)
    ticket = lab.submit(ask(lab))
    ticket.cancel()
    loopback.closing.set()
    loopback.faults = Faults()
    assert lab.submit(ask(lab)).result(timeout_s=60).tokens_out >= 1
    assert ticket.state is State.STOPPED


def test_a_model_over_the_budget_costs_no_request(loopback: LoopbackHub) -> None:
    tight = replace(LIMITS, memory_budget_bytes=64 * 1024**2)
    lab = Lab(build_catalogue(tight), tight)
    picks = [entry for entry in lab.catalogue.entries if entry.source == "hub"]
    assert picks
    for entry in picks:
        request = replace(ask(lab, entry.id), task=entry.tasks[0])
        with pytest.raises(RefusedModelError, match="of memory"):
            lab.submit(request)
    assert loopback.seen == []


def test_too_little_disk_is_said_before_anything_is_asked(
    loopback: LoopbackHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = SimpleNamespace(total=10**12, used=10**12, free=10**8)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: full)
    with pytest.raises(HubError, match=r"0\.1 GB are free.*Make room"):
        fetch()
    assert loopback.seen == []


def test_the_token_of_this_machine_is_sent_to_nobody(
    loopback: LoopbackHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    from huggingface_hub import HfApi

    monkeypatch.setenv("HF_TOKEN", "hf_private")
    HfApi().model_info(MODEL)
    assert any("authorization" in map(str.lower, seen.headers) for seen in loopback.seen)
    loopback.seen.clear()
    fetch()
    assert not any("authorization" in map(str.lower, seen.headers) for seen in loopback.seen)
    assert not any("hf_private" in str(seen) for seen in loopback.seen)


@pytest.mark.parametrize("kind", ["own code", "pickle only"])
def test_a_fetched_model_that_could_run_code_is_refused(
    loopback: LoopbackHub, published: Path, tmp_path: Path, kind: str
) -> None:
    folder = shutil.copytree(published, tmp_path / "evil")
    if kind == "own code":
        config = json.loads((folder / "config.json").read_text())
        config["auto_map"] = {"AutoModelForCausalLM": "modeling_own.Own"}
        (folder / "config.json").write_text(json.dumps(config))
    else:
        (folder / "model.safetensors").unlink()
    loopback.repos = (Repo("school/evil", folder),)
    lab = Lab(Catalogue((replace(ENTRY, id="school/evil"),)), LIMITS)
    words = "school/evil brings Python code" if kind == "own code" else "no weights"
    with pytest.raises(RefusedModelError, match=words):
        lab.submit(ask(lab, "school/evil")).result(timeout_s=60)
    assert not any(seen.method == "POST" for seen in loopback.seen)
