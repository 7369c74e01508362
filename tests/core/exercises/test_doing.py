"""Evidence and predictions: what was really done decides, and what was said is compared with it."""

from __future__ import annotations

import pytest

from core.exercises.attempt import attempt_of
from core.exercises.checking import check
from core.exercises.outcome import Outcome
from core.work.entries import Answered, HintTaken, LessonOpened, Predicted
from core.work.work import Work
from tests.core.exercises.blocks_of_each_kind import exercise
from tests.core.exercises.works import work_of

CORRECT, NOT_YET, NOT_ATTEMPTED = Outcome.CORRECT, Outcome.NOT_YET, Outcome.NOT_ATTEMPTED
ONE, TWO = LessonOpened(1), LessonOpened(2)
HINTS = (HintTaken("evidence", 1), HintTaken("evidence", 2))


@pytest.mark.parametrize(
    ("work", "outcome", "says"),
    [
        (work_of(), NOT_ATTEMPTED, "Open a lesson."),
        (work_of(ONE), NOT_YET, "You opened 1. Open another."),
        (work_of(ONE, TWO), NOT_YET, "One thing is left: your conclusion"),
        (work_of(ONE, TWO, Answered("evidence", 3.0)), NOT_YET, "Count once more."),
        (work_of(ONE, TWO, Answered("evidence", "two")), NOT_YET, "Count once more."),
        (work_of(ONE, TWO, Answered("evidence", 2.0)), CORRECT, "You opened 2."),
        (work_of(Answered("evidence", 2.0)), NOT_ATTEMPTED, "Open a lesson."),
    ],
)
def test_evidence_comes_before_the_conclusion(work: Work, outcome: Outcome, says: str) -> None:
    result = check(exercise("evidence"), work)
    assert result.outcome is outcome
    assert says in result.message


@pytest.mark.parametrize(
    ("work", "outcome", "says"),
    [
        (work_of(ONE), NOT_ATTEMPTED, ""),
        (work_of(Predicted("predict", 1.0)), NOT_YET, "Locked: you predicted **1 lessons**. Open"),
        (work_of(ONE, Predicted("predict", 1.0)), NOT_YET, "Locked"),
        (work_of(Predicted("predict", 1.0), ONE), CORRECT, "exactly right."),
        (work_of(Predicted("predict", 4.0), ONE), CORRECT, "3 lessons too high (300%)"),
        (work_of(ONE, Predicted("predict", 2.0), TWO), CORRECT, "You predicted **2 lessons**. It"),
        (work_of(Predicted("predict", 1.1), ONE), CORRECT, "close"),
        (work_of(Predicted("predict", 9.0), Predicted("predict", 1.0), ONE), CORRECT, "**9"),
        (work_of(Predicted("predict", "many"), Predicted("predict", 1.0), ONE), CORRECT, "**1"),
    ],
)
def test_a_prediction_is_locked_and_scored_by_what_came_after(
    work: Work, outcome: Outcome, says: str
) -> None:
    result = check(exercise("predict"), work)
    assert result.outcome is outcome
    assert says in result.message
    assert ("So it is." in result.message) == (outcome is CORRECT)


def test_to_predict_alone_is_no_attempt_that_opens_the_solution() -> None:
    one = exercise("predict")
    assert not attempt_of(one, work_of(Predicted("predict", 1.0))).may_see_solution
    assert attempt_of(one, work_of(Predicted("predict", 1.0), ONE)).may_see_solution


@pytest.mark.parametrize(
    ("work", "may_see"),
    [
        (work_of(), False),
        (work_of(ONE), False),
        (work_of(ONE, HINTS[0]), False),
        (work_of(*HINTS), False),
        (work_of(ONE, *HINTS), True),
        (work_of(ONE, TWO), False),
        (work_of(ONE, TWO, Answered("evidence", 3.0)), True),
        (work_of(ONE, TWO, Answered("evidence", 2.0)), True),
        (work_of(Answered("evidence", 2.0)), False),
    ],
)
def test_a_wrong_conclusion_or_all_hints_read_in_vain_open_the_solution(
    work: Work, may_see: bool
) -> None:
    assert attempt_of(exercise("evidence"), work).may_see_solution is may_see
