"""The search of Task 1: what to look for, and what was found on this machine and on the Hub."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from core.explore.licences import licences
from core.explore.pipeline_tags import all_tags
from core.explore.search import search
from core.explore.types import Answer, Kind, Origin, Query, Sort
from core.inference.lab import lab
from ui.errors import show_error
from ui.explore_results import show_results
from ui.waiting import answer, ask, asked

_SIZES = {
    "Any size": (None, None),
    "Up to 100M: any laptop": (None, 100_000_000),
    "100M to 1B": (100_000_000, 1_000_000_000),
    "1B to 10B": (1_000_000_000, 10_000_000_000),
    "Over 10B: a data centre": (10_000_000_000, None),
}
_LANGUAGES = {
    **{"": "Any language", "en": "English", "fr": "French", "de": "German", "es": "Spanish"},
    **{"it": "Italian", "pt": "Portuguese", "nl": "Dutch", "pl": "Polish", "ru": "Russian"},
    **{"uk": "Ukrainian", "ar": "Arabic", "tr": "Turkish", "hi": "Hindi", "zh": "Chinese"},
    **{"ja": "Japanese", "ko": "Korean", "multilingual": "Multilingual"},
}
_GATES = {"Gated or not": None, "Not gated: yours at a click": False, "Gated: terms first": True}
_SORTS = {
    Sort.TRENDING: "Trending",
    Sort.DOWNLOADS: "Most downloads",
    Sort.LIKES: "Most likes",
    Sort.NEWEST: "Newest",
}
_COURSE = ("text-generation", "text-to-image", "automatic-speech-recognition")


def show_search(kind: Kind) -> None:
    """Draw the form for `kind`, and what the last search found."""
    name = f"explore.{kind}"
    query = _form(kind)
    if query is not None:
        st.session_state[f"{name}.query"] = query
        ask(f"{name}.job", lambda cancelled: _search(query, cancelled))
    lost = _keep(kind) if asked(f"{name}.job") else False
    shown: Answer | None = st.session_state.get(f"{name}.answer")
    if shown is None:
        _invite(kind)
        return
    page = show_results(shown, st.session_state[f"{name}.shown"])
    if lost:
        # Beside the button that was pressed: on a phone the beginning of the list is far above.
        st.warning(
            "The Hub does not answer now, so you still see this page. Try again later.",
            icon=":material/cloud_off:",
        )
    if page is not None:
        turned = replace(st.session_state[f"{name}.shown"], page=page)
        st.session_state[f"{name}.query"] = turned
        ask(f"{name}.job", lambda cancelled: _search(turned, cancelled))
        st.rerun()


def _form(kind: Kind) -> Query | None:
    """Return what is to be looked for once Search, or one of the course's words, was pressed."""
    key = f"explore.{kind}"
    chosen = _course_words(key) if kind is Kind.MODEL else None
    with st.form(f"{key}.form"):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            text = st.text_input(
                "Words in the name",
                max_chars=100,
                placeholder="for example gpt2, or leave empty",
                key=f"{key}.text",
                persist_state="session",
            )
            task = _choose_task(key) if kind is not Kind.SPACE else ""
            sorts = [sort for sort in Sort if kind is not Kind.SPACE or sort is not Sort.DOWNLOADS]
            sort = st.selectbox(
                "Sorted by",
                sorts,
                format_func=_SORTS.__getitem__,
                key=f"{key}.sort",
                persist_state="session",
            )
        filters = _filters(kind, key)
        pressed = st.form_submit_button("Search", type="primary", icon=":material/search:")
    if not pressed and chosen is None:
        return None
    return Query(kind=kind, text=text, task=chosen or task, sort=sort, **filters)


def _course_words(key: str) -> str | None:
    labels = {tag.tag: tag.label for tag in all_tags() if tag.tag in _COURSE}

    def take(tag: str) -> None:
        st.session_state[f"{key}.task"] = tag
        st.session_state[f"{key}.text"] = ""

    st.caption("Start with the course's three, or fill in the form.")
    pressed = None
    with st.container(horizontal=True):
        for tag in _COURSE:
            if st.button(labels[tag], key=f"{key}.word.{tag}", on_click=take, args=(tag,)):
                pressed = tag
    return pressed


def _choose_task(key: str) -> str:
    labels = {"": "Any task"} | {tag.tag: f"{tag.label} ({tag.tag})" for tag in all_tags()}
    return st.selectbox(
        "Task",
        list(labels),
        format_func=labels.__getitem__,
        key=f"{key}.task",
        help="The Hub calls it the pipeline tag.",
        persist_state="session",
    )


def _filters(kind: Kind, key: str) -> dict[str, object]:
    names = {"": "Any licence"} | {tag: f"{one.name} ({tag})" for tag, one in licences().items()}
    chosen: dict[str, object] = {}
    with st.expander("More filters", icon=":material/tune:"), st.container(horizontal=True):
        chosen["licence"] = st.selectbox(
            "Licence",
            list(names),
            format_func=names.__getitem__,
            key=f"{key}.licence",
            persist_state="session",
        )
        if kind is Kind.SPACE:
            return chosen
        chosen["language"] = st.selectbox(
            "Language",
            list(_LANGUAGES),
            format_func=_LANGUAGES.__getitem__,
            key=f"{key}.language",
            persist_state="session",
        )
        gate = st.selectbox("Gate", list(_GATES), key=f"{key}.gate", persist_state="session")
        chosen["gated"] = _GATES[gate]
        if kind is Kind.MODEL:
            size = st.selectbox(
                "Parameters", list(_SIZES), key=f"{key}.size", persist_state="session"
            )
            chosen["min_parameters"], chosen["max_parameters"] = _SIZES[size]
    return chosen


def _search(query: Query, cancelled: object) -> tuple[Query, Answer]:
    return query, search(query, entries=lab().catalogue.entries, cancelled=cancelled)


def _keep(kind: Kind) -> bool:
    """Wait for the search under way, and put what it found in place of what is shown.

    Returns whether the Hub fell silent between two pages of one list, so that nothing changed.
    """
    name = f"explore.{kind}"
    try:
        found = answer(f"{name}.job", "Asking the Hub …", tuple)
    # Whatever went wrong, what was found before stays on the screen.
    except Exception as error:  # noqa: BLE001
        show_error(error)
        return False
    if found is None:
        st.caption(":material/stop_circle: Stopped. Press Search to ask again.")
        return False
    query, fresh = found
    old: Answer | None = st.session_state.get(f"{name}.answer")
    if old is not None and _lost_on_the_way(old, fresh, query, st.session_state[f"{name}.shown"]):
        return True
    st.session_state[f"{name}.answer"] = fresh
    st.session_state[f"{name}.shown"] = query
    return False


def _lost_on_the_way(old: Answer, fresh: Answer, query: Query, shown: Query) -> bool:
    """Tell whether the Hub fell silent between two pages of one list."""
    turned = replace(query, page=shown.page) == shown and query.page != shown.page
    return turned and old.hub.origin is Origin.LIVE and fresh.hub.origin is not Origin.LIVE


def _invite(kind: Kind) -> None:
    words = {
        Kind.MODEL: "Press one of the course's three, or **Search**. Then open two or three models "
        "and read their cards: what do they say, and what do they leave out?",
        Kind.DATASET: "Press **Search** to see which datasets are trending, then open one: what "
        "are its first rows like, and where do they come from?",
        Kind.SPACE: "Press **Search** to see which demos are trending. Each Space is an app with a "
        "model behind it; open one and see what it is made with.",
    }
    st.info(words[kind], icon=":material/lightbulb:")
