"""A model's GGUF files are found on the Hub, and fetched as carefully as its own weights."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from core import hub_client
from core.catalogue import Catalogue, ModelEntry, within_budget
from core.errors import HubError, RefusedModelError
from core.gguf_file import inspect_gguf
from core.gguf_plan import plan_gguf
from core.hub_gguf import cached_file, fetch_file, find_quantised
from core.inference.lab import Lab
from core.inference.types import GenerationConfig, Request, Task
from core.quantised import GgufVariant
from core.settings import Settings
from starters.training.gguf_file import write_gguf
from tests.loopback_hub import Faults, LoopbackHub, Repo, point_at, serve
from tests.random_models import make_gpt2

MODEL = "school/tiny-gpt2"
TAGS = ("gguf", f"base_model:quantized:{MODEL}")


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What people who quantise models publish."""
    source = make_gpt2(tmp_path_factory.mktemp("source"), width=96, layers=4)
    folder = tmp_path_factory.mktemp("published-gguf")
    write_gguf(source, folder / "tiny-gpt2.Q8_0.gguf", "Q8_0")
    write_gguf(source, folder / "tiny-gpt2-f16.gguf", "F16")
    (folder / "README.md").write_text("# Tiny\n")
    (folder / "deep").mkdir()
    for name in (
        *("tiny.Q2_K.gguf", "tiny-F16-00001-of-00002.gguf", "mmproj-tiny-f16.gguf", "imatrix.gguf"),
        *("deep/tiny-Q4_0.gguf", "tiny-Q4_0.bin"),
    ):
        (folder / name).write_bytes(b"not for us")
    return folder


@pytest.fixture
def loopback(
    published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[LoopbackHub]:
    four = tmp_path / "four"
    four.mkdir()
    shutil.copy(published / "tiny-gpt2.Q8_0.gguf", four / "tiny-q4_k_m.gguf")
    shutil.copy(published / "tiny-gpt2.Q8_0.gguf", four / "tiny-q4_0.gguf")
    shutil.copy(published / "tiny-gpt2.Q8_0.gguf", four / "tiny-q8_0.gguf")
    repos = (
        Repo(MODEL, published, tags=("gguf",), downloads=1000),
        Repo("few/tiny-GGUF", four, tags=TAGS, downloads=5),
        Repo("many/tiny-GGUF", published, tags=TAGS, downloads=50),
        Repo("shut/tiny-GGUF", four, tags=TAGS, downloads=500, gated=True),
    )
    with serve(*repos) as served:
        point_at(served.url, tmp_path / "cache", monkeypatch)
        yield served


def fetch(variant: GgufVariant, shares: list[float] | None = None) -> Path:
    report = shares.append if shares is not None else lambda _: None
    return fetch_file(variant, on_progress=report, cancelled=lambda: False)


def eight_bits() -> GgufVariant:
    return next(variant for variant in find_quantised(MODEL) if variant.precision == "Q8_0")


def weights_asked_for(served: LoopbackHub) -> list[str]:
    gets = (seen for seen in served.seen if seen.method == "GET" and "/cdn/" in seen.path)
    return [seen.headers.get("Range", "") for seen in gets]


def test_the_most_downloaded_single_open_files_are_found(
    loopback: LoopbackHub, published: Path
) -> None:
    found = find_quantised(MODEL)
    names = [(variant.precision, variant.repo, variant.filename) for variant in found]
    assert names == [
        ("Q8_0", "many/tiny-GGUF", "tiny-gpt2.Q8_0.gguf"),
        ("Q4_K_M", "few/tiny-GGUF", "tiny-q4_k_m.gguf"),
        ("F16", "many/tiny-GGUF", "tiny-gpt2-f16.gguf"),
    ]
    for variant in found:
        assert len(variant.revision) == 40
        assert variant.path is None
    eight = found[0]
    assert eight.file_bytes == (published / eight.filename).stat().st_size
    assert eight.memory_bytes >= plan_gguf(inspect_gguf(published / eight.filename)).memory_bytes


def test_a_model_that_nobody_quantised_has_none(loopback: LoopbackHub) -> None:
    assert find_quantised("school/unknown") == ()


def test_a_file_is_fetched_once_and_whole(loopback: LoopbackHub, published: Path) -> None:
    variant = eight_bits()
    assert cached_file(variant) is None
    shares: list[float] = []
    file = fetch(variant, shares)
    assert file.read_bytes() == (published / variant.filename).read_bytes()
    assert (shares[0], shares[-1]) == (0.0, 1.0)
    assert shares == sorted(shares)
    loopback.seen.clear()
    assert fetch(variant) == cached_file(variant) == file
    assert loopback.seen == []


def test_a_broken_connection_is_gone_on_from(loopback: LoopbackHub, published: Path) -> None:
    variant = eight_bits()
    loopback.faults = Faults(cut_after=0)
    with pytest.raises(HubError, match="goes on from where"):
        fetch(variant)
    assert cached_file(variant) is None
    loopback.faults = Faults(cut_after=40_000, cuts=loopback.cuts + 2)
    assert fetch(variant).read_bytes() == (published / variant.filename).read_bytes()
    assert len(set(weights_asked_for(loopback)[-2:]) - {"", "bytes=0-"}) == 2


def test_after_stop_nothing_passes_for_a_whole_file(loopback: LoopbackHub) -> None:
    variant, shares = eight_bits(), list[float]()
    with pytest.raises(hub_client.DownloadStopped):
        fetch_file(
            variant,
            on_progress=shares.append,
            cancelled=lambda: bool(shares) and shares[-1] > 0.2,
        )
    assert cached_file(variant) is None
    fetch(variant)


def test_a_damaged_file_is_thrown_away_and_fetched_anew(
    loopback: LoopbackHub, published: Path
) -> None:
    variant = eight_bits()
    loopback.faults = Faults(damages=True)
    with pytest.raises(HubError, match=r"arrived damaged.*fetched anew"):
        fetch(variant)
    assert cached_file(variant) is None
    loopback.faults = Faults()
    assert fetch(variant).read_bytes() == (published / variant.filename).read_bytes()


def test_a_file_that_was_published_broken_is_refused_before_it_is_loaded(
    loopback: LoopbackHub, published: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "cut"
    folder.mkdir()
    whole = (published / "tiny-gpt2.Q8_0.gguf").read_bytes()
    (folder / "tiny-Q8_0.gguf").write_bytes(whole[: len(whole) // 2])
    loopback.repos = (Repo("cut/tiny", folder, tags=TAGS),)
    with pytest.raises(RefusedModelError, match="its end is missing"):
        inspect_gguf(fetch(eight_bits()))


def test_what_was_put_behind_a_gate_since_is_said_in_words(loopback: LoopbackHub) -> None:
    variant = eight_bits()
    loopback.repos = tuple(replace(repo, gated=True) for repo in loopback.repos)
    with pytest.raises(HubError, match="behind a gate"):
        fetch(variant)
    assert find_quantised(MODEL) == ()


@pytest.mark.parametrize(
    ("faults", "words"),
    [
        (Faults(status=500), "in trouble"),
        (Faults(status=429), "too many requests"),
        (Faults(status=200), "does not answer from here"),
        (Faults(silent=True), "does not answer from here"),
    ],
)
def test_a_hub_in_trouble_is_told_in_words(
    loopback: LoopbackHub, monkeypatch: pytest.MonkeyPatch, faults: Faults, words: str
) -> None:
    variant = eight_bits()
    monkeypatch.setattr(hub_client, "_TIMEOUT_S", 0.3)
    loopback.faults = faults
    with pytest.raises(HubError, match=words):
        find_quantised(MODEL)
    with pytest.raises(HubError, match=words):
        fetch(variant)


def test_too_little_disk_is_said_before_anything_is_fetched(
    loopback: LoopbackHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    variant = eight_bits()
    loopback.seen.clear()
    full = SimpleNamespace(total=10**12, used=10**12, free=10**8)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: full)
    with pytest.raises(HubError, match="Make room"):
        fetch(variant)
    assert loopback.seen == []


def test_the_token_of_this_machine_is_sent_to_nobody(
    loopback: LoopbackHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_private")
    fetch(eight_bits())
    assert not any("authorization" in map(str.lower, seen.headers) for seen in loopback.seen)


def test_a_model_too_large_in_32_bits_answers_in_8_bits_that_others_published(
    loopback: LoopbackHub, limits: Settings, tmp_path: Path
) -> None:
    large = ModelEntry(
        id=MODEL,
        source="hub",
        tasks=(Task.TEXT_GENERATION,),
        summary="",
        revision="main",
        parameters=10**9,
        memory_bytes=4 * 10**9,
        model_type="gpt2",
    )
    chosen = replace(limits, cache_dir=tmp_path / "converted")
    lab = Lab(Catalogue((within_budget(large, chosen),)), chosen)
    request = Request(Task.TEXT_GENERATION, MODEL, "Once upon", GenerationConfig(max_new_tokens=5))
    with pytest.raises(RefusedModelError, match="needs about"):
        lab.submit(request)
    assert [file.precision for file in lab.find_quantised(MODEL)] == ["Q8_0", "Q4_K_M", "F16"]
    made = lab.run(request).provenance
    assert (made.engine, made.precision) == ("llama.cpp", "Q8_0")
    assert made.revision.startswith("many/tiny-GGUF@")
