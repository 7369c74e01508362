"""The settings of a training in words."""

from __future__ import annotations

from core.finetuning.types import Method, TrainingSettings
from core.words import counted

METHOD_NAMES = {
    Method.FULL: "All weights",
    Method.LORA: "LoRA",
    Method.HEAD: "Head only",
}


def settings_in_words(made: TrainingSettings) -> tuple[str, ...]:
    """Return what was trained and how, each in a few words; the base model's id as it stands."""
    method = METHOD_NAMES[made.method]
    return (
        made.base_id + ("" if made.pretrained else ", from scratch"),
        method if made.method is Method.LORA else method.lower(),
        counted(made.epochs, "epoch"),
        f"learning rate {made.learning_rate:g}",
        f"batches of {made.batch_size}",
        f"seed {made.seed}",
    )
