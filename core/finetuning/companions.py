"""What a training is compared with: the same from random weights, and its learning curve.

Each is a training of its own, found by the one that it stands beside.
"""

from __future__ import annotations

from dataclasses import replace

from core.finetuning.curve import curve_steps
from core.finetuning.jobs import trainings
from core.finetuning.records import Kind
from core.finetuning.ticket import Training
from core.finetuning.types import Evaluation, TrainingSettings


def scratch_of(training: Training) -> Training | None:
    """Return the newest twin of `training` from random weights that was asked for, if any."""
    return _newest(training, Kind.MODEL)


def scratch_figures(training: Training) -> Evaluation | None:
    """Return how good the twin of `training` became, if one was trained to an end."""
    twin = scratch_of(training) if training.settings.pretrained else None
    return twin.result.evaluation if twin is not None and twin.result is not None else None


def train_scratch(training: Training, learner: str) -> Training:
    """Put the twin of `training` in line: the same network, data and settings, random weights.

    Raises:
        LabError: as `Trainings.submit`, or the data of `training` are gone.
    """
    return _submit(training, replace(training.settings, pretrained=False), Kind.MODEL, learner)


def curve_of(training: Training) -> Training | None:
    """Return the newest learning curve that was asked for beside `training`, if any."""
    return _newest(training, Kind.CURVE)


def train_curve(training: Training, learner: str) -> Training:
    """Put the learning curve of `training` in line: its settings over ever more labels.

    Raises:
        LabError: as `Trainings.submit`, or the data of `training` are gone.
    """
    return _submit(training, replace(training.settings, labels_used=None), Kind.CURVE, learner)


def curve_takes_s(training: Training, examples: int) -> float | None:
    """Return about how long its curve over `examples` takes, judged by how long `training` took."""
    latest, result = training.latest, training.result
    if latest is None or result is None or latest.elapsed_s <= 0:
        return None
    steps = curve_steps(training.settings, examples)
    # What was no step was loading and testing, of which a curve has some for each point.
    return latest.elapsed_s / latest.step * steps + max(0.0, result.cost.seconds - latest.elapsed_s)


def _newest(training: Training, kind: Kind) -> Training | None:
    beside = trainings().beside(training)
    return next((other for other in beside if other.order.kind is kind), None)


def _submit(training: Training, settings: TrainingSettings, kind: Kind, learner: str) -> Training:
    return trainings().submit(
        training.splits(),
        settings,
        base=training.order.base,
        learner=learner,
        name=training.order.name,
        kind=kind,
        beside=training.id,
    )
