"""`python -m benchmarks.growth_chart`: draw how the lab grows, and tell it in docs/measuring.md.

`--again` draws what was measured last. The picture has every round as a dot and medians as lines;
the table beside it says the same to those who cannot see it.
"""

from __future__ import annotations

import argparse
import json
import platform
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from textwrap import fill

import altair as alt
import pandas as pd
import psutil

from benchmarks.growth import LLAMA_FAST, LLAMA_PLAIN, NEW_TOKENS, T5_FAST, points
from core.settings import ROOT

PICTURE = ROOT / "docs" / "images" / "growth.svg"
DOCUMENT = ROOT / "docs" / "measuring.md"
MEASURED = ROOT / "build" / "benchmarks" / "growth.json"
BEGIN, END = "<!-- growth: begin -->", "<!-- growth: end -->"

_SIDES = [LLAMA_FAST, LLAMA_PLAIN, T5_FAST]
# Okabe and Ito's, dark enough for text on white.
_COLOURS = ["#0072B2", "#D55E00", "#007A59"]
_SHAPES = ["circle", "square", "triangle-up"]
_DASHES = [[1, 0], [5, 4]]
_WIDTH, _HEIGHT = 310, 250
_INK = "#333333"


def growth_chart(frame: pd.DataFrame) -> alt.HConcatChart:
    """Draw the rounds in `frame` (columns of `growth.Point`): speed, and the wait for a word."""
    speed = _panel(
        frame,
        ["tokens_per_s"],
        title="What all write together",
        subtitle="Each dot is a round, lines join their medians",
        unit="tokens/s",
        names={side: side.split(", ") for side in _SIDES},
    )
    wait = _panel(
        frame,
        ["first_median_s", "first_p95_s"],
        title="How long they wait for the first word",
        subtitle="Half of them at most the solid line, 95 of 100 the dashed",
        unit="seconds",
        names={side: side.split(", ")[1:] for side in _SIDES},
    )
    chart: alt.HConcatChart = (
        alt.hconcat(speed, wait, spacing=166, bounds="flush")
        .properties(
            title=alt.TitleParams(finding(frame), anchor="start", fontSize=15, offset=20, dx=-30),
            background="white",
            padding=14,
            description=alternative(frame),
        )
        .configure_view(stroke=None)
        .configure_axis(
            labelFontSize=12,
            titleFontSize=12,
            titleFontWeight="normal",
            labelColor=_INK,
            titleColor=_INK,
            gridColor="#E6E6E6",
            domainColor="#999999",
            tickColor="#999999",
        )
        .configure_title(color="#111111", subtitleColor=_INK)
    )
    return chart


def finding(frame: pd.DataFrame) -> str:
    """Say in one sentence what thirty students at once get, and what plain transformers gives."""
    medians = frame.groupby(["side", "requests"]).median()
    fast = medians.loc[LLAMA_FAST]
    plain = medians.loc[LLAMA_PLAIN]
    most = 30 if 30 in fast.index else fast.index.max()
    speed, wait = fast.loc[most, "tokens_per_s"], fast.loc[most, "first_median_s"]
    return (
        f"{most} students at once get {speed:.0f} tokens/s, half of them a first word within "
        f"{wait:.1f} s; plain transformers gives {plain['tokens_per_s'].max():.0f} tokens/s"
    )


def alternative(frame: pd.DataFrame) -> str:
    """Return what stands for the picture where it cannot be seen."""
    counts = sorted(frame["requests"].unique())
    return (
        f"Two line charts over {counts[0]} to {counts[-1]} requests at once: tokens per second of "
        f"all together, and seconds until the first word. {finding(frame)}."
    )


def table(frame: pd.DataFrame) -> str:
    """Return the medians of the rounds as a Markdown table."""
    lines = [
        "| model and engine | at once | tokens/s | turn, median | p95 | first word, median | p95 "
        "| end, median | p95 |",
        "|---|" + "--:|" * 8,
    ]
    for (side, requests), row in (
        frame.groupby(["side", "requests"], sort=False).median().iterrows()
    ):
        waits = " | ".join(f"{seconds:.2f}" for seconds in row.drop("tokens_per_s"))
        lines.append(f"| {side} | {requests} | {row['tokens_per_s']:.0f} | {waits} |")
    return "\n".join(lines)


def told(frame: pd.DataFrame, *, machine: str, date: str) -> str:
    """Return the part of the document that tells of the rounds in `frame`."""
    most = frame.loc[frame["side"] == LLAMA_PLAIN, "requests"].max()
    how = (
        f"On {date}, {machine}. Each request is another student's, with {NEW_TOKENS} new tokens; "
        "medians of the rounds, in seconds since the request: until its turn, its first word, its "
        f"end. Plain transformers stands behind a lock and was measured up to {most} requests."
    )
    picture = f"![{alternative(frame)}](images/{PICTURE.name})"
    return "\n\n".join([f"{BEGIN}\n{fill(how, 100)}", picture, f"{table(frame)}\n{END}"])


def replace_told(document: str, part: str) -> str:
    """Return `document` with `part` in place of what stood between the marks.

    Raises:
        ValueError: the marks are not there.
    """
    before, begin, rest = document.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"The document has no part between {BEGIN} and {END}.")
    return before + part + after


def this_machine() -> str:
    """Return processor, cores and versions in a phrase."""
    libraries = ("torch", "transformers", "xllamacpp", "ctranslate2")
    versions = ", ".join(f"{name} {version(name)}" for name in libraries)
    cores = psutil.cpu_count() or 1
    return f"{cores} cores of {_processor()}, Python {platform.python_version()}, {versions}"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def _panel(
    frame: pd.DataFrame,
    columns: list[str],
    *,
    title: str,
    subtitle: str,
    unit: str,
    names: dict[str, list[str]],
) -> alt.LayerChart:
    """Draw `columns` over the number of requests, the first solid, a second dashed.

    The words of `names` stand at the end of each side's highest line.
    """
    counts = sorted(frame["requests"].unique().tolist())
    x = alt.X(
        "requests:Q",
        title="requests at once",
        scale=alt.Scale(type="log", base=2, domain=[counts[0] * 0.9, counts[-1] * 1.1]),
        axis=alt.Axis(values=counts, grid=False, format="d"),
    )
    scale = alt.Scale(domain=[0, float(frame[columns].max().max())], nice=6)
    colour = alt.Color("side:N", scale=alt.Scale(domain=_SIDES, range=_COLOURS), legend=None)
    shape = alt.Shape("side:N", scale=alt.Scale(domain=_SIDES, range=_SHAPES), legend=None)
    base = alt.Chart(frame)
    layers = []
    for column, dash in zip(columns, _DASHES, strict=False):
        y = alt.Y(f"{column}:Q", title=unit, scale=scale)
        middle = alt.Y(f"median({column}):Q", title=unit, scale=scale)
        lines = base.mark_line(strokeWidth=2, strokeDash=dash).encode(x=x, y=middle, color=colour)
        dots = base.mark_point(filled=True, size=34, opacity=0.75)
        layers += [lines, dots.encode(x=x, y=y, color=colour, shape=shape)]
    for side, words in names.items():
        runs = frame[frame["side"] == side]
        last = runs[runs["requests"] == runs["requests"].max()].median(numeric_only=True)
        # Where a line ends early there is room for one long line above its end.
        inside = last["requests"] < counts[-1]
        label = alt.Chart(last[["requests", columns[-1]]].to_frame().T).mark_text(
            text=", ".join(words) if inside else words,
            align="left",
            baseline="middle",
            # The first of two lines would be at the point, where their middle belongs.
            dy=-12 if inside else -7 * (len(words) - 1),
            dx=10,
            fontSize=12,
            color=_COLOURS[_SIDES.index(side)],
        )
        layers.append(label.encode(x=x, y=alt.Y(f"{columns[-1]}:Q", title=unit, scale=scale)))
    chart: alt.LayerChart = alt.layer(*layers).properties(
        width=_WIDTH,
        height=_HEIGHT,
        title=alt.TitleParams(
            title, subtitle=subtitle, anchor="start", frame="group", fontSize=13, offset=12
        ),
    )
    return chart


def draw(frame: pd.DataFrame, *, machine: str, date: str) -> None:
    """Write the picture, and the document's part on it."""
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    growth_chart(frame).save(PICTURE)
    part = told(frame, machine=machine, date=date)
    DOCUMENT.write_text(replace_told(DOCUMENT.read_text("utf-8"), part), "utf-8")


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, keep what was measured, and draw it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.growth_chart", description=__doc__)
    parser.add_argument("--again", action="store_true", help="draw what was measured last")
    if not parser.parse_args(arguments).again:
        rows = []
        for each in points():
            rows.append(asdict(each))
            print(json.dumps(rows[-1]), flush=True)
        date = datetime.now(UTC).date().isoformat()
        MEASURED.parent.mkdir(parents=True, exist_ok=True)
        measured = {"date": date, "machine": this_machine(), "rows": rows}
        MEASURED.write_text(json.dumps(measured, indent=1), "utf-8")
    measured = json.loads(MEASURED.read_text("utf-8"))
    draw(pd.DataFrame(measured["rows"]), machine=measured["machine"], date=measured["date"])


if __name__ == "__main__":
    main()
