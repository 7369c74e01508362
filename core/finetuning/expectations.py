"""What the curves of a training may look like: students predict it, and this says what came."""

from __future__ import annotations

import math
from collections.abc import Sequence
from enum import StrEnum
from statistics import mean

from core.finetuning.types import TrainingStep

_FEWEST_STEPS = 4
_FIRST_STEPS = 3  # later ones may be far off already when the steps are large
_JUMPED = 1.25  # times where the loss began
_OVERFIT = 1.1  # a validation loss this much above its lowest has clearly turned
HARDLY = 0.8  # of where the loss began; more than this has not moved much


class Shape(StrEnum):
    """How loss and validation accuracy went, in the words that a student chooses from."""

    LEARNS = "Loss falls, accuracy rises and levels off"
    OVERFITS = "Loss falls, but accuracy on new texts stops rising or falls"
    FALLS_APART = "Loss jumps about or rises; nothing is learned"
    HARDLY_MOVES = "Both hardly move"


def shape_of(steps: Sequence[TrainingStep]) -> Shape | None:
    """Return what the curves of `steps` look like, None while there are too few."""
    losses = [step.loss for step in steps]
    if not all(map(math.isfinite, losses)) or jump(losses) is not None:
        return Shape.FALLS_APART
    if len(losses) < _FEWEST_STEPS:
        return None
    first, last = mean(losses[:_FIRST_STEPS]), _windows(losses)[-1]
    seen = [step.validation_loss for step in steps if step.validation_loss is not None]
    fell = last <= first * HARDLY
    # On new texts it is worse than before it had learned anything: what it learned is of no use.
    if overfits(steps) or (fell and seen and seen[-1] > first):
        return Shape.OVERFITS
    return Shape.LEARNS if fell else Shape.HARDLY_MOVES


def overfits(steps: Sequence[TrainingStep]) -> bool:
    """Tell whether the loss on new texts has turned and risen."""
    seen = [step.validation_loss for step in steps if step.validation_loss is not None]
    return len(seen) > 2 and seen[-1] > min(seen) * _OVERFIT


def jump(losses: Sequence[float]) -> tuple[float, float, float] | None:
    """Return where the loss began, how high it jumped, and where it ended; None if it did not.

    A loss that comes down again and learns has not jumped.
    """
    if len(losses) < _FEWEST_STEPS:
        return None
    windows = _windows(losses)
    began, highest, ended = mean(losses[:_FIRST_STEPS]), max(windows), windows[-1]
    if highest > began * _JUMPED and ended > began * HARDLY:
        return began, highest, ended
    return None


def _windows(losses: Sequence[float]) -> list[float]:
    """Return the means of ten stretches: single batches jump about in any training."""
    length = max(1, len(losses) // 10)
    return [mean(losses[max(0, end - length) : end]) for end in range(len(losses), 0, -length)][
        ::-1
    ]
