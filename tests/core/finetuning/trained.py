"""A training that has ended, with a real model, made in this process in a second."""

from __future__ import annotations

import threading
from pathlib import Path

from core.finetuning.child import run
from core.finetuning.failure_presets import Preset, training_name
from core.finetuning.jobs import Training, Trainings
from core.finetuning.records import Kind, Order
from core.finetuning.store import Store, owner_of
from core.finetuning.types import Splits, TrainingSettings
from core.settings import Settings

SETTINGS = TrainingSettings("local/bert", epochs=4, learning_rate=5e-3, batch_size=8)


def make_trained(
    line: Trainings,
    base: Path,
    splits: Splits,
    settings: TrainingSettings = SETTINGS,
    *,
    learner: str = "",
    preset: Preset = Preset.SOUND,
    name: str = "",
) -> Training:
    """Train what `Trainings.submit` would have a child train, and return it ended."""
    order = Order(
        name or training_name(splits, preset), owner_of(learner), Kind.MODEL, settings, base, 0.0
    )
    folder = line.store.create(order, splits)
    run(folder, threading.Event())
    training = line.find(folder.id)
    assert training is not None
    return training


def make_line(root: Path) -> Trainings:
    """Return a line of trainings whose store is in `root`."""
    limits = Settings(
        memory_limit_bytes=2**33,
        memory_budget_bytes=2**28,
        threads=1,
        models_dir=None,
        cache_dir=root / "cache",
    )
    return Trainings(Store(root / "trainings"), limits)
