"""GGUF files on this machine become models of the catalogue."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from core.catalogue import Catalogue, build_catalogue
from core.errors import RefusedModelError
from core.inference.types import Task
from core.quantised import quantised_in
from core.settings import STARTERS, Settings
from starters.training.gguf_file import write_gguf
from tests.random_models import make_gpt2

NO_STARTERS = Path(__file__).parent / "none"


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with safetensors and, in `gguf/`, three precisions of the same model."""
    folder = make_gpt2(tmp_path_factory.mktemp("quantised") / "story", layers=4, width=256)
    (folder / "gguf").mkdir()
    for precision in ("F16", "Q4_0", "Q8_0"):
        write_gguf(folder, folder / "gguf" / f"story-{precision}.gguf", precision)
    return folder


def build(models: Path, limits: Settings, *, budget: int = 2**40) -> Catalogue:
    chosen = replace(limits, models_dir=models, memory_budget_bytes=budget)
    return build_catalogue(chosen, starters=NO_STARTERS)


def test_a_folder_of_gguf_files_is_a_model_for_text_generation(
    limits: Settings, tmp_path: Path, story: Path
) -> None:
    shutil.copytree(story / "gguf", tmp_path / "tales")
    entry = build(tmp_path, limits).find("local/tales")
    assert entry.usable
    assert entry.tasks == (Task.TEXT_GENERATION,)
    assert [variant.precision for variant in entry.gguf] == ["Q8_0", "Q4_0", "F16"]
    assert "GGUF only" in entry.reference_refusal
    assert entry.licence == "mit"
    for variant in entry.gguf:
        assert variant.path
        assert variant.file_bytes == variant.path.stat().st_size < variant.memory_bytes


def test_a_bare_file_is_a_model_of_its_name(limits: Settings, tmp_path: Path, story: Path) -> None:
    shutil.copy(story / "gguf" / "story-Q8_0.gguf", tmp_path / "alone.gguf")
    shutil.copytree(story / "gguf", tmp_path / "tales")
    shutil.copy(story / "gguf" / "story-F16.gguf", tmp_path / "tales.gguf")
    (tmp_path / "notes.txt").write_text("no model")
    catalogue = build(tmp_path, limits)
    (variant,) = catalogue.find("local/alone").gguf
    assert (variant.precision, variant.path) == ("Q8_0", tmp_path / "alone.gguf")
    assert len(catalogue.find("local/tales").gguf) == 3
    assert len(catalogue.find("local/tales.gguf").gguf) == 1
    assert not catalogue.refused_folders


def test_a_folder_with_both_has_both(limits: Settings, tmp_path: Path, story: Path) -> None:
    shutil.copytree(story, tmp_path / "story")
    for file in (tmp_path / "story" / "gguf").iterdir():
        file.rename(tmp_path / "story" / file.name)
    entry = build(tmp_path, limits).find("local/story")
    assert len(entry.gguf) == 3
    assert not entry.reference_refusal


@pytest.mark.parametrize("content", [b"", b"no model", b"GGUF\x03\x00\x00\x00"])
def test_a_broken_file_is_refused_alone_and_left_out_beside_others(
    limits: Settings, tmp_path: Path, story: Path, content: bytes
) -> None:
    shutil.copytree(story / "gguf", tmp_path / "tales")
    (tmp_path / "tales" / "a.gguf").write_bytes(content)
    (tmp_path / "alone.gguf").write_bytes(content)
    (tmp_path / "only").mkdir()
    (tmp_path / "only" / "broken.gguf").write_bytes(content)
    catalogue = build(tmp_path, limits)
    assert len(catalogue.find("local/tales").gguf) == 3
    for name in ("local/alone", "local/only"):
        assert "not a whole GGUF" in catalogue.find(name).refusal


def test_files_of_another_model_and_repeated_precisions_are_left_out(
    tmp_path: Path, story: Path
) -> None:
    folder = shutil.copytree(story / "gguf", tmp_path / "tales")
    shutil.copy(folder / "story-Q8_0.gguf", folder / "story-again.gguf")
    write_gguf(make_gpt2(tmp_path / "other"), folder / "z-other.gguf", "F16")
    found = quantised_in(folder)
    assert found
    assert [variant.precision for variant in found.variants] == ["Q8_0", "Q4_0", "F16"]
    sizes = {variant.precision: variant.file_bytes for variant in found.variants}
    assert sizes["F16"] == (folder / "story-F16.gguf").stat().st_size
    with pytest.raises(RefusedModelError):
        (tmp_path / "bad").mkdir()
        (tmp_path / "bad" / "x.gguf").write_bytes(b"")
        quantised_in(tmp_path / "bad")
    assert quantised_in(tmp_path) is None


def test_what_does_not_fit_is_left_out_and_only_nothing_at_all_is_refused(
    limits: Settings, tmp_path: Path, story: Path
) -> None:
    shutil.copytree(story / "gguf", tmp_path / "tales")
    whole = build(tmp_path, limits).find("local/tales")
    sizes = sorted(variant.memory_bytes for variant in whole.gguf)
    for fitting, budget in enumerate([sizes[0] - 1, *sizes]):
        entry = build(tmp_path, limits, budget=budget).find("local/tales")
        assert len(entry.gguf) == fitting
        assert entry.usable == (fitting > 0)
        assert ("models may take" in entry.refusal) == (fitting == 0)


def test_a_model_too_large_for_transformers_runs_as_gguf(
    limits: Settings, tmp_path: Path, story: Path
) -> None:
    shutil.copytree(story, tmp_path / "story")
    for file in (tmp_path / "story" / "gguf").iterdir():
        file.rename(tmp_path / "story" / file.name)
    whole = build(tmp_path, limits).find("local/story")
    smallest = min(variant.memory_bytes for variant in whole.gguf)
    assert smallest < whole.memory_bytes
    entry = build(tmp_path, limits, budget=whole.memory_bytes - 1).find("local/story")
    assert entry.usable
    assert entry.gguf
    assert "models may take" in entry.reference_refusal


def test_the_storyteller_has_its_files(limits: Settings) -> None:
    entry = build_catalogue(limits, starters=STARTERS).find("starter/gpt2-stories")
    assert [variant.precision for variant in entry.gguf] == ["Q8_0", "Q4_0", "F16"]
    assert not entry.reference_refusal
