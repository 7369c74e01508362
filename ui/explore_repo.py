"""The page of a dataset, with its first rows, or of a Space."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from core.errors import LabError
from core.explore.dataset_rows import first_rows
from core.explore.types import Kind, RepoPage, Table
from ui.card import show_card
from ui.errors import show_error
from ui.explore_page import opened, show_facts, show_head
from ui.text import plain
from ui.waiting import answer, ask

_ROWS, _OF = "explore.rows", "explore.rows.of"


def show_repo_page(kind: Kind, id: str) -> None:
    """Draw the page of the dataset or Space `id`, asking for it first."""
    found = opened(kind, id)
    if found is None:
        return
    page = found.page
    if not isinstance(page, RepoPage):
        raise TypeError(f"{id} is no {kind}")
    show_head(page, found.problem)
    st.link_button("Open on the Hub", page.address, icon=":material/open_in_new:")
    noun = "card" if kind is Kind.DATASET else "page"
    names = ["What is known", "Its card"]
    if kind is Kind.DATASET:
        names.insert(1, "First rows")
    for name, tab in zip(
        names, st.tabs(names, key=f"explore.parts.{kind}.{id}", on_change="rerun"), strict=True
    ):
        if not tab.open:
            continue
        with tab:
            if name == "What is known":
                show_facts(page.facts, page.gaps, noun=noun)
            elif name == "Its card":
                show_card(page.card, page.card_note, base=page.address)
            else:
                _show_rows(id)


def _show_rows(id: str) -> None:
    if st.session_state.get(_OF) != id:
        st.session_state[_OF] = id
        ask(_ROWS, lambda cancelled: first_rows(id, cancelled=cancelled))
    try:
        table = answer(_ROWS, "Asking for the first rows …", Table)
    except LabError as error:
        show_error(error)
        return
    if table is None:
        st.caption(":material/stop_circle: Stopped.")
        return
    if table.note:
        st.info(plain(table.note), icon=":material/info:")
    if table.rows:
        st.dataframe(
            pd.DataFrame(list(table.rows), columns=list(table.columns)),
            hide_index=True,
            alt=f"The first {len(table.rows)} rows of the dataset",
        )
