"""The one place where something that went wrong is put on the screen."""

from __future__ import annotations

import logging

import streamlit as st

from core.errors import BusyError, LabError
from ui.text import plain


def show_error(error: Exception) -> None:
    """Say what happened and what to do next; the unexpected goes to the log with its traceback."""
    if isinstance(error, BusyError):
        # Nothing is wrong: there is only a line.
        text = f"{plain(error.message)}\n\n{plain(error.next_step)}"
        st.warning(text, icon=":material/hourglass_top:")
        return
    if isinstance(error, LabError):
        st.error(f"{plain(error.message)}\n\n{plain(error.next_step)}", icon=":material/error:")
        return
    logging.getLogger(__name__).error("A run failed unexpectedly", exc_info=error)
    st.error(
        "Something went wrong that the lab did not expect. Your text is still there: try again, "
        "or choose another model. Whoever runs this lab finds the details in its log.",
        icon=":material/error:",
    )
