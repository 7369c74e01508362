"""The learning curve as a chart and as sentences: what the base model is worth at each size."""

from __future__ import annotations

import math
from collections.abc import Sequence

import altair as alt
import pandas as pd

from core.finetuning.curve import CurvePoint
from core.finetuning.types import Interval

_PRETRAINED, _SCRATCH = "pretrained", "from scratch"
_COLOURS = {_PRETRAINED: "#2A8FD0", _SCRATCH: "#D55E00"}
_SHAPES = {_PRETRAINED: "circle", _SCRATCH: "square"}
# Fewer points than this apart are told as no difference.
_FELT = 0.005
# Each start stands a little to its side, or equal figures would hide each other.
_ASIDE = 1.05

Pair = tuple[Interval, Interval]


def pairs_of(points: Sequence[CurvePoint]) -> dict[int, Pair]:
    """Return both accuracies by labels, from the base model first, where both are known."""
    known = {(point.labels_used, point.pretrained): point.accuracy for point in points}
    sizes = sorted({point.labels_used for point in points})
    return {
        size: (known[size, True], known[size, False])
        for size in sizes
        if (size, True) in known and (size, False) in known
    }


def best_head_start(points: Sequence[CurvePoint]) -> int | None:
    """Return at how many labels the base model is worth most, None if it is worth nothing."""
    gains = {size: _gain(pair) for size, pair in pairs_of(points).items()}
    best = max(gains, key=lambda size: gains[size], default=None)
    return best if best is not None and gains[best] > _FELT else None


def curve_finding(points: Sequence[CurvePoint]) -> str:
    """Say in one sentence where the base model is worth most; title and alternative text."""
    pairs = pairs_of(points)
    if not pairs:
        return "The learning curve, point by point"
    best = best_head_start(points)
    if best is None:
        size, pair = min(pairs.items(), key=lambda item: _gain(item[1]))
        if _gain(pair) < -_FELT:
            return f"The base model helps nowhere: at {size} labels {_ends(pair)}"
        return "With the base model and without it the accuracy is the same"
    pair = pairs[best]
    gain = f"{_gain(pair) * 100:+.0f} points"
    chance = "" if _beyond_chance(pair) else "; so small a difference may be chance"
    if len(pairs) == 1:
        return f"At {best} labels the base model is worth {gain}: {_ends(pair)}{chance}"
    return f"The base model is worth most at {best} labels: {gain}, {_ends(pair)}{chance}"


def saving_finding(points: Sequence[CurvePoint]) -> str:
    """Say how many labels the base model saves, "" if it saves none."""
    pairs = pairs_of(points)
    if len(pairs) < 2 or best_head_start(points) is None:
        return ""
    largest = max(pairs)
    target = pairs[largest][1].value
    enough = next((size for size, pair in pairs.items() if pair[0].value >= target), largest)
    if enough == largest:
        return ""
    return (
        f"With the base model, {enough} labels are as good as {largest} without it "
        f"({pairs[enough][0].value:.0%} and {target:.0%})."
    )


def curve_rows(points: Sequence[CurvePoint]) -> list[tuple[int, str, str, str]]:
    """Return a row for each number of labels: both accuracies with intervals, and the gain."""
    known = {(point.labels_used, point.pretrained): point.accuracy for point in points}
    return [
        (
            size,
            _written(known.get((size, True))),
            _written(known.get((size, False))),
            f"{_gain((known[size, True], known[size, False])) * 100:+.1f}"
            if (size, True) in known and (size, False) in known
            else "",
        )
        for size in sorted({point.labels_used for point in points})
    ]


def curve_chart(points: Sequence[CurvePoint], sizes: Sequence[int]) -> alt.LayerChart:
    """Draw accuracy on the test texts by number of labels, with 95 % intervals.

    `sizes` are all numbers of labels that the curve will have, so that it grows without moving.
    """
    frame = pd.DataFrame(
        [
            {
                "labels": point.labels_used,
                "at": point.labels_used * (1 / _ASIDE if point.pretrained else _ASIDE),
                "start": _PRETRAINED if point.pretrained else _SCRATCH,
                "accuracy": point.accuracy.value,
                "low": point.accuracy.low,
                "high": point.accuracy.high,
            }
            for point in points
        ],
        columns=["labels", "at", "start", "accuracy", "low", "high"],
    )
    ticks = sorted({*sizes, *frame["labels"]})
    legend = alt.Legend(title=None, orient="bottom", symbolOpacity=1)
    base = alt.Chart(frame).encode(
        x=alt.X(
            "at:Q",
            title="Labelled texts to learn from",
            scale=alt.Scale(
                type="log", base=2, domain=[ticks[0] / 1.5, ticks[-1] * 1.5], nice=False
            ),
            axis=alt.Axis(values=ticks, format=",d", labelOverlap=False),
        ),
        color=alt.Color(
            "start:N",
            scale=alt.Scale(domain=list(_COLOURS), range=list(_COLOURS.values())),
            legend=legend,
        ),
        tooltip=[
            alt.Tooltip("labels:Q", title="Labels", format=",d"),
            alt.Tooltip("start:N", title="Trained"),
            alt.Tooltip("accuracy:Q", title="Accuracy", format=".1%"),
            alt.Tooltip("low:Q", title="At least", format=".1%"),
            alt.Tooltip("high:Q", title="At most", format=".1%"),
        ],
    )
    shape = alt.Shape(
        "start:N",
        scale=alt.Scale(domain=list(_SHAPES), range=list(_SHAPES.values())),
        legend=legend,
    )
    accuracy = alt.Y(
        "accuracy:Q",
        title="Accuracy on the test texts",
        scale=alt.Scale(domain=[0, 1]),
        axis=alt.Axis(format=".0%"),
    )
    chart: alt.LayerChart = (
        base.mark_rule(strokeWidth=2, opacity=0.45).encode(y=alt.Y("low:Q"), y2="high:Q")
        + base.mark_line(strokeWidth=2).encode(y=accuracy)
        + base.mark_point(filled=True, size=90, opacity=1).encode(y=accuracy, shape=shape)
    ).properties(height=340)
    return chart


def _gain(pair: Pair) -> float:
    return pair[0].value - pair[1].value


def _beyond_chance(pair: Pair) -> bool:
    """Tell whether a gain is larger than the interval that both accuracies leave for it."""
    return _gain(pair) > math.hypot(pair[0].value - pair[0].low, pair[1].high - pair[1].value)


def _ends(pair: Pair) -> str:
    return f"{pair[0].value:.0%} against {pair[1].value:.0%} from scratch"


def _written(figure: Interval | None) -> str:
    return "" if figure is None else f"{figure.value:.1%} [{figure.low:.1%}, {figure.high:.1%}]"
