"""The store with patience: what learners do is saved at once, or as soon as that is possible.

One thread writes for everybody, so that a learner's records keep their order, those that come
together share a transaction, and no page waits longer than a moment, whatever the database does.
"""

from __future__ import annotations

import atexit
import threading
import time
from collections.abc import Callable, Sequence
from typing import Protocol

from core.errors import LabError, StoreError
from core.logs import log, log_problem
from core.once import Once
from core.storage.encoding import Parcel, decode, encode, parcels
from core.storage.keys import is_learner
from core.storage.pending import Pending, Waiting
from core.storage.telling import not_deleted, not_kept, not_saved, not_shown
from core.work.record import Record

_PATIENCE_S = 2.0
_PAUSES_S = (1.0, 2.0, 4.0, 8.0, 16.0, 30.0)
# The writing thread ends when nothing happens for so long.
_IDLE_S = 10.0


class Store(Protocol):
    """What is written to and read from; every method may raise StoreError."""

    def write(self, parcels: Sequence[Parcel]) -> list[LabError | None]:
        """Keep parcels in one transaction; None for each, or why it is refused."""

    def after(self, learner: str, last: int = 0) -> tuple[tuple[int, Record], ...]:
        """Return what was kept since the id `last`, oldest first."""

    def delete(self, learner: str) -> int:
        """Delete all of a learner."""

    def check(self) -> None:
        """Do nothing, if the database could take a record now."""

    def close(self) -> None:
        """Close what is not in use."""


class Saver:
    """Saves for all learners of this process; every method may be called from any thread.

    `open_store` is called when the store is first needed, since it takes long to load.
    """

    def __init__(
        self,
        open_store: Callable[[], Store],
        *,
        pending: Pending | None = None,
        patience_s: float = _PATIENCE_S,
        pauses_s: Sequence[float] = _PAUSES_S,
    ) -> None:
        self._open = Once(open_store)
        self._patience_s = patience_s
        self._pauses_s = pauses_s
        self._writing = threading.Lock()  # held while the database is written to
        self._changed = threading.Condition()  # holds everything below
        self._pending = Pending() if pending is None else pending
        self._thread: threading.Thread | None = None
        self._wanted = False
        self._closed = False
        self._busy_since_s: float | None = None
        self._away: StoreError | None = None
        self._failures = 0
        self._retry_at_s = 0.0
        # Why something of a learner was not taken in or is refused, until something later is kept.
        self._lost: dict[str, tuple[float, LabError]] = {}

    def save(self, learner: str, record: Record) -> None:
        """Save `record`: when this returns it is kept, or `problem` tells why it is not yet.

        Raises:
            BadInputError: it is too large.
            LabError: there is no more room for this learner.
        """
        self.save_all(learner, (record,))

    def save_all(self, learner: str, records: Sequence[Record]) -> frozenset[str]:
        """Save `records` in their order, as `save` does; nothing is saved if one is too large.

        Returns the uids of those for which there was no room while the store is away; they may be
        given again.
        """
        if not is_learner(learner):
            raise ValueError("that is no learner as learner_of() returns it")
        given = parcels(learner, [encode(record) for record in records])
        left = [parcel for parcel in given if not self._save(parcel)]
        return frozenset(record.uid for parcel in left for record in parcel.records)

    def records(self, learner: str, last: int = 0) -> tuple[tuple[int, Record], ...]:
        """Return what `learner` did since the id `last`, oldest first, saved or not.

        What is not saved yet has the id 0 and comes last; later it comes again with its id, so
        whoever keeps records knows them by their `uid`. While the store cannot be read only those
        are returned, and `problem` tells.
        """
        with self._changed:
            pending = [
                record for each in self._pending.of(learner) for record in each.parcel.records
            ]
            reason = self._absent()
        stored: tuple[tuple[int, Record], ...] = ()
        if reason is None or reason.readable:
            try:
                stored = self._open().after(learner, last)
            except StoreError as error:
                self._note_failure(error)
        known = {record.uid for _, record in stored}
        return stored + tuple((0, decode(each)) for each in pending if each.uid not in known)

    def problem(self, learner: str) -> LabError | None:
        """Return what of `learner` is not saved, and why, for the screen; None if all is well."""
        with self._changed:
            if learner in self._lost:
                return self._lost[learner][1]
            waiting = sum(len(each.parcel.records) for each in self._pending.of(learner))
            reason = self._absent()
        if reason is None:
            return None
        if waiting:
            return not_saved(waiting, reason)
        return None if reason.readable else not_shown(reason)

    def delete(self, learner: str) -> int:
        """Delete all that `learner` did, saved or not, and return how many saved records it was.

        Nothing that was given to `save` before this call is written after it.

        Raises:
            StoreError: the store cannot be reached; what was saved is still there.
        """
        with self._changed:
            self._drop(learner)
        if not self._writing.acquire(timeout=self._patience_s):
            raise not_deleted(StoreError("The database that keeps the work does not answer."))
        try:
            with self._changed:
                self._drop(learner)  # what came while the writer was waited for
            return self._open().delete(learner)
        except StoreError as error:
            self._note_failure(error)
            raise not_deleted(error) from None
        finally:
            self._writing.release()

    def prepare(self) -> None:
        """Begin to open the store, without waiting, so that the first to save need not."""
        with self._changed:
            self._wanted = True
            self._wake()

    def flush(self, timeout_s: float = 10.0) -> bool:
        """Wait until everything is saved, trying at once; tell whether it is."""
        with self._changed:
            self._retry_at_s = 0.0
            self._wake()
            return self._changed.wait_for(lambda: not len(self._pending), timeout_s)

    def close(self, *, timeout_s: float = _PATIENCE_S) -> None:
        """Stop writing, after one more try; what is not saved then is gone."""
        if len(self._pending):
            self.flush(timeout_s)
        with self._changed:
            self._closed = True
            self._changed.notify_all()
            thread = self._thread
        if thread is not None:
            thread.join(timeout_s)
        if self._open.made is not None:
            self._open.made.close()

    def _save(self, parcel: Parcel) -> bool:
        """Save a parcel, or have it wait; tell whether there was room for it to wait."""
        with self._changed:
            waiting = self._pending.take_in(parcel, now_s=time.monotonic())
            if waiting is None:
                self._lose(parcel.learner, not_kept(self._absent()))
                return False
            self._wake()
            self._changed.wait_for(
                lambda: waiting.ended or self._closed or self._absent() is not None,
                self._patience_s,
            )
            if waiting.refusal is not None:
                raise waiting.refusal
            return True

    def _absent(self) -> StoreError | None:
        """Return why nobody should wait for the store now; None if it can be expected to answer."""
        if self._away is not None:
            return self._away
        since_s = self._busy_since_s
        if since_s is not None and time.monotonic() - since_s >= self._patience_s:
            return StoreError("The database that keeps the work takes long to answer.")
        return None

    def _wake(self) -> None:
        if self._thread is None and not self._closed:
            self._thread = threading.Thread(target=self._write, name="saving", daemon=True)
            self._thread.start()
        self._changed.notify_all()

    def _write(self) -> None:
        while self._wait_for_work():
            with self._writing:
                with self._changed:
                    chosen = self._pending.first()
                    self._busy_since_s = time.monotonic()
                outcomes, trouble = self._attempt([waiting.parcel for waiting in chosen])
                with self._changed:
                    self._busy_since_s = None
                    if trouble is None:
                        self._kept(chosen, outcomes)
                    self._changed.notify_all()
            if trouble is not None:
                self._note_failure(trouble)

    def _wait_for_work(self) -> bool:
        """Wait until something is to be done; False if the thread is not needed any more."""
        with self._changed:
            while not self._closed:
                pause_s: float | None = None
                if self._away is not None:
                    pause_s = self._retry_at_s - time.monotonic()
                elif not self._idle():
                    pause_s = 0.0
                if pause_s is not None and pause_s <= 0:
                    return True
                woken = self._changed.wait(_IDLE_S if pause_s is None else pause_s)
                # Something may have come in the moment in which the wait ended.
                if not woken and pause_s is None and self._idle():
                    break
            self._thread = None
            return False

    def _idle(self) -> bool:
        return self._away is None and not len(self._pending) and not self._wanted

    def _attempt(self, chosen: list[Parcel]) -> tuple[list[LabError | None], StoreError | None]:
        try:
            if chosen:
                return self._open().write(chosen), None
            self._open().check()
            return [], None
        except StoreError as error:
            return [], error
        except Exception as error:  # noqa: BLE001
            # Nobody would ever save again without this thread.
            log_problem("saving failed unexpectedly", error=type(error).__name__)
            return [], StoreError("The database that keeps the work answers with an error.")

    def _kept(self, chosen: list[Waiting], outcomes: list[LabError | None]) -> None:
        if self._away is not None:
            log("store is back", pending=len(self._pending))
        self._away, self._failures, self._wanted = None, 0, False
        for waiting, refusal in zip(chosen, outcomes, strict=False):
            learner = waiting.parcel.learner
            waiting.refusal = refusal
            if refusal is not None:
                self._lose(learner, refusal)
            elif self._lost.get(learner, (0.0,))[0] < waiting.since_s:
                self._lost.pop(learner, None)
        self._pending.end(chosen)

    def _note_failure(self, trouble: StoreError) -> None:
        with self._changed:
            if self._away is None:
                log_problem("store is away", pending=len(self._pending))
                self._failures = 0
            pause_s = self._pauses_s[min(self._failures, len(self._pauses_s) - 1)]
            self._away, self._failures = trouble, self._failures + 1
            self._retry_at_s = time.monotonic() + pause_s
            self._wake()

    def _lose(self, learner: str, why: LabError) -> None:
        self._lost[learner] = (time.monotonic(), why)
        while len(self._lost) > 1_000:
            del self._lost[next(iter(self._lost))]

    def _drop(self, learner: str) -> None:
        self._pending.end(list(self._pending.of(learner)))
        self._lost.pop(learner, None)
        self._changed.notify_all()


@Once
def saver() -> Saver:
    """Return what saves for this process; the store is opened when it is first needed."""
    made = Saver(_open_store)
    atexit.register(made.close)
    return made


def _open_store() -> Store:
    from core.storage.address import database_address
    from core.storage.store import WorkStore

    return WorkStore(database_address())
