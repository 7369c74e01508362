"""Keeps what learners did, line after line: nothing is changed, and nothing is there twice."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import URL, Connection

from core.errors import LabError
from core.logs import log_problem
from core.storage.database import Database
from core.storage.encoding import Encoded, Parcel, decode, encode
from core.storage.keys import is_learner
from core.storage.migrating import prepare
from core.storage.schema import records as table
from core.work.record import Record

MOST_RECORDS = 20_000
MOST_BYTES = 50_000_000
_REMEMBERED = 2_000

_INSERT = sa.text(
    "INSERT INTO records (learner, uid, kind, created_s, body) "
    "VALUES (:learner, :uid, :kind, :created_s, :body) ON CONFLICT (learner, uid) DO NOTHING"
)
# The locks are taken in one order by everybody, so that no two wait for each other.
_LOCK = sa.text(
    "SELECT pg_advisory_xact_lock(number) FROM "
    "(SELECT unnest(CAST(:numbers AS bigint[])) AS number ORDER BY number) AS sorted"
)


@dataclass(frozen=True)
class _Total:
    count: int = 0
    size_bytes: int = 0

    def plus(self, parcel: Parcel) -> _Total:
        return _Total(self.count + len(parcel.records), self.size_bytes + parcel.size_bytes)

    @property
    def fits(self) -> bool:
        return self.count <= MOST_RECORDS and self.size_bytes <= MOST_BYTES


class WorkStore:
    """The records of all learners in one database; any number of threads and processes share it."""

    def __init__(self, url: URL) -> None:
        self.database = Database(url, prepare=prepare)
        # What each learner has at most: who sends a record again is counted twice here, and
        # counted anew in the database before being refused.
        self._totals: OrderedDict[str, _Total] = OrderedDict()
        self._counting = threading.Lock()

    def append(self, learner: str, records: Sequence[Record]) -> None:
        """Keep `records` together or not at all; those that are kept already stay as they are.

        Raises:
            LabError: a record is too large, or there is no more room for this learner.
            StoreError: the database cannot be used now.
        """
        (refusal,) = self.write([Parcel(learner, tuple(encode(record) for record in records))])
        if refusal is not None:
            raise refusal

    def write(self, parcels: Sequence[Parcel]) -> list[LabError | None]:
        """Keep parcels in one transaction; return for each None, or why its learner has no room.

        Raises:
            StoreError: the database cannot be used now; nothing was kept.
        """
        learners = sorted({_checked(parcel.learner) for parcel in parcels})
        outcomes: list[LabError | None] = []
        with self.database.writing() as connection:
            self._lock(connection, learners)
            totals = {learner: self._total(connection, learner) for learner in learners}
            lines: list[dict[str, object]] = []
            for parcel in parcels:
                total: _Total | None = totals[parcel.learner].plus(parcel)
                if total and total.fits:
                    lines += _lines(parcel)
                else:
                    _insert(connection, lines)
                    lines = []
                    total = _squeeze_in(connection, parcel)
                totals[parcel.learner] = total or totals[parcel.learner]
                outcomes.append(None if total else _no_room())
            _insert(connection, lines)
        self._remember(totals)
        return outcomes

    def after(
        self, learner: str, last: int = 0, *, most: int = MOST_RECORDS
    ) -> tuple[tuple[int, Record], ...]:
        """Return what was kept since the id `last`, oldest first, each with its id.

        Ids only grow, and those of one learner come to be seen in their order: who goes on from
        the last id misses nothing.

        Raises:
            StoreError: the database cannot be used now.
        """
        wanted = (
            sa.select(table.c.id, table.c.uid, table.c.kind, table.c.created_s, table.c.body)
            .where(table.c.learner == _checked(learner), table.c.id > last)
            .order_by(table.c.id)
            .limit(most)
        )
        with self.database.reading() as connection:
            lines = connection.execute(wanted).all()
        found = []
        for number, *line in lines:
            try:
                found.append((int(number), decode(Encoded(*line))))
            except ValueError:  # somebody changed it by hand; the rest is still good
                log_problem("record unreadable", id=int(number))
        return tuple(found)

    def count(self, learner: str) -> int:
        """Return how many records of `learner` are kept.

        Raises:
            StoreError: the database cannot be used now.
        """
        with self.database.reading() as connection:
            return _count(connection, _checked(learner)).count

    def delete(self, learner: str) -> int:
        """Delete all that `learner` did, and return how many records that were.

        Raises:
            StoreError: the database cannot be used now; nothing was deleted.
        """
        with self.database.writing() as connection:
            self._lock(connection, [_checked(learner)])
            deleted = connection.execute(sa.delete(table).where(table.c.learner == learner))
        self._remember({learner: _Total()})
        self.database.wipe()
        return deleted.rowcount

    def check(self) -> None:
        """Do nothing, if the database could take a record now.

        Raises:
            StoreError: it could not.
        """
        with self.database.writing() as connection:
            connection.execute(sa.delete(table).where(sa.false()))

    def close(self) -> None:
        """Close the connections that are not in use."""
        self.database.close()

    def _lock(self, connection: Connection, learners: Sequence[str]) -> None:
        """Let nobody else write for `learners` until this transaction ends.

        Without that PostgreSQL could show a record before another one with a lower id. On SQLite
        a writer is alone anyway.
        """
        if not self.database.is_sqlite:
            numbers = [int(learner[:16], 16) - 2**63 for learner in learners]
            connection.execute(_LOCK, {"numbers": numbers})

    def _total(self, connection: Connection, learner: str) -> _Total:
        with self._counting:
            known = self._totals.get(learner)
        return known or _count(connection, learner)

    def _remember(self, totals: Mapping[str, _Total]) -> None:
        with self._counting:
            for learner, total in totals.items():
                self._totals[learner] = total
                self._totals.move_to_end(learner)
            while len(self._totals) > _REMEMBERED:
                self._totals.popitem(last=False)


def _squeeze_in(connection: Connection, parcel: Parcel) -> _Total | None:
    """Insert `parcel` if there is room, some of which may be kept already; return the new total."""
    with connection.begin_nested() as attempt:
        _insert(connection, _lines(parcel))
        total = _count(connection, parcel.learner)
        if total.fits:
            return total
        attempt.rollback()
        return None


def _insert(connection: Connection, lines: list[dict[str, object]]) -> None:
    if lines:
        connection.execute(_INSERT, lines)


def _lines(parcel: Parcel) -> list[dict[str, object]]:
    return [
        {
            "learner": parcel.learner,
            "uid": record.uid,
            "kind": record.kind,
            "created_s": record.created_s,
            "body": record.text,
        }
        for record in parcel.records
    ]


def _count(connection: Connection, learner: str) -> _Total:
    sums = sa.select(sa.func.count(), sa.func.sum(sa.func.length(table.c.body)))
    count, size_bytes = connection.execute(sums.where(table.c.learner == learner)).one()
    return _Total(int(count), int(size_bytes or 0))


def _checked(learner: str) -> str:
    """Return `learner`, unless it is a key by mistake: keys are never written down."""
    if not is_learner(learner):
        raise ValueError("that is no learner as learner_of() returns it")
    return learner


def _no_room() -> LabError:
    return LabError(
        f"This cannot be saved: your work has reached {MOST_RECORDS:,} entries or "
        f"{MOST_BYTES // 10**6} MB, the most for one learner.",
        next_step="Download your work, then delete it here or go on under a new address from Home.",
    )
