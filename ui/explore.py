"""Task 1: a search, or the page of what was found. The address names which, so it can be shared."""

from __future__ import annotations

import streamlit as st

from core.explore.types import Kind
from ui.explore_model import show_model_page
from ui.explore_repo import show_repo_page
from ui.explore_search import show_search

_LABELS = {Kind.MODEL: "Models", Kind.DATASET: "Datasets", Kind.SPACE: "Spaces"}


def show_explore() -> None:
    """Draw the page that the address names, or the search."""
    for kind in Kind:
        if id := st.query_params.get(kind.value):
            _show_page(kind, id)
            return
    # The default of tabs on the screen has to stay: a new one takes the place of what was clicked.
    if "explore.tabs" not in st.session_state:
        st.session_state["explore.default"] = st.session_state.get("explore.kind", Kind.MODEL)
    tabs = st.tabs(
        list(_LABELS.values()),
        default=_LABELS[st.session_state["explore.default"]],
        key="explore.tabs",
        on_change="rerun",
    )
    for kind, tab in zip(_LABELS, tabs, strict=True):
        if tab.open:
            st.session_state["explore.kind"] = kind
            with tab:
                show_search(kind)


def _show_page(kind: Kind, id: str) -> None:
    st.session_state["explore.kind"] = kind
    if st.button("All results", icon=":material/arrow_back:", type="tertiary"):
        del st.query_params[kind.value]
        st.rerun()
    if kind is Kind.MODEL:
        show_model_page(id)
    else:
        show_repo_page(kind, id)
