"""What a comparison gave: findings, charts, outputs side by side, a table, a download."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import altair as alt
import pandas as pd
import streamlit as st

from core import charts
from core.comparing import ComparePlan, CompareProgress, summarise, to_csv, to_frame
from core.comparing_words import how_it_was_measured, what_was_compared
from core.inference.tasks import TASKS
from ui.compare_blind import names_hidden, show_blind
from ui.compare_labels import show_label_outputs
from ui.compare_outputs import show_outputs
from ui.text import plain

# What matters most stands in sight on a small screen.
_COLUMN_ORDER = (
    *("candidate", "chrf", "latency_s", "ttft_s", "tokens_per_s", "tokens_out", "runs"),
    *("latency_min_s", "latency_max_s", "words_out"),
)
_COLUMNS_WITHOUT_LENGTH = ("candidate", "latency_s", "runs", "latency_min_s", "latency_max_s")
_KEPT = "compare.kept"
_NUMBERS = st.column_config.NumberColumn
_TIMES = ["latency_s", "ttft_s", "latency_min_s", "latency_max_s"]
_TIME_LABELS = ("Latency", "TTFT", "Fastest", "Slowest")
_WHAT_CHRF_IS = (
    "chrF counts the runs of one to six letters that an output shares with the good answer: 0 "
    "shares none, 100 is the same text. It knows no meaning. A right answer in other words scores "
    "low, and a wrong one that looks alike scores high."
)


@dataclass(frozen=True)
class _Chart:
    """A chart as the browser gets it, with what it shows in a sentence."""

    title: str
    finding: str
    spec: dict[str, Any]


@dataclass(frozen=True)
class _Results:
    """What is drawn of a comparison: building it takes longer than all the rest of the page.

    Where models do not write, there is no length to draw; without references, no quality.
    """

    frame: pd.DataFrame
    quality: _Chart | None
    latency: _Chart
    length: _Chart | None
    trade_off: _Chart | None
    summary: pd.DataFrame
    csv: bytes


def show_results(progress: CompareProgress) -> None:
    """Draw the results of a comparison, a stopped one included."""
    if not progress.measured:
        st.info("Stopped before the first measured run.", icon=":material/stop_circle:")
        return
    results = _results_of(progress)
    if progress.done < progress.plan.runs:
        st.warning(
            f"Stopped after {progress.done} of {progress.plan.runs} runs: the figures are those.",
            icon=":material/stop_circle:",
        )
    if names_hidden(progress.plan.id):
        st.header("Which reads best?", anchor=False)
        st.caption(_describe(progress.plan))
        show_blind(progress.plan, results.frame)
        return
    writes = TASKS[progress.plan.task].writes
    st.header("What the models wrote" if writes else "What the models said", anchor=False)
    st.caption(_describe(progress.plan))
    for notice in dict.fromkeys(n for run in progress.measured for n in run.result.notices):
        st.info(plain(notice), icon=":material/info:")
    if writes:
        show_outputs(progress.plan, results.frame)
    else:
        show_label_outputs(progress.measured)
    if results.quality is not None:
        st.header("How near the good answers", anchor=False)
        _draw(results.quality)
        st.caption(_WHAT_CHRF_IS)
    st.header("What it cost", anchor=False)
    _show_charts(results)
    _show_table(results, writes=writes)


def _results_of(progress: CompareProgress) -> _Results:
    """Return what is drawn of `progress`, built once for as long as it is the last comparison."""
    kept = st.session_state.get(_KEPT)
    if kept is None or kept[0] is not progress:
        kept = (progress, _build(progress))
        st.session_state[_KEPT] = kept
    results: _Results = kept[1]
    return results


def _build(progress: CompareProgress) -> _Results:
    frame = to_frame(progress.measured, progress.plan.references)

    def chart(title: str, finding: str, drawn: alt.Chart | alt.LayerChart) -> _Chart:
        return _Chart(title, finding, drawn.to_dict())

    quality = length = trade_off = None
    if frame["chrf"].notna().any():
        quality = chart("Quality", charts.quality_finding(frame), charts.quality_chart(frame))
    if TASKS[progress.plan.task].writes:
        length = chart("Output length", charts.length_finding(frame), charts.length_chart(frame))
        trade_off = chart(
            "Latency against output length",
            charts.trade_off_finding(frame),
            charts.trade_off_chart(frame),
        )
    return _Results(
        frame=frame,
        quality=quality,
        latency=chart("Latency", charts.latency_finding(frame), charts.latency_chart(frame)),
        length=length,
        trade_off=trade_off,
        summary=summarise(frame),
        csv=to_csv(frame, progress.plan),
    )


def _describe(plan: ComparePlan) -> str:
    """Say what these results are of, for the fields above may have changed since."""
    return " · ".join(map(plain, what_was_compared(plan)))


def _show_charts(results: _Results) -> None:
    if results.length is None or results.trade_off is None:
        _draw(results.latency)
        return
    left, right = st.columns(2, gap="large")
    with left:
        _draw(results.latency)
    with right:
        _draw(results.length)
    _draw(results.trade_off)


def _draw(chart: _Chart) -> None:
    st.caption(chart.title)
    st.markdown(f"**{plain(chart.finding)}**")
    st.vega_lite_chart(chart.spec, width="stretch", alt=f"{chart.title}: {chart.finding}.")


def _show_table(results: _Results, *, writes: bool) -> None:
    frame = results.frame
    st.subheader("The figures: medians", anchor=False)
    summary = results.summary.copy()
    order = _COLUMN_ORDER if writes else _COLUMNS_WITHOUT_LENGTH
    factor, unit = charts.time_unit(frame)
    summary[_TIMES] *= factor
    times = {
        column: _NUMBERS(f"{label} ({unit})", format="%.3g")
        for column, label in zip(_TIMES, _TIME_LABELS, strict=True)
    }
    st.dataframe(
        summary,
        hide_index=True,
        column_order=[name for name in order if name != "chrf" or results.quality is not None],
        column_config={
            "candidate": "Candidate",
            "chrf": _NUMBERS("chrF", format="%.1f"),
            "runs": _NUMBERS("Runs"),
            **times,
            "tokens_per_s": _NUMBERS("Tokens/s", format="%.0f"),
            "tokens_out": _NUMBERS("Tokens out", format="%.0f"),
            "words_out": _NUMBERS("Words out", format="%.0f"),
        },
        alt="One row a candidate: "
        + ("chrF, " if results.quality is not None else "")
        + ("runs, latency, time to first token, speed, length" if writes else "runs and latency"),
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        st.download_button(
            "Download every run as CSV",
            results.csv,
            file_name="comparison.csv",
            mime="text/csv",
            icon=":material/download:",
            on_click="ignore",
            key="compare.csv",
        )
        st.caption(plain(how_it_was_measured(frame)))
