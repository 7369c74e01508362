"""What was done in this visit: lessons opened, runs made, the comparison at hand."""

from __future__ import annotations

from secrets import token_hex
from typing import TYPE_CHECKING

import streamlit as st

from core.work.book import WorkBook
from core.work.entries import Entry
from core.work.record import Record
from core.work.work import Work

# Home reads what was done, and need not load what does it.
if TYPE_CHECKING:
    from core.comparing import CompareProgress
    from core.inference.ticket import Ticket
    from core.jobs import Job
    from core.voting import Vote

_READ, _PAGES, _LEARNER = "lessons.read", "explore.read", "visit.learner"
_TRAINED = "finetune.trained"
_TICKETS, _JOB, _VOTES = "test.tickets", "compare.job", "compare.votes"
_MAX_TICKETS = 50


class _Unsaved:
    """Keeps nothing beyond the visit."""

    def save(self, learner: str, record: Record) -> None:
        """Let `record` go: the book of the visit has it."""

    def records(self, learner: str, last: int = 0) -> tuple[tuple[int, Record], ...]:
        """Return nothing: nobody kept anything."""
        return ()

    def delete(self, learner: str) -> None:
        """Forget nothing: nothing was kept."""


def work() -> Work:
    """Return all that was done in this visit."""
    return book().work


def note(what: Entry) -> None:
    """Keep `what`, which was done just now."""
    book().add(what)


def book() -> WorkBook:
    """Return the book in which this visitor's work is written."""
    kept: WorkBook = st.session_state.setdefault("visit.book", WorkBook(learner(), _Unsaved()))
    return kept


def learner() -> str:
    """Return what tells this visitor from the others when many wait in line; it is no name."""
    key: str = st.session_state.setdefault(_LEARNER, token_hex(8))
    return key


def read_lessons() -> set[int]:
    """Return the numbers of the lessons that this visitor has opened; the set is live."""
    numbers: set[int] = st.session_state.setdefault(_READ, set())
    return numbers


def read_pages() -> set[tuple[str, str]]:
    """Return the kind and id of each page opened in Task 1; the set is live."""
    pages: set[tuple[str, str]] = st.session_state.setdefault(_PAGES, set())
    return pages


def trained() -> set[str]:
    """Return the ids of the trainings that this visitor has begun in Task 4; the set is live."""
    ids: set[str] = st.session_state.setdefault(_TRAINED, set())
    return ids


def tickets() -> list[Ticket]:
    """Return the runs of Task 2, oldest first; the list is live."""
    runs: list[Ticket] = st.session_state.setdefault(_TICKETS, [])
    return runs


def add_ticket(ticket: Ticket) -> None:
    """Remember a run of Task 2, and forget the oldest beyond fifty."""
    tickets().append(ticket)
    del tickets()[:-_MAX_TICKETS]


def latest_ticket() -> Ticket | None:
    """Return the last run of Task 2, under way or ended."""
    return tickets()[-1] if tickets() else None


def compare_job() -> Job[CompareProgress] | None:
    """Return the last comparison of Task 3, under way or ended."""
    job: Job[CompareProgress] | None = st.session_state.get(_JOB)
    return job


def set_compare_job(job: Job[CompareProgress]) -> None:
    """Remember a comparison in place of the one before."""
    st.session_state[_JOB] = job


def measured_runs() -> int:
    """Return how many runs the last comparison has measured."""
    job = compare_job()
    return job.latest.done if job is not None and job.latest is not None else 0


def note_vote(vote: Vote) -> None:
    """Remember which output a student preferred, in place of an earlier vote on the same input."""
    votes: dict[tuple[str, int], Vote] = st.session_state.setdefault(_VOTES, {})
    votes[vote.comparison, vote.input_number] = vote


def vote_on(comparison: str, input_number: int) -> Vote | None:
    """Return what this visitor preferred for an input of a comparison, if they said it."""
    vote: Vote | None = st.session_state.get(_VOTES, {}).get((comparison, input_number))
    return vote
