"""Putting things in order by pressing them: no dragging, so a keyboard or a thumb will do."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st


def draw_order(items: Sequence[str], *, key: str) -> None:
    """Draw what is chosen, numbered, and what is left; the list under `key` holds the choice."""
    chosen: list[str] = st.session_state[key]
    left = [item for item in items if item not in chosen]
    st.markdown(_asked(chosen, left))
    with st.container(gap="xsmall"):
        for number, item in enumerate(chosen, start=1):
            st.button(
                f"**{number}.** {item}",
                icon=":material/close:",
                icon_position="right",
                key=f"{key}.out.{items.index(item)}",
                on_click=_take_out,
                args=(key, item),
                help="Press to take it out again.",
                width="content",
                wrap=True,
            )
        for item in left:
            st.button(
                item,
                icon=":material/add:",
                key=f"{key}.in.{items.index(item)}",
                on_click=_put_in,
                args=(key, item),
                width="content",
                wrap=True,
            )


def _asked(chosen: Sequence[str], left: Sequence[str]) -> str:
    if not chosen:
        return "Press what comes first."
    return "Press what comes next." if left else "All are in order. Press one to take it out again."


def _put_in(key: str, item: str) -> None:
    if item not in st.session_state[key]:
        st.session_state[key] = [*st.session_state[key], item]


def _take_out(key: str, item: str) -> None:
    st.session_state[key] = [other for other in st.session_state[key] if other != item]
