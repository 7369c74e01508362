"""What a student trained, as models of the lab that it can lend to that student."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from core.catalogue import ModelEntry, reference_bytes
from core.errors import RefusedModelError
from core.finetuning.ticket import Training
from core.finetuning.training_folder import TrainingFolder
from core.finetuning.types import TrainingSettings
from core.inference.types import Task
from core.model_folder import FolderFacts, inspect_folder

OWN = "yours/"
_MOST_NAME_CHARACTERS = 40


def model_id_of(training: Training) -> str:
    """Return the id under which the model of `training` runs in Tasks 2 and 3.

    It names the base model and how it was trained; its end tells it from all others. The name of
    the training is not in it, for that opens its page to whoever has it, and ids are written to the
    log; nor is the name of the data, which is the student's.
    """
    short = hashlib.sha256(training.id.encode()).hexdigest()[:8]
    return f"{OWN}{_way(training.settings)}-{short}"


def trained_models(trainings: Iterable[Training]) -> tuple[ModelEntry, ...]:
    """Return an entry for each of `trainings` that has a model, in their order."""
    return tuple(entry for each in trainings if (entry := _entry(each)) is not None)


def has_model(training: Training) -> bool:
    """Tell whether `training` has ended with a model that is still there."""
    return training.folder.ended() and training.folder.model.is_dir()


def _entry(training: Training) -> ModelEntry | None:
    if not has_model(training):
        return None
    model_id = model_id_of(training)
    try:
        facts, share_right = _read(training.folder.path)
    except RefusedModelError:
        return None  # its files are broken, or it was removed just now
    return ModelEntry(
        id=model_id,
        source="trained",
        tasks=(Task.TEXT_CLASSIFICATION,),
        summary=_summary(training, share_right),
        revision="trained in this lab",
        parameters=facts.parameters,
        memory_bytes=reference_bytes(facts.parameters),
        model_type=facts.model_type,
        path=facts.path,
    )


def _summary(training: Training, share_right: float | None) -> str:
    name = "".join(c for c in training.order.name if c.isprintable())[:80]
    parts = [name, f"seed {training.settings.seed}"]
    if share_right is not None:
        parts.append(f"{share_right:.0%} of its test texts right")
    return " · ".join(filter(None, parts))


def _way(settings: TrainingSettings) -> str:
    base = settings.base_id.rpartition("/")[2]
    # A folder may be called anything; an id is read by people, and stands in tables and charts.
    base = re.sub(r"[^A-Za-z0-9._-]+", "-", base)[:_MOST_NAME_CHARACTERS].strip("-") or "model"
    return f"{base}-{settings.method if settings.pretrained else 'scratch'}"


# A training that has ended never changes, and its evaluation is long.
@lru_cache(maxsize=256)
def _read(path: Path) -> tuple[FolderFacts, float | None]:
    """Return what the model of a training is, and the share of test texts that it has right.

    Raises:
        RefusedModelError: the training failed, or its files are broken.
    """
    folder = TrainingFolder(path)
    result = folder.result()
    if result is None or result.model is None:
        raise RefusedModelError("This training has no model.")
    facts = inspect_folder(result.model)
    if Task.TEXT_CLASSIFICATION not in facts.tasks:
        raise RefusedModelError("This training's model does not sort texts.")
    return facts, result.evaluation.accuracy.value if result.evaluation else None
