"""A passport from somewhere, checked from its size to its last field before anything is taken in.

One damaged record refuses the whole file: half a restored lab would be worse than none.
"""

from __future__ import annotations

import math
import re
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from core.errors import LabError
from core.passport.bounded_json import HostileJson, parse
from core.passport.plausible import is_plausible
from core.passport.sealing import digest_of, size_bytes
from core.passport.types import (
    FORMAT,
    MAX_BODY_BYTES,
    MAX_RECORDS,
    VERSION,
    Passport,
    PassportError,
)
from core.version import LAB_VERSION
from core.work.entries import Run
from core.work.json_form import from_record, record_of
from core.work.record import Record

_DAY_S = 86_400.0
_UID = re.compile(r"[0-9a-f]{32}")
_FIELDS = {"format", "version", "lab", "made", "records", "digest"}
_RECORD_FIELDS = {"kind", "uid", "created_s", "body"}

_CHOOSE_ANOTHER = "Choose the passport that you downloaded from My lab, a file that ends in .json."
_ORIGINAL = "Use the file as it was downloaded, or download it again where you worked."

# What makes a passport of a version into one of the next, by the version that it reads.
Migration = Callable[[Mapping[str, Any]], dict[str, Any]]
MIGRATIONS: dict[int, Migration] = {}

# One at a time: while it is read, a file takes many times its size.
_reading = threading.Lock()


def read_passport(raw: bytes, *, clock: Callable[[], float] = time.time) -> Passport:
    """Return the passport in `raw`, in which every record is one that this lab understands.

    Raises:
        PassportError: it is none, too new, changed after it was written, or damaged.
    """
    with _reading:
        try:
            fields = parse(raw)
        except HostileJson as error:
            raise PassportError(
                f"This is no passport of the lab. {error.message}", next_step=_CHOOSE_ANOTHER
            ) from error
        return _passport(_migrated(_checked(fields)), clock())


def _checked(fields: Any) -> Mapping[str, Any]:
    if not isinstance(fields, dict) or fields.get("format") != FORMAT:
        raise PassportError(
            "This is no passport of the lab, but another file.", next_step=_CHOOSE_ANOTHER
        )
    version = fields.get("version")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise _damaged("its version is no number")
    if version > VERSION:
        lab = _shown(fields.get("lab"))
        raise PassportError(
            f"This passport is too new: Open Model Lab {lab} wrote it in version {version}, and "
            f"this lab ({LAB_VERSION}) reads passports up to version {VERSION}.",
            next_step=f"Restore it in Open Model Lab {lab} or newer, or have this lab updated.",
        )
    try:
        digest = digest_of(fields)
    except UnicodeEncodeError as error:
        raise _damaged("it holds half a character") from error
    if fields.get("digest") != digest:
        raise PassportError(
            "This passport was changed after the lab had written it: its contents and its digest "
            "do not belong together.",
            next_step=_ORIGINAL,
        )
    return fields


def _migrated(fields: Mapping[str, Any]) -> Mapping[str, Any]:
    for version in range(fields["version"], VERSION):
        fields = MIGRATIONS[version](fields)
    return fields


def _passport(fields: Mapping[str, Any], now_s: float) -> Passport:
    if set(fields) != _FIELDS:
        raise _damaged("it has other fields than a passport")
    if not isinstance(fields["lab"], str) or not isinstance(fields["made"], str):
        raise _damaged("it does not say which lab wrote it, and when")
    try:
        made = datetime.fromisoformat(fields["made"])
        made_s = made.timestamp() if made.tzinfo else math.nan
    except (ValueError, OverflowError) as error:
        raise _damaged("it does not say when it was written") from error
    if not 0 <= made_s <= now_s + _DAY_S:
        raise _damaged("it was not written at a time that can be")
    listed = fields["records"]
    if not isinstance(listed, list):
        raise _damaged("its records are no list")
    if len(listed) > MAX_RECORDS:
        raise PassportError(
            f"This passport has {len(listed):,} records, more than the {MAX_RECORDS:,} that the "
            "lab keeps of anybody.",
            next_step=_CHOOSE_ANOTHER,
        )
    records = tuple(_record(place, one, now_s) for place, one in enumerate(listed, start=1))
    if len({record.uid for record in records}) != len(records):
        raise _damaged("two of its records have the same name")
    return Passport(fields["version"], _shown(fields["lab"]), made.astimezone(UTC), records)


def _record(place: int, fields: Any, now_s: float) -> Record:
    """Return a record in the very form in which this lab writes it: nothing else comes along."""
    where = f"record {place}"
    if not isinstance(fields, dict) or set(fields) != _RECORD_FIELDS:
        raise _damaged(f"{where} has other fields than a record")
    kind, uid, created_s, body = (fields[name] for name in ("kind", "uid", "created_s", "body"))
    if not isinstance(kind, str) or not isinstance(body, dict):
        raise _damaged(f"{where} has no kind or no contents")
    if not isinstance(uid, str) or not _UID.fullmatch(uid):
        raise _damaged(f"{where} has no name of its own")
    if isinstance(created_s, bool) or not isinstance(created_s, int | float):
        raise _damaged(f"{where} has no time")
    if not 0 <= created_s <= now_s + _DAY_S:
        raise _damaged(f"{where} was not made at a time that can be")
    try:
        done = from_record(Record(kind, body, float(created_s), uid))
    except LabError as error:
        raise _damaged(f"{where}: {error.message}") from error
    if isinstance(done.what, Run) and done.what.request.learner:
        raise _damaged(f"{where} says whose run it was, which no passport does")
    if not is_plausible(done.what):
        raise _damaged(f"{where} has a number that nobody can have measured")
    record = record_of(done)
    if size_bytes(record.body) > MAX_BODY_BYTES:
        raise _damaged(f"{where} is larger than {MAX_BODY_BYTES / 1e6:g} MB")
    return record


def _damaged(what: str) -> PassportError:
    return PassportError(f"This passport is damaged: {what}.", next_step=_ORIGINAL)


def _shown(version: object) -> str:
    """Return the name of a lab's version, which may be anything, as a few letters."""
    letters = "".join(c for c in str(version)[:20] if c.isascii() and (c.isalnum() or c in ".-+"))
    return letters or "?"
