"""Values from outside, cut to what a page can show: nothing else of them gets any further."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from itertools import islice
from types import MappingProxyType
from typing import Any

_LONGEST = 300
_MOST_ITEMS = 200
_DEEPEST = 6
_MOST_NODES = 5000
_MOST = 10**18


def text(value: Any, *, longest: int = _LONGEST) -> str:
    """Return `value` as one line of at most `longest` characters, "" if it is no text or number."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    try:
        shown = str(value)[: longest * 4]
    # Python refuses to write a number of too many digits.
    except ValueError:
        return ""
    line = " ".join("".join(c if c.isprintable() else " " for c in shown).split())
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"


def texts(value: Any, *, most: int = _MOST_ITEMS) -> tuple[str, ...]:
    """Return the texts of a list, or of one text alone, each once."""
    items: Iterable[Any] = value if isinstance(value, list | tuple) else [value]
    shown = (text(item) for item in islice(items, most))
    return tuple(dict.fromkeys(item for item in shown if item))


def count(value: Any) -> int | None:
    """Return a whole number from 0 that can be one of values, bytes or downloads, or None."""
    fits = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _MOST
    return value if fits else None


def moment(value: Any) -> datetime | None:
    """Return the time that a text in ISO 8601 names, in UTC, or None."""
    try:
        told = datetime.fromisoformat(value if isinstance(value, str) else "")
        return (told if told.tzinfo else told.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def mapping(value: Any) -> Mapping[str, Any]:
    """Return a copy of a mapping in which everything is bounded: depth, items, lengths, total."""
    if not isinstance(value, Mapping):
        return MappingProxyType({})
    copied, _ = _copy(value, _DEEPEST, _MOST_NODES)
    return MappingProxyType(copied)


def _copy(value: Any, depth: int, budget: int) -> tuple[Any, int]:
    """Return a bounded copy, and how many more nodes may be copied after it.

    The budget also ends what refers to itself, or to one list a thousand times.
    """
    budget -= 1
    if budget <= 0 or depth <= 0:
        return "", budget
    if isinstance(value, Mapping):
        copied: dict[str, Any] = {}
        for key, item in islice(value.items(), _MOST_ITEMS):
            if name := text(key, longest=100):
                copied[name], budget = _copy(item, depth - 1, budget)
        return copied, budget
    if isinstance(value, list | tuple):
        listed: list[Any] = []
        for item in islice(value, _MOST_ITEMS):
            part, budget = _copy(item, depth - 1, budget)
            listed.append(part)
        return listed, budget
    if isinstance(value, bool):
        return "true" if value else "false", budget
    return text(value), budget
