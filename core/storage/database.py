"""The connection to SQLite or PostgreSQL: bounded in number and in time, safe with many writers."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import URL, Connection, Engine

from core.storage.failures import in_words

_CONNECT_S = 3
_BUSY_S = 5
_STATEMENT_S = 10
_POOL = {"pool_size": 5, "max_overflow": 5, "pool_timeout": _BUSY_S, "pool_pre_ping": True}

_PSYCOPG = {
    "connect_timeout": _CONNECT_S,
    # A network that swallows everything is noticed in seconds, not in a quarter of an hour.
    "tcp_user_timeout": _STATEMENT_S * 1000,
    "keepalives_idle": 30,
    # Statements that are prepared on the server do not pass poolers such as PgBouncer.
    "prepare_threshold": None,
    "application_name": "open-model-lab",
}


class Database:
    """One database for all threads of this process; `prepare` makes or checks its tables."""

    def __init__(self, url: URL, *, prepare: Callable[[Database], None]) -> None:
        self.url = url
        self.is_sqlite = url.get_backend_name() == "sqlite"
        self.engine = _sqlite(url) if self.is_sqlite else _postgresql(url)
        self._prepare = prepare
        self._preparing = threading.Lock()
        self._prepared: tuple[int, int] | bool = False

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that writes nothing.

        Raises:
            StoreError: the database cannot be used now.
        """
        with in_words(self.url), self._prepared_transaction(writes=False) as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that is kept for good when the block ends, and never was if it raises.

        Raises:
            StoreError: the database cannot be used now.
        """
        with in_words(self.url), self._prepared_transaction(writes=True) as connection:
            yield connection

    @contextmanager
    def transaction(self, *, writes: bool) -> Iterator[Connection]:
        """A transaction in a database whose tables may be missing; for those who make them."""
        with self.engine.connect() as connection:
            connection.execution_options(writes=writes)
            with connection.begin():
                yield connection

    def close(self) -> None:
        """Close what is not in use; the next use opens it anew."""
        self.engine.dispose()

    def wipe(self) -> None:
        """Overwrite what SQLite still holds of deleted lines beside its file, if nobody reads."""
        if not self.is_sqlite:
            return
        with suppress(sa.exc.SQLAlchemyError), self.engine.connect() as connection:
            link = connection.connection
            link.execute("PRAGMA busy_timeout = 200")
            link.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            link.execute(f"PRAGMA busy_timeout = {_BUSY_S * 1000}")

    @contextmanager
    def _prepared_transaction(self, *, writes: bool) -> Iterator[Connection]:
        try:
            self._make_ready()
            with self.transaction(writes=writes) as connection:
                yield connection
        except (sa.exc.SQLAlchemyError, OSError):
            self._prepared = False  # it may be another database, or an empty one, when it is back
            raise

    def _make_ready(self) -> None:
        """Prepare the database if nobody has, or if its file was taken away or exchanged."""
        if self._is_ready():
            return
        # Who waits here for somebody who finds no database need not try for as long again.
        if not self._preparing.acquire(timeout=_CONNECT_S):
            raise TimeoutError
        try:
            if not self._is_ready():
                self.engine.dispose()  # connections to a file that is gone write into nothing
                if (file := self._file()) is not None:
                    _create_private(file)
                self._prepare(self)
                self._prepared = self._identity()
        finally:
            self._preparing.release()

    def _is_ready(self) -> bool:
        return self._prepared is not False and self._prepared == self._identity()

    def _file(self) -> Path | None:
        database = self.url.database or ""
        return Path(database) if self.is_sqlite and not database.startswith("file:") else None

    def _identity(self) -> tuple[int, int] | bool:
        file = self._file()
        if file is None:
            return True
        try:
            found = file.stat()
        except OSError:
            return False
        return found.st_dev, found.st_ino


def _sqlite(url: URL) -> Engine:
    engine = sa.create_engine(
        url,
        connect_args={"timeout": _BUSY_S},
        hide_parameters=True,
        poolclass=sa.QueuePool,
        **_POOL,
    )

    @sa.event.listens_for(engine, "connect")
    def set_up(connection: Any, _: object) -> None:
        connection.isolation_level = None  # transactions begin where `begin` below says
        # A commit waits for the disk, so that not even a power cut takes what was acknowledged.
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA secure_delete = ON")
        # Readers and the writer do not wait for each other. On a disk that can only be read, or
        # while another process makes the same change, it stays as it is, which is as safe.
        with suppress(connection.OperationalError):
            connection.execute("PRAGMA journal_mode = WAL")

    @sa.event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A writer that began as a reader would be refused, not kept waiting, when another wrote.
        writes = connection.get_execution_options().get("writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _postgresql(url: URL) -> Engine:
    engine = sa.create_engine(
        url,
        connect_args=_PSYCOPG,
        hide_parameters=True,
        # What another committed is seen as soon as its lock is ours.
        isolation_level="READ COMMITTED",
        **_POOL,
    )

    @sa.event.listens_for(engine, "connect")
    def set_up(connection: Any, _: object) -> None:
        connection.autocommit = True
        connection.execute(f"SET statement_timeout = '{_STATEMENT_S}s'")
        connection.execute(f"SET lock_timeout = '{_BUSY_S}s'")
        connection.autocommit = False

    return engine


def _create_private(file: Path) -> None:
    """Make an empty `file` that its owner alone may read; SQLite's side files follow it."""
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))
