"""What a comparison of models that sort texts gave: their labels side by side."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from core.comparing import Measured


def label_table(measured: Sequence[Measured]) -> pd.DataFrame:
    """Return one row an input: its text, and what each candidate said of it first, how surely."""
    rows: dict[int, dict[str, str]] = {}
    for run in measured:
        if run.repeat == 1 and run.result.labels:
            row = rows.setdefault(run.input_number, {"Text": run.text})
            likeliest = run.result.labels[0]
            row[run.candidate.label] = f"{likeliest.label} {likeliest.probability:.0%}"
    return pd.DataFrame(list(rows.values()))


def agreement_finding(measured: Sequence[Measured]) -> str:
    """Say in one sentence on how many inputs all candidates agree."""
    said: dict[int, dict[str, str]] = {}
    for run in measured:
        if run.repeat == 1:
            said.setdefault(run.input_number, {})[run.candidate.label] = run.result.output
    everybody = max((len(answers) for answers in said.values()), default=0)
    whole = [answers for answers in said.values() if len(answers) == everybody]
    if everybody < 2:
        return "Too few runs to say whether the models agree"
    agreed = sum(len(set(answers.values())) == 1 for answers in whole)
    if agreed == len(whole):
        return "The models agree on every input"
    if agreed == 0:
        return "The models agree on no input"
    return f"The models agree on {agreed} of {len(whole)} inputs"
