"""Runs of Task 2 as a table."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.work.entries import Run

_MOST_ROWS = 200


def show_run_table(runs: Sequence[Run]) -> None:
    """Draw `runs`, which come the oldest first, with the latest on top."""
    rows = [_row(number, run) for number, run in enumerate(runs, start=1)][-_MOST_ROWS:]
    st.dataframe(
        rows[::-1],
        hide_index=True,
        column_config={
            # Narrow, so that the figures are in sight.
            "Prompt": st.column_config.TextColumn(width=120),
            "Output": st.column_config.TextColumn(width=160),
            "TTFT (ms)": st.column_config.NumberColumn(format="%.3g"),
            "Tokens/s": st.column_config.NumberColumn(format="%.0f"),
            "Load (s)": st.column_config.NumberColumn(format="%.1f"),
        },
        alt="Your runs: model, prompt, output, timing, lengths, settings, the latest first",
    )


def _row(number: int, run: Run) -> dict[str, object]:
    request, result = run.request, run.result
    return {
        "Run": number,
        "Model": result.provenance.model_id,
        "Engine": f"{result.provenance.engine} {result.provenance.precision}",
        "Prompt": request.inputs,
        "Output": result.output.strip(),
        "TTFT (ms)": result.timing.ttft_s * 1000,
        "Tokens/s": result.tokens_per_s,
        "Tokens in": result.tokens_in,
        "Tokens out": result.tokens_out,
        "Temperature": request.config.temperature,
        "Seed": request.config.seed if request.config.samples else None,
        "Load (s)": result.timing.load_s or None,
    }
