"""What a learner did about one exercise since they last started it over."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from operator import itemgetter
from typing import TypeVar

from core.work.entries import (
    Answered,
    Done,
    HintTaken,
    PageRead,
    Predicted,
    SolutionSeen,
    StartedOver,
    Value,
)
from core.work.work import Work

Own = TypeVar("Own", Answered, HintTaken, Predicted, SolutionSeen, StartedOver)

# When something was done, and its place in the work, for what was done at the same time.
Moment = tuple[float, int]


@dataclass(frozen=True)
class Trail:
    """The answers and predictions, the oldest first; the hints opened; the work since the start.

    `restarts` counts how often the exercise was started over. `pages` are all pages that were
    ever opened: starting over closes none.
    """

    answers: tuple[Value, ...] = ()
    predictions: tuple[tuple[Moment, Value], ...] = ()
    hints_taken: int = 0
    solution_seen: bool = False
    restarts: int = 0
    work: Work = field(default_factory=Work)
    pages: tuple[PageRead, ...] = ()

    @property
    def answer(self) -> Value | None:
        """Return the answer that counts, the last one."""
        return self.answers[-1] if self.answers else None

    @cached_property
    def _numbered(self) -> list[tuple[Moment, Done]]:
        return _numbered(self.work)

    def work_since(self, moment: Moment) -> Work:
        """Return the work that was done after `moment`."""
        return Work(tuple(done for when, done in self._numbered if when > moment))


def trail_of(exercise: str, work: Work) -> Trail:
    """Return what the learner did about the exercise of that id."""
    pages = work.of(PageRead)
    restarts = _moments(exercise, work, StartedOver)
    if restarts:
        work = Trail(work=work).work_since(restarts[-1][0])
    hints = _own(exercise, work, HintTaken)
    predicted = _moments(exercise, work, Predicted)
    return Trail(
        answers=tuple(answered.value for answered in _own(exercise, work, Answered)),
        predictions=tuple((moment, what.value) for moment, what in predicted),
        hints_taken=max((hint.number for hint in hints), default=0),
        solution_seen=bool(_own(exercise, work, SolutionSeen)),
        restarts=len(restarts),
        work=work,
        pages=pages,
    )


def _own(exercise: str, work: Work, kind: type[Own]) -> list[Own]:
    """Return all of one kind that belongs to the exercise, the oldest first."""
    own = [(at_s, what) for at_s, what in work.timed(kind) if what.exercise == exercise]
    return [what for _, what in sorted(own, key=itemgetter(0))]


def _moments(exercise: str, work: Work, kind: type[Own]) -> list[tuple[Moment, Own]]:
    """Return the same with the moment of each."""
    # Looking through all work for few things of a kind is worth it only where there are any.
    if not _own(exercise, work, kind):
        return []
    own = (
        (moment, done.what)
        for moment, done in _numbered(work)
        if isinstance(done.what, kind) and done.what.exercise == exercise
    )
    return sorted(own, key=itemgetter(0))


def _numbered(work: Work) -> list[tuple[Moment, Done]]:
    return [((done.at_s, place), done) for place, done in enumerate(work.done)]
