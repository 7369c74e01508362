"""How far this visitor has come, worked out once for as long as nothing more is done."""

from __future__ import annotations

import streamlit as st

from core.lessons import all_exercises
from core.progress import Progress, progress
from ui.record import work

_KEPT = "progress.kept"


def so_far() -> Progress:
    """Return how this visitor stands with each lesson, task and exercise."""
    done = work()
    kept = st.session_state.get(_KEPT)
    if kept is None or kept[0] is not done:
        kept = (done, progress(all_exercises(), done))
        st.session_state[_KEPT] = kept
    found: Progress = kept[1]
    return found
