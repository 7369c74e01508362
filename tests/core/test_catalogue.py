"""The models the lab knows."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from core.catalogue import Catalogue, build_catalogue
from core.catalogue_file import read_listing
from core.errors import ContentError, RefusedModelError, UnknownModelError
from core.inference import loading
from core.inference.engines import transformers_engine
from core.inference.lab import Lab
from core.inference.types import Request, Task
from core.settings import Settings

NO_STARTERS = Path(__file__).parent / "none"


def build(models: Path, limits: Settings, *, budget: int = 2**40) -> Catalogue:
    chosen = replace(limits, models_dir=models, memory_budget_bytes=budget)
    return build_catalogue(chosen, starters=NO_STARTERS)


@pytest.fixture
def catalogue(models_dir: Path, limits: Settings) -> Catalogue:
    return build(models_dir, limits)


def test_a_folder_appears_under_each_task_its_config_supports(catalogue: Catalogue) -> None:
    def local(task: Task) -> list[str]:
        return [entry.id for entry in catalogue.for_task(task) if entry.source == "local"]

    assert local(Task.TEXT_GENERATION) == ["local/story", "local/twin"]
    assert local(Task.SUMMARIZATION) == ["local/t5"]
    assert local(Task.TRANSLATION_EN_TO_FR) == ["local/t5"]


def test_a_refused_folder_is_listed_with_the_reason(limits: Settings, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / ".hidden").mkdir()
    (tmp_path / "a file").write_text("no model")
    (refused,) = build(tmp_path, limits).refused_folders
    assert refused.id == "local/empty"
    assert "config.json" in refused.refusal
    assert not refused.usable


def test_a_broken_starter_takes_no_other_model_down(limits: Settings, tmp_path: Path) -> None:
    (tmp_path / "gpt2-stories").mkdir()
    catalogue = build_catalogue(limits, starters=tmp_path)
    assert "config.json" in catalogue.find("starter/gpt2-stories").refusal
    assert catalogue.find("local/story").usable


@pytest.mark.parametrize("name", ["two\nlines", "\udcff\udcfe", "bell\a"])
def test_a_folder_whose_name_cannot_be_shown_is_refused(
    limits: Settings, tmp_path: Path, models_dir: Path, name: str
) -> None:
    shutil.copytree(models_dir / "story", tmp_path / name)
    (refused,) = build(tmp_path, limits).refused_folders
    assert refused.id.isprintable()
    assert "Rename it" in refused.refusal


def test_a_missing_or_closed_models_directory_leaves_the_other_models(
    limits: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert build(tmp_path / "nowhere", limits).find("gpt2")
    assert build(Path("x" * 5000), limits).find("gpt2")

    def closed(_: Path) -> None:
        raise PermissionError

    monkeypatch.setattr(Path, "iterdir", closed)
    assert build(tmp_path, limits).find("gpt2")


@pytest.mark.parametrize("licence", ["[mit]", '"\\ud800"', "x" * 61, "{a: b}"])
def test_a_licence_that_cannot_be_shown_is_left_out(
    limits: Settings, tmp_path: Path, models_dir: Path, licence: str
) -> None:
    shutil.copytree(models_dir / "story", tmp_path / "story")
    card = tmp_path / "story" / "README.md"
    card.write_text(f"---\nlicense: {licence}\n---\n")
    assert build(tmp_path, limits).find("local/story").licence == ""
    card.write_text("---\nlicense: apache-2.0\n---\n")
    assert build(tmp_path, limits).find("local/story").licence == "apache-2.0"


def test_what_does_not_fit_is_refused_by_words_and_never_loaded(
    models_dir: Path, limits: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError("loaded or fetched")

    monkeypatch.setattr(transformers_engine, "load", never)
    monkeypatch.setattr(loading, "fetch", never)
    tight = replace(limits, memory_budget_bytes=2**20, models_dir=models_dir)
    lab = Lab(build_catalogue(tight, starters=NO_STARTERS), tight)
    for model in ("local/story", "gpt2"):
        for ask in (lab.submit, lab.run, lab.count_tokens):
            with pytest.raises(RefusedModelError, match="of memory; models may take"):
                ask(Request(Task.TEXT_GENERATION, model, "Hello"))


def test_a_model_fits_up_to_the_last_byte(models_dir: Path, limits: Settings) -> None:
    needed = build(models_dir, limits).find("local/story").memory_bytes
    assert build(models_dir, limits, budget=needed).find("local/story").usable
    assert not build(models_dir, limits, budget=needed - 1).find("local/story").usable


def test_a_model_is_found_by_id_and_by_alias(catalogue: Catalogue) -> None:
    assert catalogue.find("gpt2") is catalogue.find("openai-community/gpt2")
    assert catalogue.find("t5-small").id == "google-t5/t5-small"


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ("openai-comunity/gpt2", "openai-community/gpt2"),
        ("local/stroy", "local/story"),
        ("gpt-2", "gpt2"),
    ],
)
def test_an_unknown_model_suggests_the_closest(
    catalogue: Catalogue, asked: str, meant: str
) -> None:
    with pytest.raises(UnknownModelError, match=f"Did you mean {meant}"):
        catalogue.find(asked)


@pytest.mark.parametrize("asked", ["", "🤖", "../../etc/passwd", "\ud800", "x" * 100_000])
def test_a_wild_name_is_unknown_in_words(catalogue: Catalogue, asked: str) -> None:
    with pytest.raises(UnknownModelError) as caught:
        catalogue.find(asked)
    assert len(str(caught.value)) < 500
    str(caught.value).encode("utf-8")


def test_names_are_given_once(catalogue: Catalogue) -> None:
    names = [name for entry in catalogue.entries for name in (entry.id, *entry.aliases)]
    assert len(names) == len(set(names))


def test_the_picks_of_the_hub_are_of_the_right_form(catalogue: Catalogue) -> None:
    picks = [entry for entry in catalogue.entries if entry.source == "hub"]
    for pick in picks:
        assert re.fullmatch(r"[\w.-]+/[\w.-]+", pick.id)
        assert re.fullmatch(r"main|[0-9a-f]{40}", pick.revision)
        assert pick.tasks
        assert pick.model_type
        # Weights come in 2 bytes a parameter at least, in 4 and some buffers at most.
        assert 2 * pick.parameters <= pick.download_bytes * 1.01 < 4.5 * pick.parameters
        assert pick.licence
        assert pick.summary
    assert {task for pick in picks for task in pick.tasks} == set(Task)


_PICK = """\
  - id: owner/name
    summary: A model.
    tasks: [text-generation]
    model_type: gpt2
    revision: main
    parameters: 10
    download_bytes: 20
    licence: mit
"""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("hub: [", r"catalogue\.yaml:1: not valid YAML"),
        ("- a list", r"catalogue\.yaml:1: .*two lists"),
        ("", r"catalogue\.yaml:1: .*two lists"),
        (f"starters: []\nhub:\n{_PICK}    typo: 1\n", r":11: unknown key 'typo'"),
        (f"starters: []\nhub:\n{_PICK}".replace("owner/name", "name"), r":3: 'name' is not a Hub"),
        (f"starters: []\nhub:\n{_PICK}".replace("text-gen", "gen"), r":3: unknown task"),
        (f"starters: []\nhub:\n{_PICK}".replace("10", "-1"), r":3: sizes are positive"),
        (f"starters: []\nhub:\n{_PICK}    access: shut\n", r":3: access is"),
    ],
)
def test_a_mistake_in_the_catalogue_file_is_told_with_its_line(
    tmp_path: Path, text: str, words: str
) -> None:
    file = tmp_path / "catalogue.yaml"
    file.write_text(text)
    with pytest.raises(ContentError, match=words):
        read_listing(file)
