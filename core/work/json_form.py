"""Entries as records and back; whatever comes from a store or a file is checked, field by field."""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

from core.errors import LabError
from core.work import entries
from core.work.entries import Done, Entry
from core.work.record import Record, new_uid

if TYPE_CHECKING:
    from pydantic import TypeAdapter

KINDS: dict[str, type[Any]] = {
    "run": entries.Run,
    "comparison": entries.Comparison,
    "judged": entries.Judged,
    "page": entries.PageRead,
    "tokens": entries.Tokenized,
    "training": entries.Trained,
    "curve": entries.Curve,
    "sentences": entries.SentencesTried,
    "lesson": entries.LessonOpened,
    "answer": entries.Answered,
    "prediction": entries.Predicted,
    "hint": entries.HintTaken,
    "solution": entries.SolutionSeen,
    "restart": entries.StartedOver,
}
_NAMES = {kind: name for name, kind in KINDS.items()}


class UnreadableRecord(LabError):
    """A record is of no kind that this lab knows, or its fields are not what they should be."""


def to_record(what: Entry) -> Record:
    """Return `what` as a record of now."""
    name = _NAMES[type(what)]
    body = _adapter(name).dump_python(what, mode="json")
    try:
        json.dumps(body, allow_nan=False)
    except ValueError:
        body = _in_words(body)
    return Record(name, body, uid=_uid(what))


def record_of(done: Done) -> Record:
    """Return the record that says what `done` says."""
    return replace(to_record(done.what), created_s=done.at_s, uid=done.uid)


def from_record(record: Record) -> Done:
    """Return what `record` says.

    Raises:
        UnreadableRecord: nothing that this lab wrote; the message names the field.
    """
    from pydantic import ValidationError

    if record.kind not in KINDS:
        raise UnreadableRecord(f"A record is of the unknown kind {record.kind[:40]!r}.")
    try:
        what = _adapter(record.kind).validate_python(record.body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"])) or record.kind
        raise UnreadableRecord(
            f"A record of the kind '{record.kind}' is damaged: {where[:80]}: {first['msg'][:120]}."
        ) from error
    except LabError as error:  # a value that the lab itself refuses, such as a temperature of 9
        raise UnreadableRecord(
            f"A record of the kind '{record.kind}' is damaged: {error.message[:200]}"
        ) from error
    return Done(record.uid, record.created_s, what)


def _in_words(value: Any) -> Any:
    """Return `value` with each float that JSON has no number for in words, which are read as it.

    The loss of a training that fell apart is such a one.
    """
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, dict):
        return {name: _in_words(field) for name, field in value.items()}
    if isinstance(value, list | tuple):
        return [_in_words(item) for item in value]
    return value


def _uid(what: Entry) -> str:
    """Return the name of a record: of a training always the same, whichever tab keeps it first."""
    if isinstance(what, entries.Trained | entries.Curve):
        said = f"{type(what).__name__} {what.training_id}"
        return hashlib.sha256(said.encode()).hexdigest()[:32]
    return new_uid()


@cache
def _adapter(kind: str) -> TypeAdapter[Any]:
    # Building one takes milliseconds, and most visits need few of them.
    from pydantic import TypeAdapter

    return TypeAdapter(KINDS[kind])
