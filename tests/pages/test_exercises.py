"""Exercises where they stand: answered, wrong, hinted, right, and still there later."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from core.exercises.reference import right_answers, wrong_answers
from core.exercises.shuffling import shown
from core.exercises.types import AnyExercise, Choice, Match, Number, Order, Text
from core.lessons import all_exercises
from core.work.entries import Answered, HintTaken, Value

HOME = Path(__file__).resolve().parent.parent.parent / "Home.py"
SOME_LESSON, OTHER_LESSON = "lesson-4", "lesson-2"
BY_ID = {one.exercise.id: one for one in all_exercises()}


def turn_to(at: AppTest, path: str) -> AppTest:
    # All lessons share one file: only the address tells them apart.
    at._page_hash = calc_hash(path)
    return at.run()


@pytest.fixture
def at() -> AppTest:
    return AppTest.from_file(str(HOME), default_timeout=20).run()


def press(at: AppTest, exercise: str, button: str) -> AppTest:
    found = next(b for b in at.button if str(b.key).endswith(f".{button}") and _of(b, exercise))
    return found.click().run()


def _of(widget: object, exercise: str) -> bool:
    return f".{exercise}." in f".{getattr(widget, 'key', None) or ''}."


def answer(at: AppTest, exercise: AnyExercise, value: Value) -> AppTest:
    """Put `value` into the fields of the exercise, and press Check."""
    at = fill(at, exercise, value)
    return press(at, exercise.id, "check")


def fill(at: AppTest, exercise: AnyExercise, value: Value) -> AppTest:
    own: Callable[[object], bool] = lambda widget: _of(widget, exercise.id)  # noqa: E731
    match exercise, value:
        case Choice(several=True), tuple():
            for box in filter(own, at.checkbox):
                box.set_value(box.label in value)
        case Choice(), str():
            next(filter(own, at.radio)).set_value(value)
        case Number(), _:
            next(filter(own, at.number_input)).set_value(value)
        case Text(), _:
            next(filter(own, at.text_area)).set_value(value)
        case Match(), dict():
            for box in filter(own, at.selectbox):
                box.set_value(value.get(box.label))
        case Order(), tuple():
            learner = at.session_state["visit.book"].learner
            places = shown(exercise, learner)
            while taken := [b for b in filter(own, at.button) if ".out." in str(b.key)]:
                at = taken[0].click().run()
            for item in value:
                at = press(at, exercise.id, f"in.{places.index(item)}")
    return at


def texts(at: AppTest) -> str:
    shown_blocks = (*at.markdown, *at.success, *at.warning, *at.info)
    return "\n".join(block.value for block in shown_blocks)


def answers_in(at: AppTest) -> list[object]:
    return [done.value for done in at.session_state["visit.book"].work.of(Answered)]


def test_wrong_then_a_hint_then_right_is_remembered_after_turning_pages(at: AppTest) -> None:
    turn_to(at, SOME_LESSON)
    exercise = BY_ID["seed-at-zero"].exercise
    assert exercise.hints[0] not in texts(at)
    answer(at, exercise, "Two different texts, because the seeds differ")
    assert "Is anything drawn at temperature 0?" in at.warning[0].value
    press(at, exercise.id, "hint")
    assert exercise.hints[0] in texts(at)
    assert exercise.hints[1] not in texts(at)
    answer(at, exercise, "The same text twice")
    assert not at.warning
    assert "Nothing is drawn" in at.success[0].value
    turn_to(at, OTHER_LESSON)
    assert not at.success
    turn_to(at, SOME_LESSON)
    assert not at.exception
    assert next(r for r in at.radio if _of(r, exercise.id)).value == "The same text twice"
    assert "Nothing is drawn" in at.success[0].value
    assert exercise.hints[0] in texts(at)


@pytest.mark.parametrize(
    "id_",
    ["downloaded-or-rented", "openness-scale", "licence-is-not-all", "six-times", "honest-path"],
)
def test_each_kind_is_answered_and_found_again(at: AppTest, id_: str) -> None:
    place, exercise = BY_ID[id_].place, BY_ID[id_].exercise
    path, away = f"lesson-{place.name}", f"lesson-{1 + int(place.name) % 6}"
    turn_to(at, path)
    wrong, says = next(wrong_answers(exercise))
    answer(at, exercise, wrong)
    assert says in at.warning[0].value
    turn_to(turn_to(at, away), path)
    assert says in at.warning[0].value
    answer(at, exercise, right_answers(exercise)[0])
    assert not at.exception
    assert len(at.success) == 1
    explained = [getattr(exercise, name, ()) for name in ("options", "pairs")]
    assert all(one.why.strip() in texts(at) for each in explained for one in each)
    turn_to(turn_to(at, away), path)
    # What is in the fields is what was answered: checked again, it is nothing new.
    press(at, id_, "check")
    assert len(at.success) == 1
    assert len(answers_in(at)) == 2


def test_a_check_of_nothing_is_told_so_and_kept_nowhere(at: AppTest) -> None:
    turn_to(at, SOME_LESSON)
    for id_ in ("prompt-to-output", "seed-at-zero", "script-of-last-year"):
        press(at, id_, "check")
    assert [box.value for box in at.info] == ["There is no answer to check yet."] * 3
    assert answers_in(at) == []


def test_the_solution_is_shown_after_an_honest_attempt_only(at: AppTest) -> None:
    turn_to(at, SOME_LESSON)
    exercise = BY_ID["script-of-last-year"].exercise
    offered = lambda: [b for b in at.button if str(b.key).endswith(".solution")]  # noqa: E731
    assert not offered()
    press(at, exercise.id, "hint")
    assert not offered()
    answer(at, exercise, ("Install version 4 of Transformers again, for this script",))
    assert exercise.solution not in texts(at)
    press(at, exercise.id, "solution")
    assert exercise.solution in texts(at)
    assert not offered()


def test_an_exercise_can_be_started_over(at: AppTest) -> None:
    turn_to(at, SOME_LESSON)
    exercise = BY_ID["seed-at-zero"].exercise
    answer(at, exercise, "The same text twice")
    press(at, exercise.id, "restart")
    assert not at.success
    assert next(r for r in at.radio if _of(r, exercise.id)).value is None


def test_hints_go_on_to_the_last_one(at: AppTest) -> None:
    turn_to(at, SOME_LESSON)
    exercise = BY_ID["seed-at-zero"].exercise
    for _ in exercise.hints:
        press(at, exercise.id, "hint")
    assert all(hint in texts(at) for hint in exercise.hints)
    assert not [b for b in at.button if str(b.key).endswith(".hint") and _of(b, exercise.id)]
    taken = at.session_state["visit.book"].work.of(HintTaken)
    assert [hint.number for hint in taken] == [1, 2, 3]
