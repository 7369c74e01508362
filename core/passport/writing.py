"""A learner's work as one file that restores it elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from core.logs import log_problem
from core.passport.disguise import disguised
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

    Whose work it is stands nowhere in them, nor anything that opens it. `made` has a time zone.
    """
    parts: list[list[_Line]] = [[]]
    size = _HEAD_BYTES
    for line in _lines(work):
        taken = len(line.text.encode()) + 2
        if parts[-1] and (size + taken > max_bytes or len(parts[-1]) >= MAX_RECORDS):
            parts.append([])
            size = _HEAD_BYTES
        parts[-1].append(line)
        size += taken
    return tuple(_sealed(lines, made) for lines in parts)


@dataclass(frozen=True)
class _Line:
    record: Mapping[str, Any]
    text: str


def _lines(work: Work) -> Iterator[_Line]:
    for done in work.done:
        record = record_of(replace(done, what=disguised(done.what)))
        body = dict(record.body)
        if "request" in body:  # of a run; it tells whose turn it was
            body["request"]["learner"] = ""
        if size_bytes(body) > MAX_BODY_BYTES:
            log_problem("record too large for a passport", kind=record.kind)
            continue
        fields = {
            "kind": record.kind,
            "uid": record.uid,
            "created_s": record.created_s,
            "body": body,
        }
        text = compact(fields)
        if _SURROGATE.search(text):
            fields = _as_text(fields)
            text = compact(fields)
        yield _Line(fields, text)


def _sealed(lines: list[_Line], made: datetime) -> bytes:
    head = {
        "format": FORMAT,
        "version": VERSION,
        "lab": LAB_VERSION,
        "made": made.isoformat(timespec="seconds"),
    }
    digest = digest_of({**head, "records": [line.record for line in lines]})
    # One record a line, so that people who look into the file find their way.
    records = ",\n".join(line.text for line in lines)
    text = f'{compact(head)[:-1]},"records":[\n{records}\n],"digest":"{digest}"}}\n'
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
