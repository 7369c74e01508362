"""The page of one model: what is known and by whom, what its card leaves out, and what fits."""

from __future__ import annotations

from functools import partial

import streamlit as st

from core.catalogue import ModelEntry
from core.explore.fit import fits
from core.explore.fit_chart import fit_chart
from core.explore.model_page import card_base
from core.explore.pages import Opened
from core.explore.tokens import can_split
from core.explore.types import Kind, ModelPage, Open, Openness, Origin, Verdict
from core.hub import is_here
from core.inference.lab import lab
from core.settings import settings
from ui.card import show_card
from ui.explore_get import show_get, token_field, typed_token
from ui.explore_page import opened, show_facts, show_head
from ui.explore_tokens import TEXT_KEY, show_tokens

_MARKS = {
    Open.YES: (":material/check_circle:", "green"),
    Open.PARTLY: (":material/contrast:", "orange"),
    Open.NO: (":material/cancel:", "red"),
    Open.UNKNOWN: (":material/help:", "gray"),
}
_VERDICTS = {
    Verdict.OPEN_SOURCE: (":material/lock_open:", "green"),
    Verdict.OPEN_WEIGHTS: (":material/scale:", "orange"),
    Verdict.CLOSED: (":material/lock:", "red"),
    Verdict.UNCLEAR: (":material/help:", "gray"),
}
_PARTS = "explore.parts"
# Given to the screen: the chart's own height is shared with its title and axis there.
_FIT_HEIGHT = 380
_FACTS, _OPENNESS, _FIT, _CARD, _TOKENS = (
    "What is known",
    "How open it is",
    "Does it fit here?",
    "Its card",
    "Its tokenizer",
)


def show_model_page(id: str) -> None:
    """Draw the page of the model `id`, asking for it first."""
    token = typed_token()
    found: Opened | None = opened(Kind.MODEL, id, token)
    if found is None:
        return
    page = found.page
    if not isinstance(page, ModelPage):
        raise TypeError(f"{id} is no model")
    show_head(page, found.problem, task=page.task)
    _show_actions(page)
    _show_parts(page)


def open_tokens(id: str, text: str) -> None:
    """Let the page of the model `id` open at its tokenizer, if that is here, with `text` in it."""
    st.session_state[TEXT_KEY] = text
    if _readable(id) is not None:
        st.session_state[f"{_PARTS}.{id}"] = _TOKENS


def _readable(id: str) -> ModelEntry | None:
    """Return the model of that id if its tokenizer can be shown here."""
    entry = lab().catalogue.get(id)
    return entry if entry is not None and is_here(entry) and can_split(entry) else None


def _show_actions(page: ModelPage) -> None:
    entry = lab().catalogue.get(page.id)
    on_machine = page.origin is Origin.HERE
    if page.gated and not (entry is not None and is_here(entry)):
        token_field(page.id)
    # What no one can download has no button for it.
    if on_machine or (page.address and (settings().share_gated or not page.gated)):
        show_get(page.id, size_bytes=page.size_bytes, token=typed_token() if page.gated else None)
    elif page.gated:
        st.caption(
            "It is read here and not downloaded: then everybody in this lab would have it, and "
            "its terms are for those who accepted them. Whoever runs the lab can change that."
        )
    if page.address:
        st.link_button("Open on the Hub", page.address, icon=":material/open_in_new:")


def _show_parts(page: ModelPage) -> None:
    readable = _readable(page.id)
    parts = {
        _FACTS: partial(show_facts, page.facts, page.gaps, noun="card"),
        _CARD: partial(show_card, page.card, page.card_note, base=card_base(page)),
        _OPENNESS: partial(_show_openness, page.openness),
        _FIT: partial(_show_fit, page),
    }
    if readable is not None:
        parts[_TOKENS] = partial(_show_tokens, readable)
    tabs = st.tabs(list(parts), key=f"{_PARTS}.{page.id}", on_change="rerun")
    for show, tab in zip(parts.values(), tabs, strict=True):
        if tab.open:
            with tab:
                show()


def _show_openness(openness: Openness) -> None:
    icon, colour = _VERDICTS[openness.verdict]
    st.badge(openness.verdict.value, icon=icon, color=colour)
    st.text(openness.reason)
    with st.grid(2, min_column_width=320, gap="small"):
        for part in openness.parts:
            icon, colour = _MARKS[part.open]
            with st.container(border=True, gap="xsmall"):
                st.markdown(f"**{part.name.capitalize()}** :{colour}[{icon} {part.open.value}]")
                st.text(part.reason)
    st.caption(
        "**Open-source** needs all of it: weights for everybody, a licence that the Open Source "
        "Initiative approved, the code and the data. **Open-weights** lets you run and adapt the "
        "model, and does not show how it came to be. **Closed** is used over somebody's service."
    )


def _show_fit(page: ModelPage) -> None:
    if page.parameters is None:
        st.info(
            "Nobody says how many parameters it has, so its memory cannot be worked out.",
            icon=":material/help:",
        )
        return
    budget = settings().memory_budget_bytes
    found = fits(page.parameters, budget_bytes=budget)
    st.altair_chart(fit_chart(page.id, found, budget), width="stretch", height=_FIT_HEIGHT)
    st.caption(
        "Parameters times bits, divided by eight, and the lab's working memory; worked out, not "
        "measured. int8 and 4-bit count the scales that come with each block of weights (8.5 and "
        "4.5 bits in all). OPEN_MODEL_LAB_MEMORY_MB changes what models may take here."
    )


def _show_tokens(entry: ModelEntry) -> None:
    here = tuple(one for one in lab().catalogue.entries if one.usable and is_here(one))
    show_tokens(entry, here)
