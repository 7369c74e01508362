"""Trainings that have ended, with a real model of random weights, without having been run."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from core.finetuning.jobs import Trainings
from core.finetuning.records import Kind, Order, TrainingResult
from core.finetuning.store import owner_of
from core.finetuning.ticket import Training
from core.finetuning.types import Cost, Example, Splits, TrainingSettings
from tests.random_bert import make_bert

LABELS = ("negative", "neutral", "positive")


def make_trained(
    trainings: Trainings,
    learner: str,
    *,
    labels: Sequence[str] = LABELS,
    name: str = "Customer feedback · My settings",
    pretrained: bool = True,
    model: bool = True,
    beside: str = "",
) -> Training:
    """Return a training of `learner` that reads as done; without `model` as one that diverged.

    `beside` is the id of the training that it is the twin of.
    """
    settings = TrainingSettings("local/bert", pretrained=pretrained)
    order = Order(name, owner_of(learner), Kind.MODEL, settings, Path("bert"), time.time(), beside)
    example = (Example("good", labels[0]),)
    splits = Splits("feedback", tuple(labels), example, example, ())
    folder = trainings.store.create(order, splits)
    if model:
        make_bert(folder.model, labels=labels)
    folder.write_result(
        TrainingResult(
            model=folder.model if model else None,
            evaluation=None,
            cost=Cost(1.0, 1, 1, 1),
            stopped=False,
            diverged=not model,
            best_step=int(model),
            precision="float32",
        )
    )
    training = trainings.find(folder.id)
    assert training is not None
    return training
