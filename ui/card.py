"""What somebody wrote about a model, a dataset or a Space, shown so that it can do no harm."""

from __future__ import annotations

from functools import lru_cache

import streamlit as st

from core.explore.card_html import SafeHtml, render_card
from ui.text import counted, plain


def show_card(card: str, note: str, *, base: str) -> None:
    """Draw what the authors wrote, made harmless; pictures are counted and left out."""
    if note:
        st.info(plain(note), icon=":material/info:")
    if not card.strip():
        return
    shown = _rendered(card, base)
    remarks = [shown.note] if shown.note else []
    if shown.pictures:
        remarks.append(
            f"{counted(shown.pictures, 'picture')} from elsewhere not shown: loading them would "
            "tell other sites that you are here."
        )
    if remarks:
        st.caption(" ".join(remarks))
    with st.container(border=True):
        # Wide tables scroll in their own box and long words break: a phone's page stays narrow.
        st.html(f'<div style="overflow-x: auto; overflow-wrap: break-word">{shown.html}</div>')


@lru_cache(maxsize=64)
def _rendered(card: str, base: str) -> SafeHtml:
    return render_card(card, base=base)
