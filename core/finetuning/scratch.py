"""The twin of a training: the same network, data and settings, from random weights."""

from __future__ import annotations

from dataclasses import replace

from core.finetuning.jobs import trainings
from core.finetuning.records import Kind
from core.finetuning.ticket import Training
from core.finetuning.types import Evaluation


def scratch_of(training: Training) -> Training | None:
    """Return the newest twin of `training` that was asked for, if there is one."""
    beside = trainings().beside(training)
    return next((other for other in beside if other.order.kind is Kind.MODEL), None)


def scratch_figures(training: Training) -> Evaluation | None:
    """Return how good the twin of `training` became, if one was trained to an end."""
    twin = scratch_of(training) if training.settings.pretrained else None
    return twin.result.evaluation if twin is not None and twin.result is not None else None


def train_scratch(training: Training, learner: str) -> Training:
    """Put the twin of `training` in line.

    Raises:
        LabError: as `Trainings.submit`, or the data of `training` are gone.
    """
    return trainings().submit(
        training.splits(),
        replace(training.settings, pretrained=False),
        base=training.order.base,
        learner=learner,
        name=training.order.name,
        beside=training.id,
    )
