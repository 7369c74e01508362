"""The report's comparisons: outputs side by side, charts, medians, votes, how it was measured."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pandas as pd

from core.charts import short_names, time_unit
from core.comparing import ComparePlan, summarise, to_frame
from core.comparing_words import how_it_was_measured, what_was_compared
from core.errors import LabError
from core.inference.tasks import TASKS
from core.report.clock import Clock
from core.report.pictures import Drawn, Picture, comparison_pictures
from core.voting import Vote, verdict
from core.words import counted
from core.work.comparisons import progress_of
from core.work.entries import Comparison, Judged


@dataclass(frozen=True)
class Output:
    """What one candidate made of an input, and how long it is."""

    name: str
    text: str
    length: str


@dataclass(frozen=True)
class Input:
    """One input with all that was made of it, and what the student thought of that."""

    number: int
    text: str
    reference: str
    outputs: tuple[Output, ...]
    vote: str


@dataclass(frozen=True)
class ComparisonPart:
    """One comparison. `problem` says why there is nothing to show of it, else it is ""."""

    when: str
    compared: tuple[str, ...]
    note: str = ""
    problem: str = ""
    inputs: tuple[Input, ...] = ()
    pictures: tuple[Picture, ...] = ()
    drawn: tuple[Drawn, ...] = ()
    header: tuple[str, ...] = ()
    medians: tuple[tuple[str, ...], ...] = ()
    measured: str = ""


def comparison_parts(
    comparisons: Iterable[tuple[float, Comparison]], judged: Iterable[Judged], clock: Clock
) -> tuple[ComparisonPart, ...]:
    """Return what the report says of each comparison; its charts are still to be drawn."""
    votes = {
        (one.comparison, one.input_number): Vote(
            one.comparison, one.input_number, one.preferred, one.blind
        )
        for one in judged
    }
    return tuple(_part(clock.minute(when_s), one, votes) for when_s, one in comparisons)


def _part(
    when: str, comparison: Comparison, votes: Mapping[tuple[str, int], Vote]
) -> ComparisonPart:
    try:
        progress = progress_of(comparison)
    except LabError as error:
        return ComparisonPart(when, (TASKS[comparison.task].label,), problem=error.message)
    plan, compared = progress.plan, what_was_compared(progress.plan)
    if not progress.measured:
        return ComparisonPart(when, compared, problem="Stopped before the first measured run.")
    frame = to_frame(progress.measured, plan.references)
    header, medians = _medians(frame, writes=TASKS[plan.task].writes)
    return ComparisonPart(
        when,
        compared,
        note=""
        if progress.done >= plan.runs
        else f"Stopped after {progress.done} of {plan.runs} runs: the figures are those.",
        inputs=tuple(
            _input(plan, number, frame[frame["input"] == number], votes.get((plan.id, number)))
            for number in dict.fromkeys(frame["input"])
        ),
        pictures=comparison_pictures(frame, plan.task),
        header=header,
        medians=medians,
        measured=how_it_was_measured(frame),
    )


def _input(plan: ComparePlan, number: int, runs: pd.DataFrame, vote: Vote | None) -> Input:
    first = runs.drop_duplicates("candidate")
    names = short_names(first["candidate"])
    scored = first.dropna(subset=["chrf"])
    return Input(
        number=number,
        text=plan.inputs[number - 1],
        reference=str(first["reference"].iloc[0]),
        outputs=tuple(
            Output(
                names[run.candidate],
                run.output,
                _length(run, writes=TASKS[plan.task].writes),
            )
            for run in first.itertuples()
        ),
        vote=verdict(vote, dict(zip(scored["candidate"], scored["chrf"], strict=True)), names)
        if vote
        else "",
    )


def _length(run: object, *, writes: bool) -> str:
    if not writes:
        return ""
    tokens, words, chrf = (getattr(run, name) for name in ("tokens_out", "words_out", "chrf"))
    quality = "" if pd.isna(chrf) else f", chrF {chrf:.1f}"
    return f"{counted(tokens, 'token')}, {counted(words, 'word')}{quality}"


def _medians(
    frame: pd.DataFrame, *, writes: bool
) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Return a table of medians, as Task 3 has it: its header, and a row for each candidate."""
    factor, unit = time_unit(frame)
    columns = {
        "candidate": ("Candidate", None),
        "runs": ("Runs", 1),
        "latency_s": (f"Latency ({unit})", factor),
        "latency_min_s": (f"Fastest ({unit})", factor),
        "latency_max_s": (f"Slowest ({unit})", factor),
    }
    if writes:
        columns |= {
            "ttft_s": (f"TTFT ({unit})", factor),
            "tokens_per_s": ("Tokens/s", 1),
            "tokens_out": ("Tokens out", 1),
            "words_out": ("Words out", 1),
        }
    if frame["chrf"].notna().any():
        columns["chrf"] = ("chrF", 1)
    rows = tuple(
        tuple(
            str(row[name]) if times is None else _figure(row[name], times)
            for name, (_, times) in columns.items()
        )
        for row in summarise(frame).to_dict("records")
    )
    return tuple(title for title, _ in columns.values()), rows


def _figure(value: float | None, times: int) -> str:
    if value is None or pd.isna(value):
        return "–"
    scaled = float(value) * times
    return f"{scaled:.0f}" if scaled >= 100 or scaled.is_integer() else f"{scaled:.3g}"
