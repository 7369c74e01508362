"""What the curves look like is told in the words in which students predict it."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.finetuning.expectations import Shape, shape_of
from core.finetuning.result_charts import loss_finding
from core.finetuning.types import TrainingStep


def steps(losses: list[float], validation: list[float] = []) -> list[TrainingStep]:  # noqa: B006
    """Return a training with these losses, the last of which have validation losses beside them."""
    looks: list[float | None] = [None] * (len(losses) - len(validation)) + list(validation)
    return [
        TrainingStep(at, len(losses), 1.0, loss, look, None if look is None else 0.5)
        for at, (loss, look) in enumerate(zip(losses, looks, strict=True), 1)
    ]


FALLS = [1.1 - 0.01 * at for at in range(90)]


@pytest.mark.parametrize(
    ("told", "shape", "words"),
    [
        (steps(FALLS, [0.9, 0.7, 0.6, 0.6]), Shape.LEARNS, "Loss fell"),
        (steps(FALLS, [0.9, 0.7, 0.8, 1.2]), Shape.OVERFITS, "overfitting"),
        (steps(FALLS, [1.5, 1.5, 1.5, 1.5]), Shape.OVERFITS, "Loss fell"),
        (steps([1.1] * 5 + [3.0] * 30 + [1.1] * 15), Shape.FALLS_APART, "Loss jumped from 1.10"),
        (steps([1.1] * 5 + [3.0] * 30 + [1.1] * 15, [1.2, 1.1, 1.5]), Shape.FALLS_APART, "jumped"),
        (steps([1.1 + 0.1 * at for at in range(50)]), Shape.FALLS_APART, "Loss rose"),
        (steps([1.1, 1.0, math.nan]), Shape.FALLS_APART, "no number"),
        (steps([1.1] * 10 + [1.0] * 40), Shape.HARDLY_MOVES, "Loss"),
        # A jump from which it came back and learned is none.
        (steps([1.1] * 5 + [3.0] * 30 + [0.3] * 15), Shape.LEARNS, "Loss fell"),
        (steps([1.1, 1.0]), None, "first steps"),
    ],
    ids=[
        *("learns", "overfits", "useless", "jumps", "jumps and turns", "rises", "no number"),
        *("hardly", "comes back", "few"),
    ],
)
def test_each_course_of_a_training_is_told_as_what_it_is(
    told: list[TrainingStep], shape: Shape | None, words: str
) -> None:
    assert shape_of(told) is shape
    assert words in loss_finding(told)


@given(st.lists(st.floats(), max_size=40), st.lists(st.floats(0, 9), max_size=5))
def test_any_training_has_a_shape_or_is_too_short(losses: list[float], looks: list[float]) -> None:
    told = steps(losses, looks[: len(losses)])
    assert (shape_of(told) is None) <= (len(losses) < 4)
