"""The twin of a training: the same network, data and settings, from random weights."""

from __future__ import annotations

from dataclasses import replace

from core.finetuning.jobs import trainings
from core.finetuning.ticket import Training


def scratch_of(training: Training, learner: str) -> Training | None:
    """Return the newest twin of `training` that `learner` has asked for, if there is one."""
    wanted = replace(training.settings, pretrained=False)
    for other in trainings().of(learner):
        if other.settings == wanted and other.order.name == training.order.name:
            return other
    return None


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
    )
