"""The learning curve of a training: its data and settings, over ever more labels, as one job."""

from __future__ import annotations

from dataclasses import replace

from core.finetuning.curve import curve_steps
from core.finetuning.jobs import trainings
from core.finetuning.records import Kind
from core.finetuning.ticket import Training


def curve_of(training: Training) -> Training | None:
    """Return the newest learning curve that was asked for beside `training`, if there is one."""
    beside = trainings().beside(training)
    return next((other for other in beside if other.order.kind is Kind.CURVE), None)


def train_curve(training: Training, learner: str) -> Training:
    """Put the learning curve of `training` in line.

    Raises:
        LabError: as `Trainings.submit`, or the data of `training` are gone.
    """
    return trainings().submit(
        training.splits(),
        replace(training.settings, labels_used=None),
        base=training.order.base,
        learner=learner,
        name=training.order.name,
        kind=Kind.CURVE,
        beside=training.id,
    )


def curve_takes_s(training: Training, examples: int) -> float | None:
    """Return about how long its curve over `examples` takes, judged by how long `training` took."""
    latest, result = training.latest, training.result
    if latest is None or result is None or latest.elapsed_s <= 0:
        return None
    steps = curve_steps(training.settings, examples)
    # What was no step was loading and testing, of which a curve has some for each point.
    return latest.elapsed_s / latest.step * steps + max(0.0, result.cost.seconds - latest.elapsed_s)
