"""Choosing models: what is offered for a task, and what is said about each."""

from __future__ import annotations

import streamlit as st

from core.card import card_in
from core.catalogue import Catalogue, ModelEntry
from core.hub import is_downloaded
from core.inference.types import Engine, Runtime, Task
from core.inference.variants import variants_of
from ui.card import show_card
from ui.quantised import offer_quantised
from ui.text import plain, size

_AUTOMATIC = "Automatic: the fastest here"
_BITS = {
    **{"float32": "32 bits", "F16": "16 bits", "int8": "8 bits", "Q8_0": "8 bits"},
    **{"Q4_0": "4 bits", "Q4_K_M": "4 bits"},
}


def model_label(entry: ModelEntry) -> str:
    """Return how a model is listed: id, size, and what stands in its way."""
    parts = [entry.id, count(entry.parameters)]
    if entry.source == "trained":
        parts.append(entry.summary)
    if entry.refusal:
        parts.append("does not fit here")
    elif entry.source == "hub":
        parts.append(f"from the Hub, {size(entry.download_bytes)}")
    return " · ".join(parts)


def describe_model(entry: ModelEntry) -> None:
    """Say what the model is, where it comes from and what it takes, or why it is refused."""
    if entry.source == "hub" and Task.TEXT_GENERATION in entry.tasks:
        offer_quantised(entry)
    if entry.refusal:
        st.warning(plain(entry.refusal), icon=":material/block:")
        return
    licence = f" · licence {plain(entry.licence)}" if entry.licence else ""
    weight = f" · {count(entry.parameters)} parameters, about {size(entry.memory_bytes)} of memory"
    summary = plain(entry.summary.rstrip("."))
    st.caption(f"{summary}. {_where(entry)}{licence}{weight}.")
    # A model that was trained here has no card before somebody writes one.
    if entry.path is not None and entry.path.is_dir() and entry.source != "trained":
        folded = st.expander(
            "Its model card",
            icon=":material/description:",
            key=f"model.card.{entry.id}",
            on_change="rerun",  # nothing is read before somebody looks
        )
        if folded.open:
            with folded:
                card = card_in(entry.path)
                show_card(card.body, card.note, base="")


def _where(entry: ModelEntry) -> str:
    if entry.source == "starter":
        return "A starter: runs offline"
    if entry.source == "trained":
        return "Trained by you in Task 4, for you alone"
    if entry.source == "local":
        return "A folder on this machine"
    if is_downloaded(entry.id, entry.revision):
        return "From the Hub, on this machine already"
    if entry.gated:
        return (
            "Behind a gate on the Hub: accept its terms there, and ask whoever runs this lab to "
            "add its folder"
        )
    return f"Downloaded from the Hub when first used ({size(entry.download_bytes)})"


def runtime_label(runtime: Runtime) -> str:
    """Return how an engine and its precision are listed: llama.cpp Q8_0 (8 bits)."""
    bits = _BITS.get(runtime.precision, "")
    reference = ", the reference" if runtime.engine is Engine.TRANSFORMERS else ""
    return f"{runtime.engine} {runtime.precision}{f' ({bits}{reference})' if bits else ''}"


def choose_runtime(entry: ModelEntry, *, key: str) -> Runtime | None:
    """Let the student choose what computes `entry`, or leave it to the lab."""
    runtimes = [variant.runtime for variant in variants_of(entry)]
    chosen: Runtime | str = st.selectbox(
        "Engine",
        [_AUTOMATIC, *runtimes],
        format_func=lambda option: option if isinstance(option, str) else runtime_label(option),
        # Each model has a field of its own: engines differ from model to model.
        key=f"{key}.{entry.id}.runtime",
        help="The program that computes, and how many bits it keeps of each weight. The text of "
        "one model hardly changes; the time does.",
        persist_state="session",
    )
    return None if isinstance(chosen, str) else chosen


def describe_refused(catalogue: Catalogue) -> None:
    """List the folders that were dropped in but cannot be used, each with the reason."""
    refused = catalogue.refused_folders
    if not refused:
        return
    with st.expander(f"{len(refused)} model folders cannot be used", icon=":material/block:"):
        for entry in refused:
            st.text(f"{entry.id}: {entry.refusal}")


def first_usable(entries: tuple[ModelEntry, ...]) -> int:
    """Return the index of the first model that runs here, 0 if none does."""
    return next((index for index, entry in enumerate(entries) if entry.usable), 0)


def for_task(catalogue: Catalogue, task: Task) -> dict[str, ModelEntry]:
    """Return the models for `task` by id, in the order in which they are offered."""
    return {entry.id: entry for entry in catalogue.for_task(task)}


def count(number: int) -> str:
    """Return a number of parameters as people write it: 1.6M, 7.2B."""
    for unit, divisor in (("B", 1e9), ("M", 1e6), ("K", 1e3)):
        if number >= divisor:
            return f"{number / divisor:.3g}{unit}"
    return str(number)
