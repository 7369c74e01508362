"""What an exercise says to a learner's work: a pure function of that work."""

from __future__ import annotations

from typing import assert_never

from core.exercises.card_facts import check_fact
from core.exercises.choosing import check_choice, check_match, check_order
from core.exercises.doing import check_evidence, check_predict
from core.exercises.figures import check_number
from core.exercises.outcome import CheckResult
from core.exercises.trail import Trail, trail_of
from core.exercises.types import (
    AnyExercise,
    CardFact,
    Choice,
    Evidence,
    Match,
    Number,
    Order,
    Predict,
    Text,
)
from core.exercises.wording import check_text
from core.work.work import Work


def check(exercise: AnyExercise, work: Work) -> CheckResult:
    """Return how far the learner has come; their last answer since the start counts."""
    return check_trail(exercise, trail_of(exercise.id, work))


def check_trail(exercise: AnyExercise, trail: Trail) -> CheckResult:
    """Return the same, for what is known of this exercise."""
    match exercise:
        case Choice():
            return check_choice(exercise, trail.answer)
        case Number():
            return check_number(exercise, trail.answer)
        case Order():
            return check_order(exercise, trail.answer)
        case Match():
            return check_match(exercise, trail.answer)
        case Text():
            return check_text(exercise, trail.answer)
        case Evidence():
            return check_evidence(exercise, trail)
        case CardFact():
            return check_fact(exercise, trail)
        case Predict():
            return check_predict(exercise, trail)
        case _:
            assert_never(exercise)
