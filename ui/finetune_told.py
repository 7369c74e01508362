"""What a training was trained on and how, in words: they stand beside it also after a reload."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from core.errors import LabError
from core.finetuning.jobs import Training
from core.finetuning.words import settings_in_words
from ui.finetune_veil import is_veiled
from ui.text import plain

_COUNTS = "finetune.counts"
_MOST_LABELS = 6


@dataclass(frozen=True)
class ExampleCounts:
    """How many texts each split of a training has, and its labels."""

    train: int = 0
    validation: int = 0
    test: int = 0
    labels: tuple[str, ...] = ()


def example_counts(training: Training) -> ExampleCounts:
    """Return how many texts the data of `training` have; they are read once a visit."""
    known: dict[str, ExampleCounts] = st.session_state.setdefault(_COUNTS, {})
    if training.id not in known:
        try:
            splits = training.splits()
        except LabError:
            return ExampleCounts()
        known[training.id] = ExampleCounts(
            len(splits.train), len(splits.validation), len(splits.test), splits.labels
        )
    return known[training.id]


def tell_training(training: Training) -> None:
    """Say on which data and with which settings `training` is made."""
    if is_veiled(training):
        st.caption(
            ":material/casino: **Data and settings:** one of the five experiments that fail. They "
            "are told once you have given your diagnosis."
        )
        return
    made, counts = training.settings, example_counts(training)
    lines = [f":material/dataset: **Data:** {plain(training.order.name)}{_texts(training, counts)}"]
    settings = " · ".join(map(plain, settings_in_words(made)))
    lines.append(f":material/tune: **Settings:** {settings}")
    for line in lines:
        st.caption(line)


def _texts(training: Training, counts: ExampleCounts) -> str:
    if not counts.train:
        return ""
    used = training.settings.labels_used
    some = f"{used:,} of {counts.train:,}" if used and used < counts.train else f"{counts.train:,}"
    names = [plain(label[:30]) for label in counts.labels[:_MOST_LABELS]]
    if len(counts.labels) > _MOST_LABELS:
        names.append("…")
    return (
        f" · {some} texts to learn from, {counts.validation:,} to validate, {counts.test:,} to "
        f"test · labels: {', '.join(names)}"
    )
