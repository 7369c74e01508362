"""A record as text that every database takes, and back.

JSON in ASCII: PostgreSQL refuses NUL characters and lone surrogates, which learners can type and
models can write; as escapes they pass and come back as they were.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from core.errors import BadInputError
from core.work.record import Record

MOST_BODY_BYTES = 1_000_000
MOST_DEPTH = 100
_PARCEL_RECORDS = 250
_PARCEL_BYTES = 4_000_000
# What every PostgreSQL and SQLite take for seconds since 1970, and far from any real clock.
_LATEST_S = 1e11
_KIND = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}")
_UID = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class Encoded:
    """A checked record with its body as JSON in ASCII, so that a character is a byte."""

    uid: str
    kind: str
    created_s: float
    text: str


@dataclass(frozen=True)
class Parcel:
    """Records of one learner that are kept together or not at all."""

    learner: str
    records: tuple[Encoded, ...]

    @property
    def size_bytes(self) -> int:
        """How long the bodies are together."""
        return sum(len(record.text) for record in self.records)


def encode(record: Record) -> Encoded:
    """Return `record` as it is kept.

    Raises:
        BadInputError: it is larger, deeper or named otherwise than a record may be.
        TypeError: its body holds what JSON does not have.
    """
    _check(isinstance(record.uid, str) and _UID.fullmatch(record.uid), "has no name of its own")
    _check(isinstance(record.kind, str) and _KIND.fullmatch(record.kind), "is of no known kind")
    _check(_is_time(record.created_s), "is of no possible time")
    _check(isinstance(record.body, Mapping), "holds no named values")
    body = dict(record.body)
    _check(_is_shallow(body), f"is nested deeper than {MOST_DEPTH} levels")
    text = json.dumps(body, separators=(",", ":"))
    _check(
        len(text) <= MOST_BODY_BYTES,
        f"is larger than {MOST_BODY_BYTES / 1e6:g} MB",
    )
    return Encoded(record.uid, record.kind, float(record.created_s), text)


def parcels(learner: str, records: Iterable[Encoded]) -> list[Parcel]:
    """Return `records` in their order, in parcels that each take a moment to keep."""
    pieces: list[list[Encoded]] = []
    room = 0
    for record in records:
        if not pieces or len(record.text) > room or len(pieces[-1]) == _PARCEL_RECORDS:
            pieces.append([])
            room = _PARCEL_BYTES
        pieces[-1].append(record)
        room -= len(record.text)
    return [Parcel(learner, tuple(piece)) for piece in pieces]


def decode(encoded: Encoded) -> Record:
    """Return the record that was encoded.

    Raises:
        ValueError: it was changed in the database, and is no JSON object any more.
    """
    try:
        body = json.loads(encoded.text)
    except RecursionError as error:
        raise ValueError("nested too deep") from error
    if not isinstance(body, dict):
        raise ValueError("no JSON object")
    return Record(encoded.kind, body, encoded.created_s, encoded.uid)


def _check(holds: object, otherwise: str) -> None:
    if not holds:
        raise BadInputError(
            f"This cannot be saved: it {otherwise}.",
            next_step="Use shorter texts, or fewer. If it comes from a file, choose another.",
        )


def _is_time(seconds: object) -> bool:
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        return False
    return 0 <= seconds <= _LATEST_S  # which "not a number" is not


def _is_shallow(body: dict[Any, Any]) -> bool:
    """Tell whether `body` nests so little that it can be read again from anywhere in the lab."""
    level: list[Any] = [body]
    for _ in range(MOST_DEPTH):
        inner: list[Any] = []
        for value in level:
            if isinstance(value, dict):
                inner += value.values()
            elif isinstance(value, list | tuple):
                inner += value
        if not inner:
            return True
        level = inner
    return False
