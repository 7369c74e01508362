"""What a database says when something is wrong, in words for those who wait for it."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import StrEnum
from pathlib import Path

from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, SQLAlchemyError, TimeoutError

from core.errors import StoreError
from core.logs import log_problem
from core.storage.address import SETTING, told

_NEARLY_FULL_BYTES = 1_000_000
_OWNER = "Whoever runs the lab:"


class Trouble(StrEnum):
    """Why the store cannot be used."""

    UNREACHABLE = "unreachable"
    LOCKED_OUT = "locked out"
    FULL = "full"
    READ_ONLY = "read only"
    BUSY = "busy"
    DAMAGED = "damaged"
    UNKNOWN = "unknown"


_WORDS = {
    Trouble.UNREACHABLE: (
        "The database that keeps the work cannot be reached.",
        f"{_OWNER} see that it runs, and that {SETTING} names it.",
    ),
    Trouble.LOCKED_OUT: (
        "The database that keeps the work does not let the lab in.",
        f"{_OWNER} see that it exists, and check user and password in {SETTING}.",
    ),
    Trouble.FULL: (
        "The disk that keeps the work is full.",
        f"{_OWNER} make room on it.",
    ),
    Trouble.READ_ONLY: (
        "The place that keeps the work can be read but not written to.",
        f"{_OWNER} let the lab write there, or name another place in {SETTING}.",
    ),
    Trouble.BUSY: (
        "The database that keeps the work is too busy to answer.",
        "It is tried again by itself.",
    ),
    Trouble.DAMAGED: (
        "The file that keeps the work is damaged.",
        f"{_OWNER} put back a copy of it, or move it away and the lab begins a new one.",
    ),
    Trouble.UNKNOWN: (
        "The database that keeps the work answers with an error.",
        f"{_OWNER} the lab's log has its code.",
    ),
}

_SQLITE = {
    "SQLITE_FULL": Trouble.FULL,
    "SQLITE_READONLY": Trouble.READ_ONLY,
    "SQLITE_PERM": Trouble.READ_ONLY,
    "SQLITE_CANTOPEN": Trouble.UNREACHABLE,
    "SQLITE_BUSY": Trouble.BUSY,
    "SQLITE_LOCKED": Trouble.BUSY,
    "SQLITE_CORRUPT": Trouble.DAMAGED,
    "SQLITE_NOTADB": Trouble.DAMAGED,
}

# The beginnings of SQLSTATEs (https://www.postgresql.org/docs/current/errcodes-appendix.html).
_POSTGRESQL = {
    "08": Trouble.UNREACHABLE,
    "57P": Trouble.UNREACHABLE,
    "28": Trouble.LOCKED_OUT,
    "3D000": Trouble.LOCKED_OUT,
    "53100": Trouble.FULL,
    "25006": Trouble.READ_ONLY,
    "42501": Trouble.READ_ONLY,
    "53": Trouble.BUSY,
    "55P03": Trouble.BUSY,
    "57014": Trouble.BUSY,
    "40": Trouble.BUSY,
}

# While connecting there are no codes. Of the text only these phrases go to the log.
_CONNECTING = {
    "authentication failed": Trouble.LOCKED_OUT,
    "no password supplied": Trouble.LOCKED_OUT,
    "pg_hba.conf": Trouble.LOCKED_OUT,
    "does not exist": Trouble.LOCKED_OUT,
    "too many": Trouble.BUSY,
    "starting up": Trouble.UNREACHABLE,
    "shutting down": Trouble.UNREACHABLE,
    "refused": Trouble.UNREACHABLE,
    "timeout": Trouble.UNREACHABLE,
    "resolve": Trouble.UNREACHABLE,
    "SSL": Trouble.UNREACHABLE,
}

_SYSTEM = {
    errno.ENOSPC: Trouble.FULL,
    errno.EDQUOT: Trouble.FULL,
    errno.EROFS: Trouble.READ_ONLY,
    errno.EACCES: Trouble.READ_ONLY,
    errno.EPERM: Trouble.READ_ONLY,
}


@contextmanager
def in_words(url: URL) -> Iterator[None]:
    """Turn what the database or the disk refuses into a StoreError, and its code into the log.

    The library's own text goes nowhere: it can hold what a learner wrote, or a name and a host.
    """
    try:
        yield
    except (SQLAlchemyError, OSError) as error:
        trouble, code = _judge(error, url)
        log_problem(
            "store failed", trouble=trouble, error=type(error).__name__, code=code, where=told(url)
        )
        message, next_step = _WORDS[trouble]
        # SQLite needs files beside its own to read it, which a closed disk does not let it make.
        readable = trouble in (Trouble.FULL, Trouble.READ_ONLY) and code != "SQLITE_CANTOPEN"
        raise StoreError(message, next_step=next_step, readable=readable) from None


def _judge(error: SQLAlchemyError | OSError, url: URL) -> tuple[Trouble, str]:
    if isinstance(error, TimeoutError):
        return Trouble.BUSY, "pool"
    if isinstance(error, OSError):
        return _SYSTEM.get(error.errno or 0, Trouble.UNREACHABLE), str(error.errno)
    if not isinstance(error, DBAPIError):
        return Trouble.UNKNOWN, ""
    if url.get_backend_name() == "sqlite":
        code = str(getattr(error.orig, "sqlite_errorname", ""))
        return _judge_sqlite(code, url), code
    state = getattr(error.orig, "sqlstate", None)
    if state is None:  # it did not come to a connection, or the connection is gone
        heard = next((phrase for phrase in _CONNECTING if phrase in str(error.orig)), "")
        return _CONNECTING.get(heard, Trouble.UNREACHABLE), heard
    known = max((start for start in _POSTGRESQL if state.startswith(start)), key=len, default="")
    return _POSTGRESQL.get(known, Trouble.UNKNOWN), state


def _judge_sqlite(code: str, url: URL) -> Trouble:
    file = Path(str(url.database))
    if code.startswith("SQLITE_IOERR"):
        # A full disk shows so where SQLite cannot grow the files beside its own.
        with suppress(OSError):
            if shutil.disk_usage(file.parent).free < _NEARLY_FULL_BYTES:
                return Trouble.FULL
        return Trouble.UNREACHABLE
    if code == "SQLITE_CANTOPEN" and file.is_file() and not os.access(file.parent, os.W_OK):
        return Trouble.READ_ONLY
    return _SQLITE.get("_".join(code.split("_")[:2]), Trouble.UNKNOWN)
