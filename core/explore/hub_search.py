"""The Hub asked for models, datasets and Spaces; what it answers is checked field by field."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from core.explore.hub_listing import listing
from core.explore.pipeline_tags import tag_of
from core.explore.types import PAGE_SIZE, Found, Kind, Origin, Query, Results, Sort
from core.explore.value_types import BITS
from core.hub_token import Token

# The Hub pages by cursor: a page is asked for with all before it, so there is an end.
MOST_PAGES = 10

_MOST_TEXT = 100
_MOST_LANGUAGES = 200
_MOST_COUNT = 10**15
_UNITS = ((10**9, "B"), (10**6, "M"), (10**3, "K"))

_ID = re.compile(r"(?:[\w.-]{1,96}/)?[\w.-]{1,96}", re.ASCII)
_WORD = re.compile(r"[\w.+-]{1,60}", re.ASCII)
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8}){0,3}|multilingual|code")

# Datasets say all in their tags; their metadata can be a hundred times as long.
_EVERYWHERE = ("lastModified", "likes")
_EXPAND = {
    Kind.MODEL: [
        "cardData",
        "downloads",
        "gated",
        "lastModified",
        "likes",
        "pipeline_tag",
        "safetensors",
    ],
    Kind.DATASET: ["downloads", "gated", "lastModified", "likes", "tags"],
    Kind.SPACE: ["cardData", "lastModified", "likes", "sdk"],
}
_SORT = {
    Sort.TRENDING: "trendingScore",
    Sort.DOWNLOADS: "downloads",
    Sort.LIKES: "likes",
    Sort.NEWEST: "createdAt",
}


def tidy(query: Query) -> Query:
    """Return `query` in one way of writing it, without what its kind cannot be asked about."""
    text = " ".join("".join(c if c.isprintable() else " " for c in query.text).split())
    known = tag_of(query.task)
    tidied = replace(
        query,
        text=text[:_MOST_TEXT].rstrip().casefold(),
        task=known.tag if known else _word(query.task),
        licence=_word(query.licence).casefold(),
        language=_word(query.language).casefold(),
        page=min(max(1, query.page), MOST_PAGES),
    )
    if query.kind is Kind.MODEL:
        return tidied
    sizeless = replace(tidied, min_parameters=None, max_parameters=None)
    if query.kind is Kind.DATASET:
        return sizeless
    sort = Sort.LIKES if query.sort is Sort.DOWNLOADS else query.sort
    return replace(sizeless, task="", language="", gated=None, sort=sort)


def search_hub(
    query: Query, *, token: Token | None = None, cancelled: Callable[[], bool] = lambda: False
) -> Results:
    """Return the page of `query` as the Hub answers now.

    Raises:
        HubError: the Hub cannot be reached, or refuses.
        DownloadStopped: `cancelled()` became true on the way.
    """
    query = tidy(query)
    start, end = (query.page - 1) * PAGE_SIZE, query.page * PAGE_SIZE
    as_of = datetime.now(UTC)
    entries = listing(
        f"/api/{query.kind.value}s",
        {**_params(query), "limit": end + 1},
        most=end + 1,
        token=token,
        cancelled=cancelled,
    )
    found = (found_in(entry, query.kind) for entry in entries[start:end])
    more = len(entries) > end and query.page < MOST_PAGES
    return Results(Origin.LIVE, as_of, tuple(filter(None, found)), more)


def found_in(entry: object, kind: Kind) -> Found | None:
    """Return what `entry` of the Hub's list says and can be believed; None if not even an id."""
    if not isinstance(entry, Mapping):
        return None
    identity = entry.get("id")
    if not isinstance(identity, str) or not _ID.fullmatch(identity) or ".." in identity:
        return None
    card = entry.get("cardData") if kind is not Kind.DATASET else _card_of(entry.get("tags"))
    card = card if isinstance(card, Mapping) else {}
    parameters, size_bytes = _sizes(entry.get("safetensors"))
    tasks = entry.get("pipeline_tag") if kind is Kind.MODEL else card.get("task_categories")
    return Found(
        kind=kind,
        id=identity,
        origin=Origin.LIVE,
        task=next(_words(tasks, _WORD), ""),
        parameters=parameters,
        size_bytes=size_bytes,
        licence=next(_words(card.get("license"), _WORD), ""),
        languages=tuple(dict.fromkeys(_words(card.get("language"), _LANGUAGE))),
        gated=_gated(entry.get("gated")),
        downloads=_count(entry.get("downloads")),
        likes=_count(entry.get("likes")),
        changed=_day(entry.get("lastModified")),
        sdk=next(_words(entry.get("sdk"), _WORD), "") if kind is Kind.SPACE else "",
        summary=_line(card.get("short_description")) if kind is Kind.SPACE else "",
    )


def _params(query: Query) -> dict[str, Any]:
    model = query.kind is Kind.MODEL
    filters = []
    if query.task and not model:
        filters.append(f"task_categories:{query.task}")
    if query.licence:
        filters.append(f"license:{query.licence}")
    if query.language:
        filters.append(query.language if model else f"language:{query.language}")
    params: dict[str, Any] = {
        "sort": _SORT[query.sort],
        "expand": [*_EVERYWHERE, *_EXPAND[query.kind]],
    }
    if filters:
        params["filter"] = filters
    if query.text:
        params["search"] = query.text
    if query.task and model:
        params["pipeline_tag"] = query.task
    if query.gated is not None:
        params["gated"] = query.gated
    limits = (("min", query.min_parameters), ("max", query.max_parameters))
    if sizes := ",".join(f"{end}:{_amount(at)}" for end, at in limits if at is not None):
        params["num_parameters"] = sizes
    return params


def _amount(number: int) -> str:
    for size, unit in _UNITS:
        if number and number % size == 0:
            return f"{number // size}{unit}"
    return str(max(0, number))


def _card_of(tags: object) -> Mapping[str, list[str]]:
    card: dict[str, list[str]] = {}
    for tag in tags[:2000] if isinstance(tags, list) else ():
        if isinstance(tag, str):
            name, _, value = tag.partition(":")
            card.setdefault(name, []).append(value)
    return card


def _sizes(said: object) -> tuple[int | None, int | None]:
    """Return the number of parameters, and the bytes that they take as they are stored."""
    by_type = said.get("parameters") if isinstance(said, Mapping) else None
    if not isinstance(said, Mapping) or not isinstance(by_type, Mapping) or len(by_type) > 50:
        return None, None
    counts = {str(name): _count(number) for name, number in by_type.items()}
    if None in counts.values():
        return None, None
    numbers = {name: number for name, number in counts.items() if number}
    total = _count(said.get("total")) or sum(numbers.values())
    if not numbers or numbers.keys() - BITS.keys():
        return total or None, None
    return total, sum(number * BITS[name] for name, number in numbers.items()) // 8


def _words(said: object, shape: re.Pattern[str]) -> Iterator[str]:
    every = said[:_MOST_LANGUAGES] if isinstance(said, list) else [said]
    return (word for word in every if isinstance(word, str) and shape.fullmatch(word))


def _word(text: str) -> str:
    return text if _WORD.fullmatch(text) else ""


def _line(said: object) -> str:
    fits = isinstance(said, str) and len(said) <= 200 and said.isprintable()
    return str(said).strip() if fits else ""


def _count(said: object) -> int | None:
    return said if type(said) is int and 0 <= said <= _MOST_COUNT else None


def _gated(said: object) -> bool | None:
    return said not in (False, "") if isinstance(said, bool | str) else None


def _day(said: object) -> date | None:
    if not isinstance(said, str) or len(said) > 40:
        return None
    try:
        return datetime.fromisoformat(said).date()
    except ValueError:
        return None
