"""What the models of a comparison wrote, side by side under their names, and what reads best."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from core.charts import short_names
from core.comparing import ComparePlan
from core.voting import choices
from ui.record import vote_on
from ui.text import plain
from ui.votes import ask_for_vote, show_verdict


def show_outputs(plan: ComparePlan, frame: pd.DataFrame) -> None:
    """Draw one card an input: its text, the good answer to it, each output, the student's vote."""
    for number, text in enumerate(plan.inputs, start=1):
        # Repeats write the same.
        runs = frame[frame["input"] == number].drop_duplicates("candidate")
        if runs.empty:
            continue
        with st.container(border=True, key=f"compare-output-{number}"):
            show_input(number, text)
            if reference := runs["reference"].iloc[0]:
                st.caption("A good answer")
                st.text(reference)
            for column, run in zip(st.columns(len(runs)), runs.itertuples(), strict=True):
                with column:
                    # Of one model's engines the name alone: the whole would be cut in its column.
                    shown = run.candidate.partition(" · ")[2] or run.candidate
                    st.badge(plain(shown), icon=":material/smart_toy:", color="blue")
                    show_output(run.output)
                    quality = "" if pd.isna(run.chrf) else f" · chrF {run.chrf:.1f}"
                    st.caption(f"{run.tokens_out} tokens, {run.words_out} words{quality}")
            _show_vote(plan.id, number, runs)


def show_input(number: int, text: str) -> None:
    """Draw an input with its number."""
    st.caption(f"Input {number}")
    st.text(text)


def show_output(text: str) -> None:
    """Draw what a model wrote, as it is."""
    st.text(text or "(nothing)")


def outputs_of(runs: pd.DataFrame) -> dict[str, str]:
    """Return the output of each candidate, by label."""
    return dict(zip(runs["candidate"], runs["output"], strict=True))


def _show_vote(comparison: str, number: int, runs: pd.DataFrame) -> None:
    """Let the student say which output reads best, unless they judged blind or there is one."""
    outputs = outputs_of(runs)
    names = short_names(outputs)
    options = choices(comparison, number, outputs)
    noted = vote_on(comparison, number)
    if len(outputs) < 2:
        return
    if len(options) == 1:
        st.caption("They wrote the same.")
        return
    if noted is None or not noted.blind:
        in_order = sorted(options, key=lambda option: list(outputs).index(option.candidates[0]))
        named = {
            option.candidates[0]: plain(" and ".join(names[label] for label in option.candidates))
            for option in in_order
        }
        ask_for_vote(comparison, number, in_order, named=named, blind=False)
        noted = vote_on(comparison, number)
    if noted is not None:
        scored = runs.dropna(subset=["chrf"])
        show_verdict(noted, dict(zip(scored["candidate"], scored["chrf"], strict=True)), names)
