"""A learner's work as one visit sees it: read once, kept up to date with other tabs, added to."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from typing import Protocol

from core.errors import LabError
from core.logs import log_problem
from core.work.entries import Entry
from core.work.json_form import UnreadableRecord, from_record, to_record
from core.work.record import Record
from core.work.work import Work


class Saves(Protocol):
    """Keeps records of learners, even if not at once."""

    def save_all(self, learner: str, records: Sequence[Record]) -> frozenset[str]:
        """Keep `records`, in their order; a store that is away is no error.

        Returns the uids of those that it has no room for now.
        """
        ...

    def records(self, learner: str, last: int = 0) -> tuple[tuple[int, Record], ...]:
        """Return what is kept of `learner` after the number `last`; 0 for what has none yet."""
        ...

    def problem(self, learner: str) -> LabError | None:
        """Return what of `learner` is not saved, and why; None if all is well."""
        ...

    def delete(self, learner: str) -> int:
        """Forget all of `learner`."""
        ...


class WorkBook:
    """The work of one learner. Any thread may call it: results come from threads of their own."""

    def __init__(self, learner: str, saver: Saves) -> None:
        self.learner = learner
        self._saver = saver
        self._lock = threading.RLock()
        self._last = 0
        self._seen: set[str] = set()
        self._work = Work()
        self._refused: LabError | None = None
        self._waiting: list[Record] = []
        self._deleted = False

    @property
    def work(self) -> Work:
        """What is known to have been done; `refresh` looks for what came from elsewhere."""
        return self._work

    def refresh(self) -> Work:
        """Take in what was saved since, by this visit or by another, and return all."""
        with self._lock:
            if self._waiting:
                self._save(())
            fresh = []
            for number, record in self._saver.records(self.learner, self._last):
                self._last = max(self._last, number)
                if record.uid in self._seen:
                    continue
                self._seen.add(record.uid)
                try:
                    fresh.append(from_record(record))
                except UnreadableRecord as error:
                    # Written by a newer lab, perhaps: it stays in the store, and the rest counts.
                    log_problem("record skipped", kind=record.kind[:40], why=error.message)
            if fresh:
                self._work = self._work.plus(fresh)
            return self._work

    def add(self, what: Entry) -> None:
        """Note that `what` was done, now."""
        record = to_record(what)
        with self._lock:
            if self._deleted or record.uid in self._seen:
                return  # a run that ended after all was deleted, or what another tab kept already
            self._seen.add(record.uid)
            self._work = self._work.plus([from_record(record)])
            # Under the lock, so that nothing is saved after it was deleted.
            self._save([record])

    def add_records(self, records: Iterable[Record]) -> int:
        """Take in records as they are, each once; return how many were new here.

        For what was done elsewhere.

        Raises:
            UnreadableRecord: one is none that this lab understands; then none is taken in.
        """
        read = [(record, from_record(record)) for record in records]
        fresh = []
        with self._lock:
            for record, done in read:
                if record.uid not in self._seen:
                    self._seen.add(record.uid)
                    fresh.append((record, done))
            self._work = self._work.plus(done for _, done in fresh)
            self._save([record for record, _ in fresh])
        return len(fresh)

    def problem(self) -> LabError | None:
        """Return what is not saved, and why, for the screen; None if all is well."""
        return self._saver.problem(self.learner) or self._refused

    def delete(self) -> None:
        """Forget everything that this learner did, here and in the store; the book ends with it.

        Raises:
            LabError: the store cannot be reached; nothing is forgotten.
        """
        with self._lock:
            self._saver.delete(self.learner)
            self._deleted = True
            self._work, self._last = Work(), 0
            self._seen.clear()
            self._refused = None
            self._waiting.clear()

    def _save(self, records: Sequence[Record]) -> None:
        """Save `records`, after those that there was no room for before."""
        given = [*self._waiting, *records]
        try:
            left = self._saver.save_all(self.learner, given)
        except LabError as error:  # too large, or too much: what was done is still there to see
            self._refused = error
            return
        self._refused = None
        self._waiting = [record for record in given if record.uid in left]
