"""What several models that sort texts said of the same inputs, side by side."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.comparing import Measured
from core.comparing_labels import agreement_finding, label_table
from ui.text import plain


def show_label_outputs(measured: Sequence[Measured]) -> None:
    """Draw one row an input with the likeliest label of each candidate, and whether they agree."""
    st.markdown(f"**{plain(agreement_finding(measured))}**")
    table = label_table(measured)
    st.dataframe(
        table,
        hide_index=True,
        column_order=[*table.columns[1:], table.columns[0]],
        alt="One row an input: each model's likeliest label with its probability, the text",
    )
    st.caption("How probable the model holds its label, in per cent. Who is right, you decide.")
