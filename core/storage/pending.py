"""What waits to be written: in order, and within bounds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from core.errors import LabError
from core.storage.encoding import Parcel

MOST_RECORDS = 5_000
MOST_BYTES = 64_000_000
# One learner cannot take the room of all others.
_SHARE = 4
# What is written in one transaction, so that it takes no longer than a moment.
_BATCH_RECORDS = 500
_BATCH_BYTES = 8_000_000


@dataclass(eq=False)
class Waiting:
    """A parcel in line; `ended` once it is kept, refused or dropped."""

    parcel: Parcel
    since_s: float
    ended: bool = False
    refusal: LabError | None = None


class Pending:
    """Parcels in the order in which they came; its user sees to it that one thread is in it."""

    def __init__(self, *, most_records: int = MOST_RECORDS, most_bytes: int = MOST_BYTES) -> None:
        self._most_records = most_records
        self._most_bytes = most_bytes
        self._line: list[Waiting] = []
        self._records: Counter[str] = Counter()
        self._bytes: Counter[str] = Counter()

    def __len__(self) -> int:
        return self._records.total()

    def take_in(self, parcel: Parcel, *, now_s: float) -> Waiting | None:
        """Put `parcel` in line; None if there is no room, for all or for its learner.

        What waits already stays: its learner was told that it will be saved. Who comes too late
        still has the newest on the screen.
        """
        records, size_bytes = len(parcel.records), parcel.size_bytes
        if (
            self._records.total() + records > self._most_records
            or self._bytes.total() + size_bytes > self._most_bytes
            or self._records[parcel.learner] + records > self._most_records // _SHARE
            or self._bytes[parcel.learner] + size_bytes > self._most_bytes // _SHARE
        ):
            return None
        waiting = Waiting(parcel, now_s)
        self._line.append(waiting)
        self._records[parcel.learner] += records
        self._bytes[parcel.learner] += size_bytes
        return waiting

    def first(self) -> list[Waiting]:
        """Return who is to be written next: the first in line, and those that fit beside it."""
        chosen: list[Waiting] = []
        records = size_bytes = 0
        for waiting in self._line:
            records += len(waiting.parcel.records)
            size_bytes += waiting.parcel.size_bytes
            if chosen and (records > _BATCH_RECORDS or size_bytes > _BATCH_BYTES):
                break
            chosen.append(waiting)
        return chosen

    def of(self, learner: str) -> Iterator[Waiting]:
        """Yield what waits of `learner`, oldest first."""
        return (waiting for waiting in self._line if waiting.parcel.learner == learner)

    def end(self, ended: list[Waiting]) -> None:
        """Take `ended` out of the line."""
        for waiting in ended:
            if not waiting.ended:
                waiting.ended = True
                learner = waiting.parcel.learner
                self._records[learner] -= len(waiting.parcel.records)
                self._bytes[learner] -= waiting.parcel.size_bytes
                if not self._records[learner]:
                    del self._records[learner], self._bytes[learner]
        self._line = [waiting for waiting in self._line if not waiting.ended]
