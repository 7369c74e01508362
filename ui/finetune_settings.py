"""Step 2 of Task 4: the base model, and how it is trained."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from core.catalogue import ModelEntry
from core.errors import LabError
from core.finetuning.failure_presets import PRESETS, Preset
from core.finetuning.memory import refuse_without_memory, training_bytes
from core.finetuning.types import Method, Splits, TrainingSettings
from core.finetuning.words import METHOD_NAMES
from core.hub import cached_folder
from core.inference.lab import lab
from core.inference.types import Task
from core.settings import free_memory_bytes, settings
from ui.errors import show_error
from ui.explore_get import show_get
from ui.models import first_usable, model_label
from ui.text import plain, size

_RATES = (1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1)
_LABELS = (8, 32, 128, 512)
_BATCHES = (4, 8, 16, 32, 64)
_TOKENS = (32, 64, 128, 256, 512)
_ALL = "all"
_MOST_EPOCHS = 60
_METHODS = {
    Method.FULL: "Best with enough labels, and takes the most memory.",
    Method.LORA: "A few added numbers learn; the base model stays as it is.",
    Method.HEAD: "Only the last layer learns: quick, and seldom as good.",
}
_DEFAULTS: dict[str, object] = {
    "method": Method.FULL,
    "epochs": 3,
    "learning_rate": 3e-4,
    "batch_size": 16,
    "max_tokens": 128,
    "labels_used": _ALL,
    "seed": 9,
}


# What the fields take; a training from elsewhere may have had something else.
_OFFERED: dict[str, Container[object]] = {
    "epochs": range(1, _MOST_EPOCHS + 1),
    "learning_rate": _RATES,
    "batch_size": _BATCHES,
    "max_tokens": _TOKENS,
    "labels_used": (*_LABELS, _ALL),
}


@dataclass(frozen=True)
class Plan:
    """A training that could start: its settings, its base model's folder, its experiment."""

    settings: TrainingSettings
    base: Path
    preset: Preset


def choose_plan(splits: Splits) -> Plan | None:
    """Let the student choose how to train on `splits`; None while it cannot start."""
    st.header("2 Settings", anchor=False)
    for name, value in _DEFAULTS.items():
        st.session_state.setdefault(_key(name), value)
    entry = _choose_base()
    if entry is None:
        return None
    preset = st.selectbox(
        "Experiment",
        list(Preset),
        format_func=lambda one: PRESETS[one].label,
        key="finetune.preset",
        on_change=_take_preset,
        help="Begin with a sound training; then let one fail and see how that looks.",
        persist_state="session",
    )
    st.caption(PRESETS[preset].what)
    method = st.radio(
        "What learns",
        list(Method),
        format_func=lambda one: METHOD_NAMES[one],
        captions=list(_METHODS.values()),
        key=_key("method"),
        persist_state="session",
    )
    with st.expander("Parameters", icon=":material/tune:"):
        chosen = _choose_numbers(entry.id, method, len(splits.train))
    base = entry.path or cached_folder(entry.id, entry.revision)
    if base is None:
        st.info("This base model is on the Hub: get it first.", icon=":material/cloud_download:")
        show_get(entry.id, revision=entry.revision, size_bytes=entry.download_bytes or None)
        return None
    return Plan(chosen, base, preset) if _fits(base, chosen) else None


def take_settings(chosen: TrainingSettings, preset: Preset) -> None:
    """Set the form to what a training had; call it before the form is drawn."""
    values = {name: getattr(chosen, name) for name in _DEFAULTS}
    values["labels_used"] = chosen.labels_used or _ALL
    for name, offered in _OFFERED.items():
        if values[name] not in offered:
            values[name] = _DEFAULTS[name]
    for name, value in values.items():
        st.session_state[_key(name)] = value
    st.session_state["finetune.preset"] = preset
    if chosen.base_id in {entry.id for entry in lab().catalogue.for_task(Task.FILL_MASK)}:
        st.session_state["finetune.base"] = chosen.base_id


def begin_with(preset: Preset, *, labels_used: int | None = None) -> None:
    """Set the form to an experiment, on so many labels if that is one of its choices."""
    st.session_state["finetune.preset"] = preset
    _take_preset()
    if labels_used in _LABELS:
        st.session_state[_key("labels_used")] = labels_used


def _choose_base() -> ModelEntry | None:
    entries = {entry.id: entry for entry in lab().catalogue.for_task(Task.FILL_MASK)}
    chosen = st.selectbox(
        "Base model",
        list(entries),
        index=first_usable(tuple(entries.values())),
        format_func=lambda name: model_label(entries[name]),
        key="finetune.base",
        help="It was trained to guess missing words. What it learned of language is the start.",
        persist_state="session",
    )
    if chosen is None:
        st.warning(
            "No base model is installed. Get one of BERT's kind in Task 1, or ask whoever runs "
            "this lab to add one.",
            icon=":material/block:",
        )
        return None
    st.caption(plain(entries[chosen].summary))
    return entries[chosen]


def _choose_numbers(base_id: str, method: Method, examples: int) -> TrainingSettings:
    epochs = st.slider("Epochs", 1, _MOST_EPOCHS, key=_key("epochs"), persist_state="session")
    st.caption("How often the model reads each text.")
    rate = st.select_slider(
        "Learning rate",
        _RATES,
        format_func=lambda value: f"{value:.0e}".replace("e-0", "e-"),
        key=_key("learning_rate"),
        persist_state="session",
    )
    st.caption("How far a step goes. 3e-4 suits a small model; large ones want 3e-5.")
    batch = st.select_slider(
        "Batch size", _BATCHES, key=_key("batch_size"), persist_state="session"
    )
    st.caption("How many texts make one step.")
    tokens = st.select_slider(
        "Longest text, in tokens", _TOKENS, key=_key("max_tokens"), persist_state="session"
    )
    st.caption(
        "What is longer is cut, also at what the base model can read. Time and memory grow with it."
    )
    labels = st.select_slider(
        "Labelled texts used",
        (*_LABELS, _ALL),
        key=_key("labels_used"),
        persist_state="session",
    )
    st.caption(f"There are {examples:,} for training.")
    seed = st.number_input("Seed", 0, 2**32 - 1, key=_key("seed"), persist_state="session")
    st.caption("The same seed and settings give the same model again on this machine.")
    return TrainingSettings(
        base_id=base_id,
        method=method,
        epochs=epochs,
        learning_rate=float(rate),
        batch_size=batch,
        max_tokens=tokens,
        seed=int(seed or 0),
        labels_used=int(labels) if labels != _ALL and int(labels) < examples else None,
    )


def _fits(base: Path, chosen: TrainingSettings) -> bool:
    """Say what memory the training takes, or why it is refused."""
    free = free_memory_bytes(settings())
    try:
        needed = training_bytes(base, chosen)
        refuse_without_memory(base, chosen, free_bytes=free)
    except LabError as error:
        show_error(error)
        return False
    st.caption(
        f":material/memory: It takes about {size(needed)} of memory; "
        f"{size(max(0, int(free)))} are free."
    )
    return True


def _take_preset() -> None:
    for name, value in {
        **_DEFAULTS,
        **dict(PRESETS[st.session_state["finetune.preset"]].fields),
    }.items():
        st.session_state[_key(name)] = value


def _key(name: str) -> str:
    return f"finetune.{name}"
