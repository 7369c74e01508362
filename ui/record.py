"""What was done: kept work, and what is under way in this visit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import streamlit as st

from core.errors import LabError
from core.work.entries import Comparison, Entry, Judged, LessonOpened, Run
from core.work.work import Work
from ui.learner import book

# Home reads what was done, and need not load what does it.
if TYPE_CHECKING:
    from core.comparing import CompareProgress
    from core.inference.ticket import Ticket
    from core.jobs import Job
    from core.voting import Vote

_TICKET, _JOB, _KEPT = "test.ticket", "compare.job", "compare.restored"
_NOTED = "visit.noted"
TEST = "test"


def learner() -> str:
    """Return what tells this visitor from the others; neither a name nor the key itself."""
    return book().learner


def work() -> Work:
    """Return all that this visitor has done, also in earlier visits."""
    return book().work


def note(what: Entry) -> None:
    """Keep `what`, which was done just now."""
    book().add(what)


def note_once(what: Entry) -> None:
    """Keep `what`, unless this very thing was kept before in this visit."""
    noted: set[str] = st.session_state.setdefault(_NOTED, set())
    # Not every entry can be hashed: some hold mappings.
    if (said := repr(what)) not in noted:
        noted.add(said)
        note(what)


def read_lessons() -> set[int]:
    """Return the numbers of the lessons that were opened."""
    return {opened.number for opened in work().of(LessonOpened)}


def test_runs() -> tuple[Run, ...]:
    """Return the runs of Task 2, oldest first."""
    return tuple(run for run in work().of(Run) if run.place == TEST)


def note_run(ticket: Ticket, *, place: str = TEST) -> None:
    """Keep the run of `ticket` once it has ended, whether or not anybody looks then."""
    from core.work.making import run_made

    mine = book()

    def keep(ended: Ticket) -> None:
        if ended.outcome is not None:
            mine.add(run_made(ended.request, ended.outcome, place=place))

    ticket.when_ended(keep)


def set_ticket(ticket: Ticket) -> None:
    """Remember the run of Task 2 that is under way, and keep it when it ends."""
    st.session_state[_TICKET] = ticket
    note_run(ticket)


def latest_ticket() -> Ticket | None:
    """Return the last run of Task 2 of this visit, under way or ended."""
    ticket: Ticket | None = st.session_state.get(_TICKET)
    return ticket


def compare_job() -> Job[CompareProgress] | None:
    """Return the last comparison of this visit, under way or ended."""
    job: Job[CompareProgress] | None = st.session_state.get(_JOB)
    return job


def set_compare_job(job: Job[CompareProgress]) -> None:
    """Remember a comparison in place of the one before."""
    st.session_state[_JOB] = job


def keep_comparison() -> Callable[[Iterator[CompareProgress]], Iterator[CompareProgress]]:
    """Return what passes a comparison on and keeps it at its end, whether or not anybody looks."""
    from core.work.comparisons import saved_comparison

    mine = book()

    def keep(run: Iterator[CompareProgress]) -> Iterator[CompareProgress]:
        latest = None
        try:
            for latest in run:
                yield latest
        finally:
            if latest is not None and latest.measured:
                mine.add(saved_comparison(latest))

    return keep


def kept_comparison() -> CompareProgress | None:
    """Return the last comparison of an earlier visit as it stood on the screen."""
    from core.work.comparisons import progress_of

    saved = work().latest(Comparison)
    if saved is None:
        return None
    restored = st.session_state.get(_KEPT)
    if restored is None or restored[0] != saved.id:
        try:
            restored = (saved.id, progress_of(saved))
        except LabError:  # damaged, and so nothing to show
            restored = (saved.id, None)
        st.session_state[_KEPT] = restored
    progress: CompareProgress | None = restored[1]
    return progress


def note_vote(vote: Vote) -> None:
    """Keep which output a student preferred; of several votes on one input the last counts."""
    note(Judged(vote.comparison, vote.input_number, vote.preferred, vote.blind))


def vote_on(comparison: str, input_number: int) -> Vote | None:
    """Return what this visitor preferred for an input of a comparison, if they said it."""
    from core.voting import Vote

    for judged in reversed(work().of(Judged)):
        if (judged.comparison, judged.input_number) == (comparison, input_number):
            return Vote(comparison, input_number, judged.preferred, judged.blind)
    return None
