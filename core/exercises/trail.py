"""What a learner did about one exercise since they last started it over."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

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
    restarts = [
        when
        for when, done in _numbered(work)
        if isinstance(done.what, StartedOver) and done.what.exercise == exercise
    ]
    pages = work.of(PageRead)
    if restarts:
        work = Trail(work=work).work_since(max(restarts))
    own = sorted(
        (when, done.what)
        for when, done in _numbered(work)
        if isinstance(done.what, _OWN) and done.what.exercise == exercise
    )
    return Trail(
        answers=tuple(what.value for _, what in own if isinstance(what, Answered)),
        predictions=tuple((when, what.value) for when, what in own if isinstance(what, Predicted)),
        hints_taken=max((w.number for _, w in own if isinstance(w, HintTaken)), default=0),
        solution_seen=any(isinstance(what, SolutionSeen) for _, what in own),
        restarts=len(restarts),
        work=work,
        pages=pages,
    )


_OWN = (Answered, Predicted, HintTaken, SolutionSeen)


def _numbered(work: Work) -> list[tuple[Moment, Done]]:
    return [((done.at_s, place), done) for place, done in enumerate(work.done)]
