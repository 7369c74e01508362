"""Looking on the Hub for a model in fewer bits: smaller, faster, and it may fit after all."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import streamlit as st

from core.catalogue import ModelEntry
from core.inference.lab import lab
from core.jobs import Job
from core.quantised import GgufVariant
from ui.buttons import run_and_stop
from ui.errors import show_error
from ui.text import plain, size

Found = tuple[GgufVariant, ...]


def offer_quantised(entry: ModelEntry) -> None:
    """Say which quantised versions of `entry` are offered as engines, or let the student look."""
    if entry.gguf:
        listed = ", ".join(
            f"{file.precision} ({size(file.file_bytes)}, by {plain(file.repo.partition('/')[0])})"
            for file in entry.gguf
        )
        st.caption(f"Quantised by others, choose one as the engine: {listed}.")
        return
    name = f"quantised.{entry.id}"
    with st.container(horizontal=True):
        running = run_and_stop(
            name,
            "Look for quantised versions",
            start=lambda: _start(name, entry.id),
            current=lambda: st.session_state.get(name),
            kind="secondary",
        )
    job: Job[Found] | None = st.session_state.get(name)
    if job is not None and running:
        with st.spinner("Asking the Hub …"):
            for _ in job.follow():
                pass
        # Once more from the top, with what was found among the engines.
        st.rerun()
    if job is not None and job.error is not None:
        show_error(job.error)
    elif job is not None and not job.cancelled():
        st.caption("Nobody has published one that fits here.")


def _start(name: str, model_id: str) -> None:
    def look(cancelled: Callable[[], bool]) -> Iterator[Found]:
        yield lab().find_quantised(model_id, cancelled=cancelled)

    st.session_state[name] = Job(look)
