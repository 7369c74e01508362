"""Task 3: how latency follows output length, read from the dots of one candidate."""

from __future__ import annotations

from statistics import StatisticsError, correlation, linear_regression, median

from pydantic import Field

from core.exercises.evidence.comparisons import NONE_YET, Compared, finished
from core.exercises.evidence.steps import Step, any_through, furthest
from core.exercises.evidence.types import Finding
from core.exercises.types import Block
from core.inference.tasks import TASKS
from core.inference.types import Task
from core.words import listed, plain
from core.work.entries import Comparison
from core.work.work import Work

_LEAST_CORRELATION = 0.8


class LengthSlope(Block):
    """A comparison in which the slowest candidate wrote so many `lengths`, far enough apart.

    The longest is at least `ratio` times the shortest.
    """

    task: Task | None = None
    lengths: int = Field(default=3, ge=3, le=20)
    ratio: float = Field(default=1.5, gt=1)


def length_slope(work: Work, given: LengthSlope) -> Finding:
    """Let a model write texts of several lengths; the answer is its ms for each token more.

    The slope is that of the line of least squares through the median latency of each length.
    """
    found = [Compared(one) for one in work.of(Comparison)]
    if not found:
        return Finding(False, False, NONE_YET)
    steps = [
        Step[Compared](
            lambda one: given.task in (None, one.saved.task) and TASKS[one.saved.task].writes,
            lambda one: (
                f"You compared models for **{TASKS[one.saved.task].label}**. Choose the task "
                f"**{TASKS[given.task or Task.TEXT_GENERATION].label}**."
            ),
        ),
        finished(),
        Step(
            lambda one: len(_by_length(one)) >= given.lengths,
            lambda one: (
                f"{_slowest(one)} wrote {_lengths(one)}. Take more inputs, so that it writes "
                f"at least {given.lengths} different lengths."
            ),
        ),
        Step(
            lambda one: max(_by_length(one)) >= given.ratio * min(_by_length(one)),
            lambda one: (
                f"{_slowest(one)} wrote {_lengths(one)}, all about as long. Take inputs that "
                "make it write more and less."
            ),
        ),
        Step(
            lambda one: _fits_a_line(_by_length(one)),
            lambda one: (
                f"The dots of {_slowest(one)} lie near no line: something else kept the "
                "machine busy. Raise **Repeats**, and compare again."
            ),
        ),
    ]
    one, says = furthest(found, steps)
    if says:
        several = [one for one in found if len(_by_length(one)) > 1]
        return Finding(any_through(several, steps[:1]), False, says)
    slope_ms = _slope(_by_length(one)) * 1000
    return Finding(True, True, f"{_slowest(one)} wrote {_lengths(one)}.", slope_ms)


def _slowest(one: Compared) -> str:
    return f"**{plain(_label(one))}**" if one.labels else "Nothing"


def _label(one: Compared) -> str:
    """Return the candidate whose runs took longest: its dots are the easiest to read."""

    def typical_s(label: str) -> float:
        times = [run.timing.total_s for runs in one.runs[label].values() for run in runs]
        return median(times) if times else 0.0

    return max(one.labels, key=typical_s, default="")


def _by_length(one: Compared) -> dict[int, float]:
    """Return the median latency of the slowest candidate by output length in tokens."""
    times: dict[int, list[float]] = {}
    for runs in one.runs.get(_label(one), {}).values():
        for run in runs:
            times.setdefault(run.tokens_out, []).append(run.timing.total_s)
    return {length: median(seconds) for length, seconds in sorted(times.items())}


def _lengths(one: Compared) -> str:
    lengths = list(_by_length(one))
    return f"{listed([str(length) for length in lengths])} tokens" if lengths else "nothing"


def _fits_a_line(times: dict[int, float]) -> bool:
    try:
        return correlation(list(times), list(times.values())) >= _LEAST_CORRELATION
    except StatisticsError:  # every text took the same time
        return False


def _slope(times: dict[int, float]) -> float:
    return linear_regression(list(times), list(times.values())).slope
