"""Looking on the Hub for a model in fewer bits: smaller, faster, and it may fit after all."""

from __future__ import annotations

import streamlit as st

from core.catalogue import ModelEntry
from core.inference.lab import lab
from ui.errors import show_error
from ui.text import plain, size
from ui.waiting import answer, ask, asked


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
    if st.button("Look for quantised versions", icon=":material/search:", key=f"{name}.run"):
        ask(name, lambda cancelled: lab().find_quantised(entry.id, cancelled=cancelled))
    if not asked(name):
        return
    try:
        found = answer(name, "Asking the Hub …", tuple)
    # Whatever it was, the model itself can still be run.
    except Exception as error:  # noqa: BLE001
        show_error(error)
        return
    if found:
        # Once more from the top, with what was found among the engines.
        st.rerun()
    if found is not None:
        st.caption("Nobody has published one that fits here.")
