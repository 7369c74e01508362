"""How a learner stands with one exercise: all that its place on the screen shows."""

from __future__ import annotations

from dataclasses import dataclass, replace

from core.exercises.checking import check_trail
from core.exercises.doing import found_by, locked_prediction
from core.exercises.outcome import CheckResult, Outcome
from core.exercises.trail import Trail, trail_of
from core.exercises.types import AnyExercise, Evidence, Predict
from core.work.entries import Value
from core.work.work import Work


@dataclass(frozen=True)
class Attempt:
    """The answer and the prediction that count, the hints opened, and what the check says.

    `may_see_solution` is True after an honest attempt: an answer that is not right, or something
    done that leads to no answer although every hint was read; and once all of it is right.
    `restarts` counts how often the exercise was started over.
    """

    answer: Value | None
    prediction: str | float | None
    hints_taken: int
    may_see_solution: bool
    solution_seen: bool
    restarts: int
    result: CheckResult


def attempt_of(exercise: AnyExercise, work: Work) -> Attempt:
    """Return how the learner stands with `exercise`."""
    trail = trail_of(exercise.id, work)
    result = check_trail(exercise, trail)
    locked = locked_prediction(exercise, trail) if isinstance(exercise, Predict) else None
    return Attempt(
        answer=trail.answer,
        prediction=locked[1] if locked else None,
        hints_taken=max(0, min(trail.hints_taken, len(exercise.hints))),
        may_see_solution=_is_honest(exercise, trail, result),
        solution_seen=trail.solution_seen,
        restarts=trail.restarts,
        result=result,
    )


def _is_honest(exercise: AnyExercise, trail: Trail, result: CheckResult) -> bool:
    if result.outcome is Outcome.CORRECT:
        return True
    if isinstance(exercise, Evidence | Predict):
        # To have begun, or to have predicted, is not to have tried: the hints come before.
        stuck = trail.hints_taken >= len(exercise.hints)
        return (bool(trail.answers) or stuck) and found_by(exercise, trail).begun
    earlier = (replace(trail, answers=(answer,)) for answer in trail.answers)
    return any(check_trail(exercise, one).outcome is Outcome.NOT_YET for one in (trail, *earlier))
