"""A learner's work as one file that restores it elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from core.logs import log_problem
from core.passport.sealing import compact, digest_of, size_bytes
from core.passport.types import FORMAT, MAX_BODY_BYTES, MAX_RECORDS, VERSION
from core.version import LAB_VERSION
from core.work.json_form import record_of
from core.work.work import Work

_SURROGATE = re.compile("[\ud800-\udfff]")
# Less than may be read: however full of numbers it is, it stays within the other bounds as well.
_MAX_BYTES = 4_000_000
_HEAD_BYTES = 2_000  # what stands around the records, generously


def write_passports(
    work: Work, *, made: datetime, max_bytes: int = _MAX_BYTES
) -> tuple[bytes, ...]:
    """Return `work` as files that `read_passport` takes: one, or several where one is too large.

    Whose work it is stands nowhere in them. `made` has a time zone.
    """
    parts: list[list[Mapping[str, Any]]] = [[]]
    size = _HEAD_BYTES
    for record in _records(work):
        taken = len(compact(record).encode()) + 2
        if parts[-1] and (size + taken > max_bytes or len(parts[-1]) >= MAX_RECORDS):
            parts.append([])
            size = _HEAD_BYTES
        parts[-1].append(record)
        size += taken
    return tuple(_sealed(records, made) for records in parts)


def _records(work: Work) -> Iterator[Mapping[str, Any]]:
    for done in work.done:
        record = record_of(done)
        body = _as_text(record.body)
        if "request" in body:  # of a run; it tells whose turn it was
            body["request"]["learner"] = ""
        if size_bytes(body) > MAX_BODY_BYTES:
            log_problem("record too large for a passport", kind=record.kind)
            continue
        yield {
            "kind": record.kind,
            "uid": record.uid,
            "created_s": record.created_s,
            "body": body,
        }


def _sealed(records: list[Mapping[str, Any]], made: datetime) -> bytes:
    fields = {
        "format": FORMAT,
        "version": VERSION,
        "lab": LAB_VERSION,
        "made": made.isoformat(timespec="seconds"),
        "records": records,
    }
    head = compact({name: value for name, value in fields.items() if name != "records"})
    # One record a line, so that people who look into the file find their way.
    lines = ",\n".join(map(compact, records))
    text = f'{head[:-1]},"records":[\n{lines}\n],"digest":"{digest_of(fields)}"}}\n'
    return text.encode()


def _as_text(value: Any) -> Any:
    """Return `value` without halves of characters, which no file in UTF-8 can hold."""
    if isinstance(value, str):
        return _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", value)
    if isinstance(value, dict):
        return {_as_text(name): _as_text(field) for name, field in value.items()}
    if isinstance(value, list):
        return [_as_text(item) for item in value]
    return value
