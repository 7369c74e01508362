"""The lab report's code: a Jupyter notebook that does in plain transformers what was done here."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from core.catalogue import ModelEntry
from core.errors import LabError
from core.exercises.outcome import Outcome
from core.finetuning.code import ROWS, script_for_training
from core.finetuning.records import Kind, Order
from core.lessons import Placed
from core.report.answers import AnswerRow, place_answers
from core.report.clock import Clock
from core.show_code import script_for
from core.show_comparison import script_for_comparison
from core.version import LAB_VERSION
from core.words import plain
from core.work.comparisons import progress_of
from core.work.entries import Comparison, Run, Trained
from core.work.work import Work

MOST_RUNS = 20
_MOST_OTHERS = 5
_LONGEST_SHOWN = 2000
_OUTCOMES = {
    Outcome.CORRECT: "correct",
    Outcome.NOT_YET: "not yet",
    Outcome.NOT_ATTEMPTED: "not attempted",
}
_NO_MODEL = (
    "That model is not in the lab any more, or transformers cannot run its files: there is no code "
    "for it."
)

Find = Callable[[str], ModelEntry | None]
# A kind of cell, and its source.
Cell = tuple[str, str]


def report_notebook(work: Work, course: Sequence[Placed], *, find: Find, made: datetime) -> bytes:
    """Return `work` as a notebook: answers, and code for the latest different runs.

    `find` looks a model up by its id. The code cells run from the root of the lab's repository.
    """
    cells = [
        _cell(number, kind, source)
        for number, (kind, source) in enumerate(_cells(work, course, find, made), start=1)
    ]
    notebook: dict[str, Any] = {
        "cells": cells,
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(notebook, ensure_ascii=False, indent=1).encode()


def _cell(number: int, kind: str, source: str) -> dict[str, Any]:
    cell: dict[str, Any] = {"cell_type": kind, "id": f"cell-{number}", "metadata": {}}
    if kind == "code":
        cell |= {"execution_count": None, "outputs": []}
    return {**cell, "source": source.splitlines(keepends=True)}


def _cells(work: Work, course: Sequence[Placed], find: Find, made: datetime) -> Iterator[Cell]:
    clock = Clock(made.tzinfo) if made.tzinfo else Clock()
    yield (
        "markdown",
        "# Lab notebook\n\n"
        f"Open Model Lab {LAB_VERSION}, {clock.minute(made.timestamp())}.\n\n"
        "What was done in the lab, in plain transformers, without the lab. Start Jupyter in the "
        "folder of the lab's repository, where the starter models are; models of the Hub are "
        "downloaded. The code computes in 32 bits on the processor: the lab's faster engines round "
        "in another way, so now and then a word may differ, and times do.",
    )
    before = 0
    for cells in (
        _answers(work, course),
        _runs(work, find),
        _comparisons(work, find, clock),
        _trainings(work, find, clock),
    ):
        for cell in cells:
            before += 1
            yield cell
    if not before:
        yield "markdown", "Nothing was done yet that could stand here."


def _answers(work: Work, course: Sequence[Placed]) -> Iterator[Cell]:
    places = [place for place in place_answers(course, work) if place.rows]
    for place in places:
        yield "markdown", f"## {place.title}\n\n{place.correct} of {place.exercises} correct"
        for row in place.rows:
            yield "markdown", _answer(row)


def _answer(row: AnswerRow) -> str:
    said = "\n>\n".join(map(_quoted, row.answer_text)) or "> (no answer)"
    aids = f" ({', '.join(row.aids)})" if row.aids else ""
    return (
        f"### {plain(row.title)}\n\n{row.ask}\n\n{said}\n\n"
        f"**{_OUTCOMES[row.outcome].capitalize()}**{aids}"
    )


def _runs(work: Work, find: Find) -> Iterator[Cell]:
    distinct = {
        (one.request.task, one.request.model_id, one.request.inputs, one.request.config): one
        for one in work.of(Run)
    }
    if distinct:
        yield "markdown", "## Single runs"
    for run in list(distinct.values())[-MOST_RUNS:]:
        request, made = run.request, run.result.provenance
        yield (
            "markdown",
            f"### {plain(request.model_id)}\n\nWhat it wrote in the lab ({plain(made.engine)} "
            f"{plain(made.precision)}):\n\n{_quoted(run.result.output)}",
        )
        entry = _runnable(find, request.model_id)
        try:
            code = script_for(request, entry, threads=made.threads) if entry else ""
        except LabError:  # a text that no model takes
            code = ""
        yield ("code", code) if code else ("markdown", _NO_MODEL)


def _comparisons(work: Work, find: Find, clock: Clock) -> Iterator[Cell]:
    latest = work.timed(Comparison)[-_MOST_OTHERS:]
    if latest:
        yield "markdown", "## Comparisons"
    for when_s, comparison in latest:
        names = ", ".join(plain(one.label) for one in comparison.candidates)
        yield "markdown", f"### {names}\n\nOf {clock.minute(when_s)}."
        yield from _comparison(comparison, find)


def _comparison(comparison: Comparison, find: Find) -> Iterator[Cell]:
    try:
        plan = progress_of(comparison).plan
    except LabError as error:
        yield "markdown", plain(error.message)
        return
    ids = dict.fromkeys(one.model_id for one in comparison.candidates)
    entries = {name: entry for name in ids if (entry := _runnable(find, name)) is not None}
    if not entries:
        yield "markdown", _NO_MODEL
        return
    if gone := [plain(name) for name in ids if name not in entries]:
        yield "markdown", f"Without {', '.join(gone)}. {_NO_MODEL}"
    yield (
        "code",
        script_for_comparison(
            plan.task,
            list(entries.values()),
            plan.inputs,
            repeats=plan.repeats,
            config=plan.config,
            threads=max((made.threads for made in comparison.made), default=1),
        ),
    )


def _trainings(work: Work, find: Find, clock: Clock) -> Iterator[Cell]:
    latest = work.timed(Trained)[-_MOST_OTHERS:]
    if latest:
        yield (
            "markdown",
            f"## Trainings\n\nEach reads `{ROWS}` from the folder it runs in: download it beside "
            "*Show the code* in Task 4.",
        )
    for when_s, trained in latest:
        yield "markdown", f"### {plain(trained.name) or 'A training'}\n\nOf {clock.minute(when_s)}."
        base = find(trained.settings.base_id)
        order = Order(trained.name, "", Kind.MODEL, trained.settings, Path(), when_s)
        yield "code", script_for_training(order, trained.labels, base=base)


def _runnable(find: Find, model_id: str) -> ModelEntry | None:
    entry = find(model_id)
    return entry if entry is not None and not entry.reference_refusal else None


def _quoted(text: str) -> str:
    """Return `text` as a quotation in which nothing acts, cut where it is endless."""
    cut = text[:_LONGEST_SHOWN] + (" …" if len(text) > _LONGEST_SHOWN else "")
    lines = [f"> {plain(line)}" for line in cut.strip().splitlines()] or ["> (nothing)"]
    return "  \n".join(lines)
