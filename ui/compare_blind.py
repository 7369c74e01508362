"""Judging blind: the outputs of a comparison without names and figures, in a mixed order."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from core.comparing import ComparePlan
from core.voting import choices
from ui.compare_outputs import outputs_of, show_input, show_output
from ui.record import vote_on
from ui.text import counted
from ui.votes import ask_for_vote

# The id of the comparison whose names are not to be seen yet.
_HIDDEN = "compare.hidden"


def hide_names(comparison: str) -> None:
    """Keep back the names of a comparison until its student asks for them."""
    st.session_state[_HIDDEN] = comparison


def names_hidden(comparison: str) -> bool:
    """Say whether the names of a comparison are kept back."""
    return bool(st.session_state.get(_HIDDEN) == comparison)


def show_blind(plan: ComparePlan, frame: pd.DataFrame) -> None:
    """Draw one card an input with its outputs, let the student judge each, and offer the names."""
    to_judge, judged = 0, 0
    for number, text in enumerate(plan.inputs, start=1):
        outputs = outputs_of(frame[frame["input"] == number].drop_duplicates("candidate"))
        if not outputs:
            continue
        options = choices(plan.id, number, outputs)
        with st.container(border=True, key=f"compare-blind-{number}"):
            show_input(number, text)
            for column, option in zip(st.columns(len(options)), options, strict=True):
                with column:
                    if len(options) > 1:
                        st.badge(option.letter, color="blue")
                    show_output(option.text)
            if len(options) > 1:
                named = {option.candidates[0]: f"{option.letter} reads best" for option in options}
                ask_for_vote(plan.id, number, options, named=named, blind=True)
                to_judge += 1
                judged += vote_on(plan.id, number) is not None
            elif len(outputs) > 1:
                st.caption("They all wrote the same: there is nothing to judge.")
    _offer_names(to_judge, judged)


def _offer_names(to_judge: int, judged: int) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Show the names",
            type="primary" if judged == to_judge else "secondary",
            icon=":material/visibility:",
            key="compare.reveal",
            on_click=lambda: st.session_state.pop(_HIDDEN, None),
        )
        st.caption(
            f"{judged} of {counted(to_judge, 'input')} judged. With the names come the figures."
        )
