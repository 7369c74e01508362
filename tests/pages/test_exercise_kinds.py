"""Exercises on what was done, drawn by themselves: locked, looked at again, concluded."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from core.exercises.evidence import registry
from core.exercises.evidence.types import Finding
from core.exercises.types import Block
from core.explore.types import Kind, Origin
from core.work.entries import Answered, Entry, LessonOpened, PageRead, Predicted
from core.work.work import Work


class LessonsOpened(Block):
    """So many lessons were opened."""

    at_least: int


def lessons_opened(work: Work, given: LessonsOpened) -> Finding:
    """Say which lesson was opened last."""
    opened = [entry.number for entry in work.of(LessonOpened)]
    if len(opened) < given.at_least:
        return Finding(bool(opened), False, "Open more lessons.")
    return Finding(True, True, "You opened enough.", f"*{opened[-1]}*", ("*1*", "*2*", "*3*"))


@pytest.fixture(autouse=True)
def lessons_opened_check(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let exercises use the check `lessons-opened`."""
    monkeypatch.setitem(registry.PREDICATES, "lessons-opened", (LessonsOpened, lessons_opened))


def script() -> None:
    import streamlit as st

    from tests.core.exercises.blocks_of_each_kind import exercise
    from ui.exercise import show_exercise
    from ui.record import note

    for entry in st.session_state.pop("do", []):
        note(entry)
    show_exercise(exercise(st.session_state["kind"]), key="here")


def drawn(kind: str) -> AppTest:
    at = AppTest.from_function(script, default_timeout=20)
    at.session_state["kind"] = kind
    return at.run()


def do(at: AppTest, *entries: Entry) -> AppTest:
    at.session_state["do"] = list(entries)
    return at.run()


def press(at: AppTest, label: str) -> AppTest:
    return next(button for button in at.button if button.label == label).click().run()


def labels(at: AppTest) -> list[str]:
    return [button.label for button in at.button]


def kept(at: AppTest) -> Work:
    work: Work = at.session_state["visit.book"].work
    return work


def test_evidence_asks_for_its_conclusion_once_it_is_there() -> None:
    at = drawn("evidence")
    assert at.info[0].value == "Open more lessons."
    assert not at.radio
    press(do(at, LessonOpened(1)), "Check what I did")
    assert at.warning[0].value == "Open more lessons."
    do(at, LessonOpened(2))
    assert "Check what I did" not in labels(at)
    # What the evidence offers may be what a model or a student wrote: it is shown as it stands.
    assert at.radio[0].options == [r"\*1\*", r"\*2\*", r"\*3\*"]
    at.radio[0].set_value("*3*")
    press(at, "Check")
    assert at.warning[0].value == "Count once more."
    at.radio[0].set_value("*2*")
    press(at, "Check")
    assert at.success[0].value == "You opened enough."
    assert not at.exception


def test_a_prediction_is_locked_and_scored_after_the_run() -> None:
    at = drawn("predict")
    press(at, "Lock my prediction")
    assert at.info[0].value == "Choose what you expect, then lock it."
    assert not kept(at).of(Predicted)
    at.number_input[0].set_value(3)
    press(at, "Lock my prediction")
    assert not at.number_input
    assert "Locked: you predicted **3 lessons**" in at.warning[0].value
    assert "Lock my prediction" not in labels(at)
    do(at, LessonOpened(1))
    assert "So it is." in at.success[0].value
    assert len(kept(at).of(Predicted)) == 1
    press(at, "Start over")
    assert at.number_input[0].value is None
    assert "Lock my prediction" in labels(at)


def test_a_fact_is_asked_once_its_page_was_opened() -> None:
    at = drawn("card-fact")
    assert "Open the page of **someone/some-model**" in at.info[0].value
    assert not at.radio
    do(at, PageRead(Kind.MODEL, "someone/some-model", Origin.HERE, licence="gpl-3.0"))
    assert at.radio[0].options[-1] == "The card does not say"
    assert len(at.radio[0].options) == 4
    at.radio[0].set_value("mit")
    press(at, "Check")
    assert "says something else" in at.warning[0].value
    at.radio[0].set_value("gpl-3.0")
    press(at, "Check")
    assert "gpl-3.0" in at.success[0].value.replace("\\", "")
    assert [answer.value for answer in kept(at).of(Answered)] == ["mit", "gpl-3.0"]
    assert not at.exception
