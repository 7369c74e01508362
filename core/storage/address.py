"""Where the store is: the owner's setting, which has a password in it and is never repeated."""

from __future__ import annotations

import os
from collections.abc import Mapping

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from core.errors import StoreError
from core.settings import data_folder

SETTING = "OPEN_MODEL_LAB_DATABASE"
_POSTGRESQL = {"postgres", "postgresql", "postgresql+psycopg"}
_SQLITE = {"sqlite", "sqlite+pysqlite"}


def database_address(environment: Mapping[str, str] = os.environ) -> URL:
    """Return the database that `OPEN_MODEL_LAB_DATABASE` names, or a file in the data folder.

    Raises:
        StoreError: it names no database that the lab can use.
    """
    text = environment.get(SETTING, "").strip()
    if not text:
        file = data_folder(environment) / "work.sqlite"
        return URL.create("sqlite", database=str(file))
    return read_address(text)


def read_address(text: str) -> URL:
    """Return the address `text`; every way to write PostgreSQL means psycopg 3.

    Raises:
        StoreError: it is no address of SQLite or PostgreSQL.
    """
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise _useless("is not the address of a database") from None
    if "@" in (url.host or ""):
        raise _useless("has an @ inside the password, which has to be written as %40")
    if url.drivername in _POSTGRESQL:
        return url.set(drivername="postgresql+psycopg")
    if url.drivername not in _SQLITE:
        raise _useless("names a database that is neither SQLite nor PostgreSQL")
    if url.database in (None, "", ":memory:"):
        raise _useless("names no file")
    return url


def told(url: URL) -> str:
    """Return what of `url` may stand in a log: neither user nor password nor options."""
    place = f"{url.host}/{url.database}" if url.host else str(url.database)
    return f"{url.get_backend_name()}: {place}"


def _useless(why: str) -> StoreError:
    return StoreError(
        f"Nothing can be saved: {SETTING} {why}.",
        next_step=f"Whoever runs the lab: write {SETTING} like sqlite:////srv/lab/work.sqlite or "
        "postgresql://user:password@host/database, and start the lab again.",
    )
