"""Charts of a comparison: a DataFrame of `core.comparing.to_frame` in, an Altair chart out.

Every measurement is a dot, the median a line. A finding is a sentence that serves as a chart's
title and as its alternative text. Colours are Okabe and Ito's, which colour-blind readers tell
apart, the blue lightened for dark screens; each candidate also has a shape of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import altair as alt
import pandas as pd

_COLOURS = ["#2A8FD0", "#D55E00", "#009E73", "#CC79A7"]
_SHAPES = ["circle", "square", "triangle-up", "diamond"]
_ROW_HEIGHT = 74
_DRAWN = ["candidate", "input", "repeat", "tokens_out", "tokens_per_s", "chrf"]
_CLEAR = 1.05  # medians closer than this are told as no difference
_CLEAR_CHRF = 1.0  # and of chrF those closer than this


def latency_finding(frame: pd.DataFrame) -> str:
    """Say in one sentence which candidate answers fastest, and by how much."""
    _, unit = time_unit(frame)
    return _finding(_named(frame), "latency", "answer{s} fastest", unit, smallest=True)


def length_finding(frame: pd.DataFrame) -> str:
    """Say in one sentence which candidate writes most."""
    return _finding(_named(frame), "tokens_out", "write{s} most", "tokens", smallest=False)


def time_unit(frame: pd.DataFrame) -> tuple[int, str]:
    """Return how many of which unit a second has, so that latencies read without leading zeros."""
    return (1000, "ms") if frame["latency_s"].max() < 1 else (1, "s")


def speed_finding(frame: pd.DataFrame) -> str:
    """Say in one sentence which candidate writes fastest, and by how much."""
    return _finding(_named(frame), "tokens_per_s", "write{s} fastest", "tokens/s", smallest=False)


def quality_finding(frame: pd.DataFrame) -> str:
    """Say in one sentence whose outputs share most with the references, by chrF."""
    scored = _scored(frame)
    if scored.empty:
        return "No input with a reference was answered yet"
    medians = _named(scored).groupby("name", sort=False)["chrf"].median()
    medians = medians.sort_values(ascending=False, kind="stable")
    figures = "median chrF " + ", ".join(f"{score:.1f} for {n}" for n, score in medians.items())
    leaders = [str(n) for n, score in medians.items() if score > medians.iloc[0] - _CLEAR_CHRF]
    if len(medians) == 1:
        return f"One candidate alone: {figures}"
    if len(leaders) == len(medians):
        return f"No clear difference: {figures}"
    verb = "come" if leaders[1:] else "comes"
    return f"{' and '.join(leaders)} {verb} nearest the references: {figures}"


def trade_off_finding(frame: pd.DataFrame) -> str:
    """Say in one sentence how latency goes with output length, each candidate by itself.

    Between candidates both differ for many reasons; so the ranks (Spearman) are taken within each.
    """
    varied = frame.groupby("candidate").filter(
        lambda runs: runs["tokens_out"].max() > runs["tokens_out"].min() * _CLEAR
    )
    if varied.empty:
        return "Each model's outputs have about one length, so length explains no difference here"
    ranks = varied.groupby("candidate")[["tokens_out", "latency_s"]].rank(pct=True)
    if varied["tokens_out"].nunique() < 3 or varied["latency_s"].nunique() < 3:
        return "Too few different lengths to say how latency goes with length"
    rank = ranks.corr().iloc[0, 1]
    if rank > 0.5:
        return f"Within a model, longer outputs take longer (rank correlation {rank:.2f})"
    if rank < -0.5:
        return f"Within a model, longer outputs came sooner here (rank correlation {rank:.2f})"
    return f"Within a model, length explains little of the latency (rank correlation {rank:.2f})"


def latency_chart(frame: pd.DataFrame) -> alt.LayerChart:
    """Draw the latency of each run by candidate, with the median marked."""
    return _strips(frame, "latency", _latency_title(frame), ".3~r")


def length_chart(frame: pd.DataFrame) -> alt.LayerChart:
    """Draw the output length of each run by candidate, in tokens, with the median marked."""
    return _strips(frame, "tokens_out", "Output length (tokens)", ".0f")


def speed_chart(frame: pd.DataFrame) -> alt.LayerChart:
    """Draw the decoding speed of each run by candidate, with the median marked."""
    return _strips(frame, "tokens_per_s", "Tokens/s", ".0f")


def quality_chart(frame: pd.DataFrame) -> alt.LayerChart:
    """Draw the chrF of each input's output by candidate, with the median marked."""
    return _strips(_scored(frame), "chrf", "chrF (0 to 100)", ".1f")


def trade_off_chart(frame: pd.DataFrame) -> alt.Chart:
    """Draw latency against output length, one dot a run."""
    named = _named(frame)
    chart: alt.Chart = (
        alt.Chart(named)
        .mark_point(filled=True, size=110, opacity=0.9)
        .encode(
            x=_x(named, "tokens_out", "Output length (tokens)"),
            y=alt.Y("latency:Q", title=_latency_title(frame), scale=alt.Scale(zero=True)),
            color=_colour(named),
            shape=_shape(named),
            tooltip=_tooltip(frame),
        )
        .properties(height=320)
    )
    return chart


def short_names(labels: Iterable[str]) -> dict[str, str]:
    """Return what tells each label from the others: the engines alone when the model is one."""
    models = {label: label.partition(" · ")[0] for label in labels}
    if len(models) > 1 and len(set(models.values())) == 1:
        return {label: label.partition(" · ")[2] or label for label in models}
    short = {
        label: label.replace(model, model.rpartition("/")[2], 1) for label, model in models.items()
    }
    shared = Counter(short.values())
    return {label: name if shared[name] == 1 else label for label, name in short.items()}


def _strips(frame: pd.DataFrame, column: str, title: str, number_format: str) -> alt.LayerChart:
    named = _named(frame)
    x = _x(named, column, title)
    y = alt.Y("name:N", title=None, sort=_names(named), axis=alt.Axis(labelLimit=220))
    base = alt.Chart(named)
    dots = base.mark_point(filled=True, size=90, opacity=0.9).encode(
        x=x,
        y=y,
        # Dots of one model are spread by repeat and input, so that equal values stay visible.
        yOffset=alt.YOffset("spread:Q", scale=alt.Scale(domain=[-0.2, 1.2])),
        color=alt.Color("name:N", scale=_scale(named, _COLOURS), legend=None),
        shape=alt.Shape("name:N", scale=_scale(named, _SHAPES), legend=None),
        tooltip=_tooltip(frame, column),
    )
    medians = (
        base.transform_aggregate(median=f"median({column})", groupby=["name"])
        .mark_tick(thickness=3, size=_ROW_HEIGHT * 0.7)
        .encode(
            x="median:Q",
            y=y,
            color=alt.Color("name:N", scale=_scale(named, _COLOURS), legend=None),
            tooltip=[
                alt.Tooltip("name:N", title="Candidate"),
                alt.Tooltip("median:Q", title="Median", format=number_format),
            ],
        )
    )
    chart: alt.LayerChart = (dots + medians).properties(
        height=_ROW_HEIGHT * len(_names(named)) + 50
    )
    return chart


def _x(named: pd.DataFrame, column: str, title: str) -> alt.X:
    # A little room to the right, or the outermost dots would be cut at the frame.
    if column == "chrf":
        largest, axis = 100.0, alt.Axis(values=list(range(0, 101, 20)))
    else:
        largest = float(named[column].max())
        # Half a token is no tick.
        axis = alt.Axis(tickMinStep=1, format="d") if column == "tokens_out" else alt.Axis()
    scale = alt.Scale(domain=[0, largest * 1.06 or 1.0], nice=False)
    return alt.X(f"{column}:Q", title=title, scale=scale, axis=axis)


def _finding(named: pd.DataFrame, column: str, verb: str, unit: str, *, smallest: bool) -> str:
    medians = named.groupby("name", sort=False)[column].median()
    medians = medians.sort_values(ascending=smallest, kind="stable")
    best, other = float(medians.iloc[0]), float(medians.iloc[-1])
    of_best = f"median {_number(best)} {unit} for {medians.index[0]}"
    if len(medians) == 1:
        return f"One candidate alone: {of_best}"
    ends = f"{of_best}, {_number(other)} {unit} for {medians.index[-1]}"
    leaders = [name for name, value in medians.items() if _alike(value, best)]
    if len(leaders) == len(medians):
        return f"No clear difference: {ends}"
    ratio = f" ({max(best, other) / min(best, other):.1f}x)" if min(best, other) > 0 else ""
    return f"{' and '.join(leaders)} {verb.format(s='' if leaders[1:] else 's')}: {ends}{ratio}"


def _alike(one: float, other: float) -> bool:
    return max(one, other) <= min(one, other) * _CLEAR


def _number(value: float) -> str:
    if value >= 100 or float(value).is_integer():
        return f"{value:.0f}"
    return f"{value:.3g}" if value >= 1 else f"{value:.3f}"


def _named(frame: pd.DataFrame) -> pd.DataFrame:
    """Add the short name of each candidate and a place for each run within its row."""
    order = frame.groupby("candidate", sort=False).cumcount()
    runs = frame.groupby("candidate")["candidate"].transform("size")
    # The texts stay out: a chart would send them to the browser with each dot.
    return frame.filter(items=_DRAWN).assign(
        latency=frame["latency_s"] * time_unit(frame)[0],
        name=frame["candidate"].map(short_names(frame["candidate"].unique())),
        spread=(order + 0.5) / runs,
    )


def _scored(frame: pd.DataFrame) -> pd.DataFrame:
    """Return one run for each candidate and input that has a reference: repeats write the same."""
    return frame.dropna(subset=["chrf"]).drop_duplicates(["candidate", "input"])


def _names(named: pd.DataFrame) -> list[str]:
    return list(dict.fromkeys(named["name"]))


def _scale(named: pd.DataFrame, values: list[str]) -> alt.Scale:
    names = _names(named)
    return alt.Scale(domain=names, range=values[: len(names)])


def _colour(named: pd.DataFrame) -> alt.Color:
    legend = alt.Legend(title=None, orient="bottom", labelLimit=220)
    return alt.Color("name:N", scale=_scale(named, _COLOURS), legend=legend)


def _shape(named: pd.DataFrame) -> alt.Shape:
    legend = alt.Legend(title=None, orient="bottom", labelLimit=220)
    return alt.Shape("name:N", scale=_scale(named, _SHAPES), legend=legend)


def _latency_title(frame: pd.DataFrame) -> str:
    return f"Latency ({time_unit(frame)[1]})"


def _tooltip(frame: pd.DataFrame, column: str = "") -> list[alt.Tooltip]:
    quality = [alt.Tooltip("chrf:Q", title="chrF", format=".1f")] if column == "chrf" else []
    return [
        alt.Tooltip("name:N", title="Candidate"),
        alt.Tooltip("input:Q", title="Input"),
        alt.Tooltip("repeat:Q", title="Repeat"),
        *quality,
        alt.Tooltip("latency:Q", title=_latency_title(frame), format=".3~r"),
        alt.Tooltip("tokens_out:Q", title="Tokens out"),
    ]
