"""Every exercise on what was done can be solved by doing it, and says what is missing otherwise."""

from __future__ import annotations

from typing import Any

import pytest

from core.exercises.attempt import attempt_of
from core.exercises.checking import check
from core.exercises.evidence.registry import find
from core.exercises.evidence.types import Finding
from core.exercises.outcome import Outcome
from core.exercises.types import CardFact, Evidence, Predict
from core.inference.tasks import TASKS
from core.inference.types import Task
from core.lessons import all_exercises
from core.work.entries import Answered, Entry, HintTaken
from core.work.work import Work
from tests.core.exercises import real_runs as real
from tests.core.exercises.reference_runs import REFERENCE_RUNS, Entries, Reference
from tests.core.exercises.works import work_of

DOING = {
    one.exercise.id: one.exercise
    for one in all_exercises()
    if isinstance(one.exercise, Evidence | CardFact | Predict)
}
each = pytest.mark.parametrize("id", DOING)


def _found(id: str, work: Work) -> Finding:
    exercise = DOING[id]
    assert isinstance(exercise, Evidence | Predict)
    return find(exercise.check, exercise.given, work)


def _with_answer(id: str, entries: tuple[Entry, ...], answer: Any) -> Work:
    return work_of(*entries, Answered(id, answer))


def test_each_exercise_on_what_was_done_has_a_reference() -> None:
    assert set(REFERENCE_RUNS) == set(DOING)


@each
def test_who_did_nothing_has_not_attempted_it(id: str) -> None:
    assert check(DOING[id], Work()).outcome is Outcome.NOT_ATTEMPTED
    if not isinstance(DOING[id], CardFact):
        finding = _found(id, Work())
        assert not finding.begun and not finding.met and finding.message


@each
def test_real_work_solves_it_and_other_work_is_told_what_is_missing(id: str) -> None:
    exercise, reference = DOING[id], REFERENCE_RUNS[id]
    solved = reference.solves()
    if isinstance(exercise, Evidence) and exercise.name is not None:
        _is_solved_by_the_right_conclusion_alone(exercise, solved)
    else:
        result = check(exercise, work_of(*solved))
        assert result.outcome is Outcome.CORRECT, result.message
    if isinstance(exercise, Predict):
        _scores_what_came_out(exercise, reference)
    for entries, part in reference.wrong():
        result = check(exercise, work_of(*entries))
        assert result.outcome is Outcome.NOT_YET, (part, result)
        assert part in result.message
    for entries, part in reference.elsewhere():
        _is_no_attempt(exercise, entries, part)


def _is_no_attempt(exercise: Evidence | CardFact | Predict, entries: Entries, part: str) -> None:
    """It is told what to do next, and no reading of hints opens the solution."""
    read = [HintTaken(exercise.id, number + 1) for number in range(len(exercise.hints))]
    attempt = attempt_of(exercise, work_of(*entries, *read))
    assert attempt.result.outcome is Outcome.NOT_ATTEMPTED, (part, attempt.result)
    assert part in attempt.result.message
    assert not attempt.may_see_solution


def test_one_run_as_task_2_begins_with_is_no_attempt_at_any_of_its_exercises() -> None:
    """Neither is one comparison of translators an attempt at what is to be done in Task 3."""
    task = TASKS[Task.TEXT_GENERATION]
    run = real.story(task.examples[0][1], max_new_tokens=task.config.max_new_tokens)
    compared = real.comparison("eyes-against-chrf", real.of_models(*real.TO_FRENCH))
    for id, exercise in DOING.items():
        assert check(exercise, work_of(run, compared)).outcome is Outcome.NOT_ATTEMPTED, id


def _is_solved_by_the_right_conclusion_alone(exercise: Evidence, solved: tuple[Entry, ...]) -> None:
    assert exercise.name is not None
    finding = _found(exercise.id, work_of(*solved))
    assert finding.met, finding.message
    assert finding.answer is not None
    asked = check(exercise, work_of(*solved))
    assert asked.outcome is Outcome.NOT_YET and "your conclusion" in asked.message
    right = check(exercise, _with_answer(exercise.id, solved, finding.answer))
    assert right.outcome is Outcome.CORRECT, right.message
    if isinstance(finding.answer, str):
        assert finding.answer in finding.options
        others = [option for option in finding.options if option != finding.answer]
    else:
        others = [finding.answer * 2 + 7]
    assert others
    for other in others:
        wrong = check(exercise, _with_answer(exercise.id, solved, other))
        assert wrong.outcome is Outcome.NOT_YET
        assert wrong.message == exercise.name.wrong


def _scores_what_came_out(exercise: Predict, reference: Reference) -> None:
    """The prediction comes first: what was run before it does not count."""
    predicted, *ran = reference.solves()
    finding = _found(exercise.id, work_of(*ran))
    assert finding.met
    if exercise.options:
        assert finding.answer in exercise.options
    else:
        assert isinstance(finding.answer, float)
    too_late = check(exercise, work_of(*ran, predicted))
    assert too_late.outcome is Outcome.NOT_YET
    assert exercise.reveal.strip() in check(exercise, work_of(predicted, *ran)).message
