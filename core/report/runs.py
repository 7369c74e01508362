"""The report's single runs: what was asked, what came out, how it was made."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from core.inference.tasks import TASKS
from core.inference.types import GenerationConfig, Result, Task
from core.report.clock import Clock
from core.words import counted, duration
from core.work.entries import Run


@dataclass(frozen=True)
class RunRow:
    """One run; everything in it is text, as it was typed or written."""

    number: int
    when: str
    place: str
    task: str
    model: str
    settings: tuple[str, ...]
    prompt: str
    output: str
    likeliest: tuple[str, ...]
    figures: tuple[str, ...]
    notices: tuple[str, ...]


def run_rows(runs: Iterable[tuple[float, Run]], clock: Clock) -> tuple[RunRow, ...]:
    """Return a row for each of `runs`, which come with when they were made, numbered from 1."""
    return tuple(_row(number, when_s, run, clock) for number, (when_s, run) in enumerate(runs, 1))


def _row(number: int, when_s: float, run: Run, clock: Clock) -> RunRow:
    request, result, made = run.request, run.result, run.result.provenance
    return RunRow(
        number=number,
        when=clock.minute(when_s),
        place=_place(run.place),
        task=TASKS[request.task].label,
        model=request.model_id,
        settings=(
            *_config(request.task, request.config),
            f"{made.engine} {made.precision}",
            f"{made.device}, {counted(made.threads, 'thread')}",
            f"revision {made.revision[:12]}",
        ),
        prompt=request.inputs,
        output=result.output,
        likeliest=_likeliest(result),
        figures=_figures(request.task, result),
        notices=(*result.notices, *(["Stopped before the end."] if result.stopped else [])),
    )


def _place(place: str) -> str:
    kind, _, number = place.partition("-")
    return f"Lesson {number}" if kind == "lesson" and number.isdecimal() else "Task 2"


def _config(task: Task, config: GenerationConfig) -> tuple[str, ...]:
    if not TASKS[task].writes:
        return ()
    if not config.samples:
        return (f"up to {config.max_new_tokens} tokens", "temperature 0")
    return (
        f"up to {config.max_new_tokens} tokens",
        f"temperature {config.temperature:g}",
        f"top-p {config.top_p:g}",
        f"seed {config.seed}",
    )


def _likeliest(result: Result) -> tuple[str, ...]:
    words = [f"{one.word} {one.probability:.0%}" for one in result.fillings]
    return (*words, *(f"{one.label} {one.probability:.0%}" for one in result.labels))


def _figures(task: Task, result: Result) -> tuple[str, ...]:
    timing = result.timing
    load = f"cold: {duration(timing.load_s)} to load" if timing.cold else "warm"
    if not TASKS[task].writes:
        return (f"{duration(timing.total_s)}, {load}",)
    figures = [f"{duration(timing.total_s)}, first token {duration(timing.ttft_s)}"]
    if result.tokens_per_s is not None:
        figures.append(f"{result.tokens_per_s:.0f} tokens/s")
    return (*figures, f"{result.tokens_in} tokens in, {result.tokens_out} out", load)
