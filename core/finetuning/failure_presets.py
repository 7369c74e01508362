"""Trainings that fail in instructive ways: what to change for each, and the name of the fault."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from enum import StrEnum

from core.finetuning.data_presets import imbalanced, with_wrong_labels
from core.finetuning.types import Method, Splits, TrainingSettings


class Preset(StrEnum):
    """An experiment to begin with."""

    SOUND = "sound"
    TOO_FAST = "too fast"
    TOO_LONG = "too long"
    IMBALANCED = "imbalanced"
    WRONG_LABELS = "wrong labels"
    HEAD_ONLY = "head only"
    SURPRISE = "surprise"


@dataclass(frozen=True)
class PresetInfo:
    """What a preset is called and does.

    `fields` are settings that it begins with, by their names in `TrainingSettings`; `diagnosis`
    is what was wrong, told after the training.
    """

    label: str
    what: str
    diagnosis: str
    fields: tuple[tuple[str, object], ...] = ()


PRESETS = {
    Preset.SOUND: PresetInfo(
        "A sound training",
        "Settings that work on the customer feedback.",
        "Nothing was wrong on purpose.",
    ),
    Preset.TOO_FAST: PresetInfo(
        "Learning rate too high",
        "Each step changes the weights a hundred times too much.",
        "Each step was so large that it threw away what the base model knew.",
        (("learning_rate", 0.1),),
    ),
    Preset.TOO_LONG: PresetInfo(
        "Too many epochs on few labels",
        "32 texts, each read 40 times, at three times the usual learning rate.",
        "The model learned its few texts by heart, and new texts gained little from that.",
        (("epochs", 40), ("labels_used", 32), ("learning_rate", 1e-3)),
    ),
    Preset.IMBALANCED: PresetInfo(
        "One label almost alone",
        "Of each label but one, only 5 % of the training texts are kept.",
        "Nearly all texts had one label, so the model guesses it nearly always.",
    ),
    Preset.WRONG_LABELS: PresetInfo(
        "30 % wrong labels",
        "A third of the training texts get a label that is wrong; those for testing stay right.",
        "The model was taught wrong answers, so its loss on the training texts stays high.",
    ),
    Preset.HEAD_ONLY: PresetInfo(
        "Everything frozen but the head",
        "The base model stays as it is; only the last layer learns.",
        "Only the last layer could learn, so the loss stays high: the model uses what the base "
        "model already tells apart, and learns nothing beyond it.",
        (("method", Method.HEAD),),
    ),
    Preset.SURPRISE: PresetInfo(
        "Surprise: one of the five, not told",
        "One of the experiments that fail is drawn by lot. Which one, you say by its curves.",
        "It was drawn by lot.",
    ),
}
SPOILT = tuple(preset for preset in Preset if preset not in (Preset.SOUND, Preset.SURPRISE))


def drawn(preset: Preset, settings: TrainingSettings) -> tuple[Preset, TrainingSettings]:
    """Return what is trained: for a surprise one that fails, with the settings that make it."""
    if preset is not Preset.SURPRISE:
        return preset, settings
    fault = random.choice(SPOILT)
    return fault, replace(settings, **dict(PRESETS[fault].fields))  # type: ignore[arg-type]


def preset_data(splits: Splits, preset: Preset) -> Splits:
    """Return the data that `preset` trains on; validation and test stay as they are."""
    if preset is Preset.IMBALANCED:
        return imbalanced(splits)
    if preset is Preset.WRONG_LABELS:
        return with_wrong_labels(splits)
    return splits


def training_name(splits: Splits, preset: Preset) -> str:
    """Return what a training of `preset` on `splits` is called."""
    return splits.name[:120] + " · " + PRESETS[preset].label


def preset_of(name: str) -> Preset:
    """Return the preset of a training that `training_name` named."""
    label = name.rpartition(" · ")[2]
    return next((preset for preset, info in PRESETS.items() if info.label == label), Preset.SOUND)
