"""The chart of "Does it fit here?": what each precision needs, against this machine's budget.

Colours are Okabe and Ito's, as in `core.charts`; the labels say in words what the colours say.
"""

from __future__ import annotations

import altair as alt
import pandas as pd

from core.explore.facts import said_bytes
from core.explore.fit import Fit, fit_finding

_FITS, _TOO_LARGE = "#2A8FD0", "#D55E00"
_RULE = _TEXT = "#7A7A7A"  # seen on white and on black
_BAR_HEIGHT = 22
_TEXT_SIZE = 13
_AROUND = 130  # the title's two lines, the budget's name, and the axis


def fit_chart(model_id: str, found: tuple[Fit, ...], budget_bytes: int) -> alt.LayerChart:
    """Draw the memory that a model needs in each precision as bars, and the budget as a rule.

    The title states the finding; the description is its alternative text.
    """
    finding, unit, name = fit_finding(found), *_unit(found, budget_bytes)
    order = [fit.precision for fit in found]
    frame = pd.DataFrame(
        {
            "precision": order,
            "needed": [fit.needed_bytes / unit for fit in found],
            "budget": budget_bytes / unit,
            "fits": ["fits" if fit.fits else "too large" for fit in found],
            "label": [
                f"{fit.precision}: {said_bytes(fit.needed_bytes)}, "
                f"{'fits' if fit.fits else 'too large'}"
                for fit in found
            ],
        }
    )
    most = max(frame["needed"].max(), budget_bytes / unit)
    x = alt.X(
        "needed:Q",
        title=f"Memory ({name})",
        scale=alt.Scale(domain=[0, most * 1.05], nice=False),
        axis=alt.Axis(tickCount=4, grid=False),
    )
    # The labels stand above the bars: beside them, a phone has no room.
    y = alt.Y("precision:N", title=None, sort=order, axis=None, scale=alt.Scale(padding=0.5))
    base = alt.Chart(frame)
    colour = alt.Color(
        "fits:N",
        scale=alt.Scale(domain=["fits", "too large"], range=[_FITS, _TOO_LARGE]),
        legend=None,
    )
    tooltip = [
        alt.Tooltip("precision:N", title="Precision"),
        alt.Tooltip("needed:Q", title=f"Memory ({name})", format=".3~r"),
        alt.Tooltip("fits:N", title="Here"),
    ]
    bars = base.mark_bar(height=_BAR_HEIGHT).encode(x=x, y=y, color=colour, tooltip=tooltip)
    labels = base.mark_text(
        align="left",
        baseline="bottom",
        color=_TEXT,
        fontSize=_TEXT_SIZE,
        dy=-_BAR_HEIGHT / 2 - 3,
        x=2,
    ).encode(y=y, text="label:N")
    budget = pd.DataFrame(
        {"needed": [budget_bytes / unit], "label": [f"budget {said_bytes(budget_bytes)}"]}
    )
    right = budget_bytes / unit > most / 2
    # One piece a bar: a line through all of them would cross the labels.
    rule = base.mark_tick(color=_RULE, thickness=3, size=_BAR_HEIGHT, opacity=1).encode(
        x="budget:Q", y=y, tooltip=[alt.Tooltip("budget:Q", title=f"Budget ({name})")]
    )
    named = (
        alt.Chart(budget)
        .mark_text(
            align="right" if right else "left",
            baseline="bottom",
            color=_TEXT,
            fontSize=_TEXT_SIZE,
            y=-4,
        )
        .encode(x="needed:Q", text="label:N")
    )
    chart: alt.LayerChart = (bars + rule + labels + named).properties(
        height=len(found) * _BAR_HEIGHT * 2 + _AROUND,
        title=alt.TitleParams(_wrapped(finding), anchor="start", offset=18),
        description=f"{model_id}: {finding}. " + "; ".join(frame["label"]),
    )
    return chart


def _unit(found: tuple[Fit, ...], budget_bytes: int) -> tuple[float, str]:
    most = max([budget_bytes, *(fit.needed_bytes for fit in found)])
    return (1e9, "GB") if most >= 1e9 else (1e6, "MB")


def _wrapped(finding: str) -> list[str]:
    """Return the title in lines that a screen of 390 pixels can hold."""
    from textwrap import wrap

    return wrap(finding, 34)
