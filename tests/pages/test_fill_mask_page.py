"""Filling in a word in Task 2, from `Home.py`, on a real model with random weights."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.inference.tasks import TASKS
from core.inference.types import Task
from tests.random_bert import make_bert

HOME = Path(__file__).resolve().parent.parent.parent / "Home.py"
FILL = Task.FILL_MASK


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    make_bert(folder / "bert")
    return folder


@pytest.fixture(autouse=True)
def school(models: Path, lab_with: Callable[[Path], None]) -> None:
    lab_with(models)


def visit(page: str) -> AppTest:
    return AppTest.from_file(str(HOME), default_timeout=60).run().switch_page(page).run()


def visit_filling() -> AppTest:
    at = visit("pages/tasks/test.py")
    at.segmented_control(key="test.task").set_value(FILL).run()
    return at.selectbox(key=f"test.{FILL}.model").set_value("local/bert").run()


def press_run(at: AppTest) -> AppTest:
    button = next(button for button in at.button if button.label == "Run")
    return button.click().run()


def test_the_page_shows_the_sentence_and_the_likeliest_words() -> None:
    at = press_run(visit_filling())
    assert not at.exception
    assert not at.error
    (words,) = [frame.value for frame in at.dataframe if "Word" in frame.value]
    assert len(words) == 5
    assert list(words["Probability"]) == sorted(words["Probability"], reverse=True)
    shown = [text.value for text in at.text]
    assert any(text.startswith("the battery is") and "[MASK]" not in text for text in shown)
    assert any('pipeline(\n    "fill-mask"' in code.value for code in at.code)


def test_no_parameter_is_offered_that_means_nothing_here() -> None:
    at = visit_filling()
    assert not at.slider
    assert not at.number_input
    assert all(toggle.label != "Show how sure the model was" for toggle in at.toggle)


def test_a_text_without_a_gap_is_answered_with_how_to_write_one() -> None:
    at = visit_filling()
    at.text_area(key=f"test.{FILL}.prompt").set_value("The battery is great.").run()
    press_run(at)
    assert not at.exception
    said = " ".join(error.value for error in at.error)
    assert "no gap" in said
    assert "MASK" in said


def test_task_3_offers_the_tasks_in_which_models_write() -> None:
    at = visit("pages/tasks/compare.py")
    assert not at.exception
    offered = at.segmented_control(key="compare.task").options
    assert TASKS[FILL].label not in offered
    assert len(offered) == len(Task) - 1
