"""Every exercise of the course: it can be solved, and what is wrong is told the right thing."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from core.exercises.attempt import attempt_of
from core.exercises.checking import check
from core.exercises.outcome import Outcome
from core.exercises.reference import ANSWERED, answered, failures, right_answers, wrong_answers
from core.exercises.types import Choice, Match, Number
from core.explore.licences import licence_of
from core.explore.openness import snapshot_openness
from core.explore.snapshot import snapshot
from core.lessons import Placed, all_exercises
from core.work.work import Work
from tests.core.exercises.reference_runs import REFERENCE_RUNS

COURSE = all_exercises()
BY_ANSWER = [one for one in COURSE if isinstance(one.exercise, ANSWERED)]
CHOICES = [one.exercise for one in COURSE if isinstance(one.exercise, Choice)]


def named(one: Placed) -> str:
    return one.exercise.id


each = pytest.mark.parametrize("one", COURSE, ids=named)
each_answered = pytest.mark.parametrize("one", BY_ANSWER, ids=named)


@each
def test_an_exercise_that_nobody_touched_is_not_attempted(one: Placed) -> None:
    attempt = attempt_of(one.exercise, Work())
    assert attempt.result.outcome is Outcome.NOT_ATTEMPTED
    assert not attempt.may_see_solution


def test_every_exercise_has_a_reference_of_one_kind_or_the_other() -> None:
    by_run = {one.exercise.id for one in COURSE if one not in BY_ANSWER}
    assert by_run == set(REFERENCE_RUNS)


@each_answered
def test_reference_answers_pass_and_wrong_ones_are_told_why(one: Placed) -> None:
    assert list(failures(one.exercise)) == []
    right = right_answers(one.exercise)[0]
    assert check(one.exercise, answered(one.exercise, right)).outcome is Outcome.CORRECT


@each_answered
def test_a_wrong_answer_is_never_told_the_right_one(one: Placed) -> None:
    exercise = one.exercise
    for answer, _ in wrong_answers(exercise):
        message = check(exercise, answered(exercise, answer)).message
        match exercise:
            case Choice(several=False):
                right = next(option.text for option in exercise.options if option.right)
                assert right not in message
            case Match():
                wrong = {p.left: p.right for p in exercise.pairs if answer.get(p.left) != p.right}  # type: ignore[union-attr]
                assert not any(right in message for right in wrong.values())
            case Number():
                right = re.escape(f"{exercise.answer:g} {exercise.unit}")
                assert not re.search(rf"(?<![\d.]){right}", message)


@each
def test_hints_come_in_two_or_more_steps(one: Placed) -> None:
    assert 2 <= len(one.exercise.hints) <= 4
    assert len(set(one.exercise.hints)) == len(one.exercise.hints)


def test_every_kind_that_is_answered_comes_at_least_twice() -> None:
    kinds = Counter(one.exercise.kind for one in COURSE)
    assert all(kinds[kind] >= 2 for kind in ("choice", "number", "order", "match", "text"))
    assert sum(choice.several for choice in CHOICES) >= 2


def test_the_longest_option_is_seldom_the_right_one() -> None:
    longest = [max(choice.options, key=lambda option: len(option.text)) for choice in CHOICES]
    assert sum(option.right for option in longest) <= len(CHOICES) / 3


def test_the_right_option_stands_in_no_favourite_place() -> None:
    """For each learner options are shuffled, so that a class cannot pass on a letter."""
    from core.exercises.shuffling import shown

    for choice in CHOICES:
        right = {option.text for option in choice.options if option.right}
        first = sum(shown(choice, f"learner {n}")[0] in right for n in range(200)) / 200
        assert abs(first - len(right) / len(choice.options)) < 0.15


def test_what_the_scale_of_openness_asks_is_what_the_lab_shows() -> None:
    (scale,) = (one.exercise for one in COURSE if one.exercise.id == "openness-scale")
    assert isinstance(scale, Match)
    ids = {
        "LLaMA 3": "meta-llama/Meta-Llama-3-8B",
        "BLOOM": "bigscience/bloom",
        "Stable Diffusion XL": "stabilityai/stable-diffusion-xl-base-1.0",
        "Whisper": "openai/whisper-large-v3",
        "GPT-4": "gpt-4",
    }
    models = {model.id.casefold(): model for model in snapshot().models}
    for pair in scale.pairs:
        model = models[ids[pair.left].casefold()]
        verdict = snapshot_openness(model, licence_of(model.licence)).verdict
        assert pair.right.casefold().replace(" ", "-").startswith(verdict.value)
