"""Rows from JSON: a list of objects, or an object a line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from core.errors import BadInputError
from core.finetuning.data_encoding import Decoded
from core.finetuning.data_text import clean

MAX_JSON = 5_000_000  # characters; parsed JSON takes many times its length
_MAX_COLUMNS = 200
_WANTED = (
    "Upload a list of objects, such as "
    '[{"text": "Works well", "label": "positive"}], or one object a line.'
)


def read_records(decoded: Decoded, *, max_rows: int) -> tuple[list[str], list[list[str]]]:
    """Return the names of the columns and the rows, at most `max_rows`; nested values as JSON.

    Raises BadInputError where the file is no list of objects.
    """
    columns: dict[str, int] = {}
    rows: list[list[str]] = []
    for record in _records(decoded):
        if not isinstance(record, dict):
            raise BadInputError(
                f"Entry {len(rows) + 1} of the file is not an object with names and values.",
                next_step=_WANTED,
            )
        for name in record:
            columns.setdefault(name, len(columns))
        if len(columns) > _MAX_COLUMNS:
            raise BadInputError(
                f"The objects of the file have more than {_MAX_COLUMNS} names.", next_step=_WANTED
            )
        row = [""] * len(columns)
        for name, value in record.items():
            row[columns[name]] = _as_text(value)
        rows.append(row)
        if len(rows) == max_rows:
            break
    return list(columns), [row + [""] * (len(columns) - len(row)) for row in rows]


def _records(decoded: Decoded) -> Iterator[Any]:
    if decoded.head().lstrip().startswith("["):
        text = decoded.lines().read()
        if len(text) > MAX_JSON:
            raise BadInputError(
                f"The file has {len(text) / 1e6:.0f} million characters; as one list the lab takes "
                f"{MAX_JSON / 1e6:.0f} million.",
                next_step="Save it with one object a line (.jsonl), or as CSV.",
            )
        yield from _parsed(text, "The file")
        return
    for number, line in enumerate(decoded.lines(), 1):
        if line.strip():
            yield _parsed(line, f"Line {number}")


def _parsed(text: str, what: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadInputError(f"{what} is not valid JSON.", next_step=_WANTED) from error


def _as_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return clean(value)
    try:
        return clean(json.dumps(value, ensure_ascii=False))
    except (ValueError, RecursionError) as error:
        raise BadInputError("A value of the file is nested too deep.", next_step=_WANTED) from error
