"""The notebook is one that Jupyter opens, and its code does what was done in the lab."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import nbformat
import pytest
from hypothesis import example, given
from hypothesis import settings as examples
from hypothesis import strategies as some
from markdown_it import MarkdownIt

from core.catalogue import Catalogue, build_catalogue
from core.inference.types import GenerationConfig, Task
from core.report.notebook import MOST_RUNS, report_notebook
from core.settings import ROOT, settings
from core.work.entries import Comparison, Run, SavedCandidate
from core.work.work import Work
from tests.made_course import small_course, some_answers
from tests.made_work import a_comparison, a_run, a_training, some_work, work_of

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
STORIES = "starter/gpt2-stories"
FRENCH = ("starter/t5-en-fr-micro", "starter/t5-en-fr-nano")


@pytest.fixture(scope="module")
def models() -> Catalogue:
    return build_catalogue(settings())


def notebook_of(work: Work, models: Catalogue) -> Any:
    raw = report_notebook(work, small_course(), find=models.get, made=NOW)
    notebook = nbformat.reads(raw.decode(), as_version=4)
    nbformat.validate(notebook)
    return notebook


def sources(notebook: Any, kind: str) -> list[str]:
    return [cell.source for cell in notebook.cells if cell.cell_type == kind]


def a_story() -> Run:
    run = a_run("Once upon a time in AI world,", model=STORIES, samples=False)
    return replace(run, request=replace(run.request, config=GenerationConfig(max_new_tokens=12)))


def a_translation() -> Comparison:
    return replace(
        a_comparison("How much is the red car?", repeats=2),
        task=Task.TRANSLATION_EN_TO_FR,
        candidates=tuple(map(SavedCandidate, FRENCH)),
    )


def test_its_code_gives_what_was_done_in_the_lab(models: Catalogue) -> None:
    notebook = notebook_of(work_of([a_story(), a_translation()]), models)
    code = sources(notebook, "code")
    assert len(code) == 2
    program = "import json, sys\nfor cell in json.load(sys.stdin):\n    exec(cell, {})"
    ran = subprocess.run(
        [sys.executable, "-c", program],
        input=json.dumps(code),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    story, *lines = ran.stdout.splitlines()
    assert len(story) > 20
    for name in FRENCH:
        assert f"{name}: Combien coûte la voiture rouge" in ran.stdout
        assert sum(line.startswith(f"{name}: median ") for line in lines) == 1


@pytest.mark.parametrize("task", [Task.TEXT_GENERATION, Task.TEXT_CLASSIFICATION])
def test_every_kind_of_comparison_has_code(task: Task, models: Catalogue) -> None:
    compared = replace(
        a_translation(),
        task=task,
        config=GenerationConfig(temperature=0.7, seed=3),
        candidates=(SavedCandidate(STORIES), SavedCandidate("openai-community/gpt2")),
    )
    (code,) = sources(notebook_of(work_of([compared]), models), "code")
    compile(code, "cell", "exec")
    assert ("manual_seed(3)" in code) == (task is Task.TEXT_GENERATION)
    assert "'openai-community/gpt2': '" in code  # with its revision


def test_the_same_work_gives_the_same_notebook(models: Catalogue) -> None:
    def make() -> bytes:
        return report_notebook(some_work(), small_course(), find=models.get, made=NOW)

    assert make() == make()


def test_a_model_that_is_gone_is_told(models: Catalogue) -> None:
    gone = SavedCandidate("yours/gone")
    half = replace(a_translation(), candidates=(gone, SavedCandidate(FRENCH[0])))
    notebook = notebook_of(work_of([a_run(model="yours/gone"), half]), models)
    (code,) = sources(notebook, "code")
    assert "yours/gone" not in code
    assert sum("not in the lab any more" in cell for cell in sources(notebook, "markdown")) == 2
    assert any("Without yours/gone" in cell for cell in sources(notebook, "markdown"))


def test_the_same_run_stands_once_and_of_many_the_latest(models: Catalogue) -> None:
    story = a_story()
    many = [replace(story, request=replace(story.request, inputs=f"Text {n}")) for n in range(30)]
    code = sources(notebook_of(work_of([story, story, *many]), models), "code")
    assert len(code) == MOST_RUNS
    assert "Text 29" in code[-1]


def test_a_training_says_which_rows_it_needs(models: Catalogue) -> None:
    notebook = notebook_of(work_of([a_training()]), models)
    assert any("`train.csv`" in cell for cell in sources(notebook, "markdown"))
    compile(sources(notebook, "code")[0], "cell", "exec")


def test_nothing_done_makes_a_notebook_that_says_so(models: Catalogue) -> None:
    assert "Nothing was done yet" in sources(notebook_of(Work(), models), "markdown")[-1]


@given(said=some.text(some.characters(exclude_categories=["Cs"]), max_size=60))
@example(said="</code><script>alert(1)</script>\n\n# Big\r[x](javascript:alert(1)) $x$ `c`")
@example(said="'''\"\"\"\\ \n{0} {name} %s")
@examples(max_examples=15)
def test_whatever_was_typed_is_text(said: str) -> None:
    models = build_catalogue(settings())
    story = a_story()
    typed = replace(story, request=replace(story.request, inputs=said))
    notebook = notebook_of(
        work_of([*some_answers(said), typed, a_comparison(said), a_training(said)]), models
    )
    for code in sources(notebook, "code"):
        compile(code, "cell", "exec")
    for cell in sources(notebook, "markdown"):
        shown = MarkdownIt("commonmark", {"html": True}).render(cell)
        assert "<script" not in shown
        # The exercises' own link, and no other.
        assert shown.count("href") == shown.count('href="https://example.org"')
