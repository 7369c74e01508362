"""Facts that datasets and Spaces share, each with who says so."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from core.bounds import count, moment, text, texts
from core.card import Card, sections
from core.explore.licences import licence_of
from core.explore.types import Fact

HUB = "the Hub"
CARD = "its card"
FILES = "its files"

_MOST_LISTED = 12
_TEMPLATE = re.compile(r"\[?\s*(more information needed|todo|tbd|n/?a)\b\W*", re.IGNORECASE)
_FEWEST_LETTERS = 12


def dated(value: Any) -> str:
    """Return a moment as a day that people read, or ""."""
    told = moment(value)
    return f"{told.day} {told:%B} {told.year}" if told else ""


def grouped(value: Any) -> str:
    """Return a count as people write it, or ""."""
    number = count(value)
    return "" if number is None else f"{number:,}"


def sized(number: int) -> str:
    """Return a number of bytes as people write it."""
    for unit, size in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if number >= size:
            return f"{number / size:.1f} {unit}"
    return f"{number} bytes"


def listed(value: Any) -> str:
    """Return texts as one, the first few of them, or ""."""
    every = texts(value)
    more = f" and {len(every) - _MOST_LISTED} more" if len(every) > _MOST_LISTED else ""
    return ", ".join(every[:_MOST_LISTED]) + more


def licence_fact(metadata: Mapping[str, Any]) -> Iterator[Fact]:
    """Yield the licence by its full name, and whether it is open, if the card has one."""
    for tag in texts(metadata.get("license"), most=3):
        licence = licence_of(tag)
        name = text(metadata.get("license_name")) if tag == "other" else ""
        yield Fact("Licence", f"{name or licence.name}: {licence.verdict}", CARD)


def hub_facts(told: Mapping[str, Any]) -> Iterator[Fact]:
    """Yield what the Hub counts and knows of every repository."""
    for name, value in (
        ("Last change", dated(told.get("lastModified"))),
        ("Created", dated(told.get("createdAt"))),
        ("Downloads in the last 30 days", grouped(told.get("downloads"))),
        ("Likes", grouped(told.get("likes"))),
        ("Revision", text(told.get("sha"), longest=40)),
        ("State", "disabled by the Hub" if told.get("disabled") is True else ""),
    ):
        if value:
            yield Fact(name, value, HUB)


def card_says(card: Card, titles: str) -> bool:
    """Tell whether a heading that has one of `titles` in it is followed by text of somebody's.

    `titles` is a pattern. What stands under headings below it counts as well.
    """
    wanted = re.compile(titles, re.IGNORECASE)
    within: int | None = None
    for section in sections(card.body):
        if within is not None and section.level <= within:
            within = None
        if within is None and section.title and wanted.search(section.title):
            within = section.level
        if within is not None:
            own = _TEMPLATE.sub("", section.text)
            if sum(map(str.isalnum, own)) >= _FEWEST_LETTERS:
                return True
    return False
