"""A learner's work as one visit sees it: read once, kept up to date with other tabs, added to."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import Protocol

from core.logs import log_problem
from core.work.entries import Entry
from core.work.json_form import UnreadableRecord, from_record, to_record
from core.work.record import Record
from core.work.work import Work


class Saves(Protocol):
    """Keeps records of learners, even if not at once."""

    def save(self, learner: str, record: Record) -> None:
        """Keep `record`; a store that is away is no error."""
        ...

    def records(self, learner: str, last: int = 0) -> tuple[tuple[int, Record], ...]:
        """Return what is kept of `learner` after the number `last`; 0 for what has none yet."""
        ...

    def delete(self, learner: str) -> None:
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

    @property
    def work(self) -> Work:
        """What is known to have been done; `refresh` looks for what came from elsewhere."""
        return self._work

    def refresh(self) -> Work:
        """Take in what was saved since, by this visit or by another, and return all."""
        with self._lock:
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
            self._seen.add(record.uid)
            self._work = self._work.plus([from_record(record)])
        self._saver.save(self.learner, record)

    def add_records(self, records: Iterable[Record]) -> int:
        """Take in records as they are, each once; return how many were new here.

        For what was done elsewhere.

        Raises:
            UnreadableRecord: one is none that this lab understands; then none is taken in.
        """
        read = [(record, from_record(record)) for record in records]
        with self._lock:
            fresh = []
            for record, done in read:
                if record.uid not in self._seen:
                    self._seen.add(record.uid)
                    fresh.append((record, done))
            self._work = self._work.plus(done for _, done in fresh)
        for record, _ in fresh:
            self._saver.save(self.learner, record)
        return len(fresh)

    def delete(self) -> None:
        """Forget everything that this learner did, here and in the store."""
        with self._lock:
            self._saver.delete(self.learner)
            self._work, self._last = Work(), 0
            self._seen.clear()
