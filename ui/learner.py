"""Who a visitor is: the holder of the key in the address, and the work that is kept under it.

No account and no name. Bookmarking the address, reloading it, or opening it on another device
brings everything back; whoever has it sees and continues the work.
"""

from __future__ import annotations

import streamlit as st

from core.storage.keys import is_key, learner_of, new_key
from core.storage.saving import saver
from core.work.book import WorkBook
from ui.presence import windows_of
from ui.text import plain

PARAM = "learner"
_KEY, _BOOK, _BEGAN = "visit.key", "visit.book", "visit.began"
_ANOTHER, _UNKNOWN = "with work", "with no key"


def recognise() -> None:
    """Know the visitor by the key in the address, or give them one; look for work of other tabs."""
    asked, known = st.query_params.get(PARAM), st.session_state.get(_KEY)
    if is_key(asked) and asked != known:
        if known is not None:
            # Another learner's address in the same tab: nothing of the one before stays.
            st.session_state.clear()
        _begin(asked)
        if book().refresh().done:
            st.session_state[_BEGAN] = _ANOTHER
    elif known is None:
        # Nothing can be kept under a key of now, so nobody waits for the store to be opened.
        _begin(new_key())
        if asked is not None:
            st.session_state[_BEGAN] = _UNKNOWN
    else:
        book().refresh()
    if st.query_params.get(PARAM) != st.session_state[_KEY]:
        st.query_params[PARAM] = st.session_state[_KEY]


def book() -> WorkBook:
    """Return the book in which this visitor's work is written."""
    if _BOOK not in st.session_state:
        _begin(new_key())
    kept: WorkBook = st.session_state[_BOOK]
    return kept


def address_of_key() -> dict[str, str]:
    """Return the part of an address that says who the visitor is, for links within the lab."""
    book()
    return {PARAM: st.session_state[_KEY]}


def show_notices(*, first_page: bool) -> None:
    """Say above every page what is not saved, and whose the work may be; nothing if all is well.

    How a visit began is told on its first page alone.
    """
    if (problem := book().problem()) is not None:
        st.warning(
            f"{plain(problem.message)} {plain(problem.next_step)}", icon=":material/cloud_off:"
        )
    began = st.session_state.get(_BEGAN) if first_page else None
    if began == _UNKNOWN:
        st.warning(
            "The key in this address is not whole, so there is no work to find under it. A new one "
            "was begun. Open the address as you saved it, or restore your passport in My lab.",
            icon=":material/key_off:",
        )
    windows = windows_of(book().learner)
    if windows > 1:
        _offer_own(f"This address is open in {windows} windows now. Is one of them not yours?")
    elif began == _ANOTHER:
        _offer_own("The work of an earlier visit is here. Was this address somebody else's?")


def _offer_own(words: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(words)
        st.button(
            "Begin my own",
            type="tertiary",
            icon=":material/person_add:",
            on_click=begin_anew,
            key="visit.anew",
            help="You get an address of your own. What is here stays under the address of before.",
        )


def begin_anew() -> None:
    """Let this visitor go on as somebody new; what was kept stays under its own address."""
    st.session_state.clear()
    _begin(new_key())
    st.query_params[PARAM] = st.session_state[_KEY]


def _begin(key: str) -> None:
    st.session_state[_KEY] = key
    st.session_state[_BOOK] = WorkBook(learner_of(key), saver())
