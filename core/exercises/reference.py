"""Answers that have to pass, and answers that have to be told something: both from the data.

For exercises that are answered by what was done, a run has to be made up instead; there are none
here.
"""

from __future__ import annotations

from collections.abc import Iterator

from core.exercises.checking import check
from core.exercises.figures import within
from core.exercises.outcome import Outcome
from core.exercises.types import AnyExercise, Choice, Match, Number, Order, Text
from core.work.entries import Answered, Done, Value
from core.work.work import Work

# Kinds that are answered in a field, and by nothing else.
ANSWERED = (Choice, Number, Order, Match, Text)


def right_answers(exercise: AnyExercise) -> tuple[Value, ...]:
    """Return answers that are correct."""
    match exercise:
        case Choice():
            right = tuple(option.text for option in exercise.options if option.right)
            return (right,) if exercise.several else right
        case Number():
            return (
                exercise.answer,
                exercise.answer - exercise.tolerance,
                exercise.answer + exercise.tolerance,
            )
        case Order():
            return (exercise.items,)
        case Match():
            return ({pair.left: pair.right for pair in exercise.pairs},)
        case Text():
            return exercise.good
    return ()


def wrong_answers(exercise: AnyExercise) -> Iterator[tuple[Value, str]]:
    """Yield answers that are not yet correct, each with a part of what it is told."""
    match exercise:
        case Choice(several=True):
            right = tuple(option.text for option in exercise.options if option.right)
            if len(right) > 1:
                yield right[1:], "something is still missing"
            for option in exercise.options:
                if not option.right:
                    yield (*right, option.text), option.why
        case Choice():
            yield from (
                (option.text, option.why) for option in exercise.options if not option.right
            )
        case Number():
            yield from _wrong_numbers(exercise)
        case Order():
            for place in range(len(exercise.items) - 1):
                first, second = exercise.items[place : place + 2]
                swapped = (
                    *exercise.items[:place], second, first, *exercise.items[place + 2 :],
                )  # fmt: skip
                yield swapped, f"Number {place + 1} cannot be **{second}**"
            yield exercise.items[:-1], "the other 1"
        case Match():
            rights = [*(pair.right for pair in exercise.pairs), *exercise.extra]
            answer = {pair.left: pair.right for pair in exercise.pairs}
            for pair in exercise.pairs:
                other = next(right for right in rights if right != pair.right)
                yield {**answer, pair.left: other}, pair.wrong
                without = {left: right for left, right in answer.items() if left != pair.left}
                yield without, f"**{pair.left}** is still open"
        case Text():
            yield from ((poor.text, poor.says) for poor in exercise.poor)


def failures(exercise: AnyExercise) -> Iterator[str]:
    """Yield each reference answer that the exercise itself does not judge as it should."""
    for answer in right_answers(exercise):
        result = check(exercise, answered(exercise, answer))
        if result.outcome is not Outcome.CORRECT:
            yield f"{_shown(answer)} should be correct, and is told: {result.message}"
    for answer, says in wrong_answers(exercise):
        result = check(exercise, answered(exercise, answer))
        if result.outcome is not Outcome.NOT_YET or says not in result.message:
            yield f"{_shown(answer)} should be told {says!r}, and is told: {result.message}"


def answered(exercise: AnyExercise, answer: Value) -> Work:
    """Return the work of somebody who gave that answer and did nothing else."""
    return Work((Done("reference", 0.0, Answered(exercise.id, answer)),))


def _wrong_numbers(exercise: Number) -> Iterator[tuple[Value, str]]:
    answer, slips = exercise.answer, exercise.slips
    yield from ((slip.value, slip.says) for slip in slips)
    away = max(2 * exercise.tolerance, abs(answer) / 20, 0.01)
    others = [(answer - away, "too low"), (answer + away, "too high")]
    if answer:
        others += [(answer * 1000, "a factor of 1,000"), (answer / 1000, "a factor of 1,000")]
    for number, says in others:
        if not any(within(number, slip.value, slip.tolerance) for slip in slips):
            yield number, says


def _shown(answer: Value) -> str:
    return f"the answer {answer!r}"[:300]
