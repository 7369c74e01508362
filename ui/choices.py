"""How sure a model was of each token that it wrote."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.inference.types import Filling, LabelProbability, TokenChoice


def show_choices(choices: Sequence[TokenChoice]) -> None:
    """Draw one row a token: what was taken, how probable it was, what else was likely there."""
    rows = [
        {
            "Place": place,
            "Token": _visible(choice.text),
            "Probability": choice.probability,
            "Likeliest there": " · ".join(
                f"{_visible(text)} {probability:.0%}" for text, probability in choice.alternatives
            ),
        }
        for place, choice in enumerate(choices, start=1)
    ]
    unsure = min(rows, key=lambda row: float(str(row["Probability"])))
    st.subheader("How sure the model was", anchor=False)
    st.caption(
        f"Least sure at place {unsure['Place']}. Probabilities are the model's own, before "
        "temperature and top-p. A space is drawn as ␣."
    )
    st.dataframe(
        rows,
        hide_index=True,
        column_config={
            "Place": st.column_config.NumberColumn(width=60),
            "Probability": st.column_config.ProgressColumn(
                min_value=0.0, max_value=1.0, format="percent"
            ),
        },
        alt="One row a token: the token, its probability, and the likeliest tokens at that place",
    )


def show_fillings(fillings: Sequence[Filling]) -> None:
    """Draw one row a word for the gap, with its probability, the likeliest first."""
    st.subheader("The likeliest words", anchor=False)
    st.dataframe(
        [{"Word": _visible(found.word), "Probability": found.probability} for found in fillings],
        hide_index=True,
        column_config={
            "Probability": st.column_config.ProgressColumn(
                min_value=0.0, max_value=1.0, format="percent"
            ),
        },
        alt="One row a word: the word and its probability in the place of the gap",
    )
    st.caption(
        f"Together {sum(found.probability for found in fillings):.0%}; the rest is spread over all "
        "other words that the model knows. ## marks the end of a longer word."
    )


def show_labels(labels: Sequence[LabelProbability]) -> None:
    """Draw one row a label with its probability, the likeliest first."""
    st.subheader("How probable each label is", anchor=False)
    st.dataframe(
        [{"Label": found.label, "Probability": found.probability} for found in labels],
        hide_index=True,
        column_config={
            "Probability": st.column_config.ProgressColumn(
                min_value=0.0, max_value=1.0, format="percent"
            ),
        },
        alt="One row a label: its name and its probability",
    )
    st.caption("The model's answer is the likeliest. A close second means that it was not sure.")


def _visible(text: str) -> str:
    return text.replace(" ", "␣").replace("\n", "⏎") or "(end)"
