"""Asking which output reads best, and saying what chrF thinks of the answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from core.voting import Choice, Vote, verdict
from ui.record import note_vote, vote_on
from ui.text import plain

_EQUAL = ""


def ask_for_vote(
    comparison: str,
    input_number: int,
    options: Sequence[Choice],
    *,
    named: Mapping[str, str],
    blind: bool,
) -> None:
    """Let the student say which of `options` reads best, and note it.

    `named` tells what each is called here, by the label of the first candidate that wrote it.
    """
    values = [option.candidates[0] for option in options] + [_EQUAL]
    noted = vote_on(comparison, input_number)
    before = None if noted is None else noted.preferred or _EQUAL
    chosen = st.radio(
        "Which reads best?",
        values,
        index=values.index(before) if before in values else None,
        format_func=lambda value: named[value] if value else "They are equally good",
        horizontal=True,
        # Who judges blind reads the question once, over all outputs.
        label_visibility="collapsed" if blind else "visible",
        key=f"compare.vote.{'blind' if blind else 'open'}.{comparison}.{input_number}",
    )
    if chosen is None:
        return
    vote = Vote(comparison, input_number, chosen or None, blind)
    if vote != noted:
        note_vote(vote)


def show_verdict(vote: Vote, scores: Mapping[str, float], names: Mapping[str, str]) -> None:
    """Say in a line what the student preferred, and whether chrF agrees."""
    st.markdown(f":material/how_to_vote: {plain(verdict(vote, scores, names))}")
