"""The models that are on this machine, found by the same questions as those of the Hub."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from core.card import card_in
from core.catalogue import ModelEntry
from core.explore.matching import Known, matches
from core.explore.snapshot import snapshot
from core.explore.types import Found, Kind, Origin, Query, Results
from core.hub import is_here
from core.inference.types import Task

# transformers 4 named one pipeline for each pair of languages; the Hub has one tag for all.
_TAGS = {Task.TRANSLATION_EN_TO_FR: "translation"}
_MOST = 60


def search_here(query: Query, entries: Sequence[ModelEntry]) -> Results:
    """Return all of `entries` that `query` asks for and that are here, in their order.

    They are few, so they are not paged.
    """
    found = [_found(entry) for entry in entries if matches(query, _known(entry)) and is_here(entry)]
    return Results(Origin.HERE, datetime.now(UTC), tuple(found[:_MOST]), len(found) > _MOST)


def _known(entry: ModelEntry) -> Known:
    return Known(
        words=" ".join((entry.id, *entry.aliases, entry.model_type, entry.summary)),
        tasks=_tags(entry),
        licence=entry.licence,
        languages=_languages(entry),
        parameters=entry.parameters or None,
        gated=entry.gated,
    )


def _found(entry: ModelEntry) -> Found:
    tags = _tags(entry)
    return Found(
        kind=Kind.MODEL,
        id=entry.id,
        origin=Origin.HERE,
        task=tags[0] if tags else "",
        parameters=entry.parameters or None,
        size_bytes=_size_bytes(entry),
        licence=entry.licence,
        languages=_languages(entry),
        gated=entry.gated,
        summary=entry.summary or entry.refusal,
    )


def _tags(entry: ModelEntry) -> tuple[str, ...]:
    return tuple(_TAGS.get(task, task.value) for task in entry.tasks)


def _languages(entry: ModelEntry) -> tuple[str, ...]:
    if entry.path is not None:
        return _languages_of(entry.path)
    known = snapshot().find(entry.id)
    return known.languages if known else ()


# The catalogue as well is read once: a card that changes meanwhile is seen after a restart.
@lru_cache(maxsize=1000)
def _languages_of(folder: Path) -> tuple[str, ...]:
    said = card_in(folder).metadata.get("language", [])
    every = said if isinstance(said, list) else [said]
    return tuple(code for code in every[:200] if isinstance(code, str) and code.isascii())


def _size_bytes(entry: ModelEntry) -> int | None:
    if entry.path is None:
        return entry.download_bytes or None
    try:
        if entry.path.is_file():
            return entry.path.stat().st_size
        return sum(file.stat().st_size for file in entry.path.glob("*.safetensors")) or None
    # A folder may vanish while the lab runs.
    except OSError:
        return None
