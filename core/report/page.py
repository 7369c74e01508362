"""The lab report: all that a learner did, as one page that prints well and can do nothing."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from core.exercises.outcome import Outcome
from core.lessons import Placed
from core.report.answers import PlaceAnswers, place_answers
from core.report.clock import Clock
from core.report.comparisons import ComparisonPart, comparison_parts
from core.report.drawing import draw
from core.report.others import PageRow, TokenRow, page_rows, token_rows
from core.report.pictures import Picture, as_drawn
from core.report.prose import prose
from core.report.runs import RunRow, run_rows
from core.report.trainings import CurvePart, TrainingPart, curve_parts, training_parts
from core.settings import Settings
from core.version import LAB_VERSION
from core.words import counted, size
from core.work.entries import Comparison, Curve, Judged, PageRead, Run, Tokenized, Trained
from core.work.work import Work

_HERE = Path(__file__).parent
_MOST_PICTURES = 120  # some seconds
_MOST_RUNS = 1000

Draw = Callable[[Sequence[Mapping[str, Any]]], tuple[str | None, ...]]
Part = TypeVar("Part", ComparisonPart, TrainingPart, CurvePart)


@dataclass(frozen=True)
class Report:
    """What the page says."""

    made: str
    lab: str
    machine: str
    places: tuple[PlaceAnswers, ...]
    runs: tuple[RunRow, ...]
    comparisons: tuple[ComparisonPart, ...]
    trainings: tuple[TrainingPart, ...]
    curves: tuple[CurvePart, ...]
    pages: tuple[PageRow, ...]
    tokens: tuple[TokenRow, ...]
    runs_left_out: int = 0

    @property
    def empty(self) -> bool:
        """Whether nothing was done that the page could show."""
        return not (
            any(place.rows for place in self.places)
            or self.runs
            or self.comparisons
            or self.trainings
            or self.curves
            or self.pages
            or self.tokens
        )


def report_html(
    work: Work,
    course: Sequence[Placed],
    *,
    made: datetime,
    limits: Settings,
    draw: Draw = draw,
) -> bytes:
    """Return the report on `work` with the exercises of `course`, in the time zone of `made`.

    `limits` are those of the machine. Where charts cannot be drawn their findings and tables stand.
    """
    clock = Clock(made.tzinfo) if made.tzinfo else Clock()
    runs = work.timed(Run)
    report = Report(
        made=clock.minute(made.timestamp()),
        lab=LAB_VERSION,
        machine=f"{counted(limits.threads, 'core')}, {size(limits.memory_limit_bytes)} of memory",
        places=place_answers(course, work),
        runs=run_rows(runs, clock)[-_MOST_RUNS:],
        comparisons=comparison_parts(work.timed(Comparison), work.of(Judged), clock),
        trainings=training_parts(work.timed(Trained), work, clock),
        curves=curve_parts(work.timed(Curve), clock),
        pages=page_rows(work.timed(PageRead), clock),
        tokens=token_rows(work.of(Tokenized)),
        runs_left_out=max(0, len(runs) - _MOST_RUNS),
    )
    return _render(_with_drawings(report, draw))


def _with_drawings(report: Report, draw: Draw) -> Report:
    parts: tuple[ComparisonPart | TrainingPart | CurvePart, ...]
    parts = (*report.comparisons, *report.trainings, *report.curves)
    wanted = [picture for part in parts for picture in _pictures(part)]
    left_out = max(0, len(wanted) - _MOST_PICTURES)
    drawn = (*[None] * left_out, *draw([picture.spec for picture in wanted[left_out:]]))
    done = map(as_drawn, wanted, drawn)

    def illustrated(part: Part) -> Part:
        return replace(part, drawn=tuple(next(done) for _ in _pictures(part)))

    return replace(
        report,
        comparisons=tuple(map(illustrated, report.comparisons)),
        trainings=tuple(map(illustrated, report.trainings)),
        curves=tuple(map(illustrated, report.curves)),
    )


def _pictures(part: ComparisonPart | TrainingPart | CurvePart) -> tuple[Picture, ...]:
    return (part.picture,) if isinstance(part, CurvePart) else part.pictures


def _render(report: Report) -> bytes:
    style = (_HERE / "report.css").read_text(encoding="utf-8")
    # The one style of the page is allowed by its hash; nothing else is, least of all a script.
    allowed = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    environment = Environment(
        loader=FileSystemLoader(_HERE),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_printable,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["prose"] = prose
    page = environment.get_template("report.html.j2").render(
        report=report,
        style=Markup(style),  # noqa: S704 - our own file
        policy=f"default-src 'none'; img-src data:; style-src 'sha256-{allowed}'",
        Outcome=Outcome,
    )
    return page.encode("utf-8", "replace")


def _printable(value: Any) -> Any:
    """Return a text without what no page can show: control characters, which parsers trip over."""
    if not isinstance(value, str) or isinstance(value, Markup) or value.isprintable():
        return value
    return "".join(_shown(value))


def _shown(text: str) -> Iterator[str]:
    for character in text:
        control = ord(character) < 32 or 127 <= ord(character) < 160
        yield "\N{REPLACEMENT CHARACTER}" if control and character not in "\n\t" else character
