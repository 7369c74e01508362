"""Trainings of Task 4 that have ended, in the form in which they are kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from core.errors import LabError
from core.finetuning.failure_presets import preset_of
from core.finetuning.records import Kind
from core.finetuning.ticket import Training
from core.finetuning.types import TrainingStep
from core.work.entries import Curve, CurveMeasured, Predicted, Trained
from core.work.work import Work

_MOST_STEPS = 200


def newly_ended(trainings: Iterable[Training], work: Work) -> Iterator[Trained | Curve]:
    """Yield those of a learner's `trainings` that have ended and are not in `work` yet."""
    kept = {one.training_id for one in work.of(Trained)}
    kept |= {one.training_id for one in work.of(Curve)}
    expected = {one.exercise: str(one.value) for one in work.of(Predicted)}
    for training in trainings:
        if training.id in kept or not training.state.ended:
            continue
        told = (
            _curve(training)
            if training.order.kind is Kind.CURVE
            else _trained(training, expected.get(expectation_of(training.id), ""))
        )
        if told is not None:
            yield told


def expectation_of(training_id: str) -> str:
    """Return the name under which is kept what a student expected of a training's curves."""
    return f"training-{training_id}"


def _curve(training: Training) -> Curve | None:
    points = tuple(
        CurveMeasured(point.labels_used, point.pretrained, point.accuracy)
        for point in training.points
    )
    return Curve(training.id, training.order.beside, points) if points else None


def _trained(training: Training, expected: str) -> Trained | None:
    result = training.result
    if result is None:
        return None
    try:
        splits = training.splits()
    except LabError:  # its data are gone
        return None
    evaluation = result.evaluation
    return Trained(
        training_id=training.id,
        name=training.order.name,
        preset=preset_of(training.order.name),
        settings=training.settings,
        labels=splits.labels,
        train_examples=training.settings.labels_used or len(splits.train),
        steps=_thinned(training.steps),
        accuracy=evaluation.accuracy if evaluation else None,
        macro_f1=evaluation.macro_f1 if evaluation else None,
        majority=evaluation.majority if evaluation else None,
        seconds=result.cost.seconds,
        peak_memory_bytes=result.cost.peak_memory_bytes,
        stopped=result.stopped,
        diverged=result.diverged,
        expected=expected,
    )


def _thinned(steps: Sequence[TrainingStep]) -> tuple[TrainingStep, ...]:
    """Return at most about two hundred of `steps`, those with a validation accuracy among them."""
    every = max(1, len(steps) // _MOST_STEPS)
    return tuple(
        step
        for number, step in enumerate(steps)
        if number % every == 0 or step.validation_accuracy is not None or number + 1 == len(steps)
    )
