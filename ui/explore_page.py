"""What the pages of models, datasets and Spaces have in common."""

from __future__ import annotations

import streamlit as st

from core.errors import LabError
from core.explore.pages import Opened, open_page
from core.explore.pipeline_tags import tag_of
from core.explore.types import Fact, Gap, Kind, ModelPage, RepoPage
from core.hub_token import Token
from core.inference.lab import lab
from core.work.making import page_read
from ui.errors import show_error
from ui.explore_results import badge_of
from ui.record import note_once
from ui.text import plain
from ui.waiting import answer, ask

_JOB, _OF = "explore.page", "explore.page.of"


def opened(kind: Kind, id: str, token: Token | None = None) -> Opened | None:
    """Return the page of `id` once it has come, drawing what is under way or went wrong."""
    asked = (kind, id, token.reveal() if token else "")
    if st.session_state.get(_OF) != asked:
        st.session_state[_OF] = asked
        ask(
            _JOB,
            lambda cancelled: open_page(
                kind, id, catalogue=lab().catalogue, token=token, cancelled=cancelled
            ),
        )
    try:
        found = answer(_JOB, "Opening the page …", Opened)
    except LabError as error:
        show_error(error)
        found = None
    else:
        if found is None:
            st.caption(":material/stop_circle: Stopped.")
    if found is None:
        st.button("Try again", icon=":material/refresh:", on_click=_forget)
        return None
    note_once(page_read(found.page))
    return found


def show_head(page: ModelPage | RepoPage, problem: str, *, task: str = "") -> None:
    """Draw the name, where the page comes from, and why it is not from the Hub if it is not."""
    st.header(plain(page.id), anchor=False)
    with st.container(horizontal=True, gap="small"):
        badge_of(page.origin, page.as_of)
        if task:
            tag = tag_of(task)
            st.badge(tag.label if tag else plain(task), icon=":material/category:", color="gray")
        if getattr(page, "gated", False):
            st.badge("gated", icon=":material/lock:", color="orange")
    if problem:
        st.warning(plain(problem), icon=":material/cloud_off:")


def show_facts(facts: tuple[Fact, ...], gaps: tuple[Gap, ...], *, noun: str) -> None:
    """Draw each fact with who says so, and as plainly what nobody says."""
    with st.grid(2, min_column_width=320, gap=("small", "large")):
        for fact in facts:
            st.markdown(
                f"**{plain(fact.name)}** {plain(fact.value)}  \n"
                f":small[:gray[{plain(fact.source.replace('`', ''))}]]"
            )
    if not gaps:
        return
    st.subheader(f"What the {noun} does not say ({len(gaps)})", anchor=False)
    with st.grid(2, min_column_width=320, gap="small"):
        for gap in gaps:
            with st.container(border=True, gap="xsmall"):
                st.markdown(f":material/visibility_off: **{plain(_capital(gap.name))}**")
                st.caption(plain(gap.why))


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _forget() -> None:
    st.session_state.pop(_OF, None)
