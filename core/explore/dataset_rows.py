"""The first rows of a dataset, as the Hub's dataset viewer shows them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from core.bounds import text
from core.errors import HubError
from core.explore.dataset_viewer import (
    EMPTY,
    SPLITS_BYTES,
    ask_viewer,
    named_splits,
    viewer_address,
    why_no_rows,
)
from core.explore.hub_answers import check_id
from core.explore.shared import SharedAnswers
from core.explore.types import Table
from core.hub_client import asking
from core.hub_token import Token

_MOST_ROWS = 10
_MOST_COLUMNS = 12
_LONGEST_CELL = 200
_LONGEST_NAME = 60
_ROWS_BYTES = 8 * 1024**2

_MEDIA = {"Image": "image", "Audio": "audio", "Video": "video", "Pdf": "PDF document"}
_shared: SharedAnswers[tuple[str, str], Table] = SharedAnswers(keep_s=600, most=50)


def first_rows(
    dataset_id: str, *, token: Token | None = None, cancelled: Callable[[], bool]
) -> Table:
    """Return up to 10 rows and 12 columns of a dataset, or why there are none.

    Cells have at most 200 characters; pictures and sound are named, not shown.

    Raises:
        BadInputError: the id is none.
        DownloadStopped: `cancelled()` became true on the way.
    """
    check_id(dataset_id)
    viewer, note = viewer_address()
    if not viewer:
        return Table(note=note)
    ask = partial(_ask, viewer, dataset_id, token)
    try:
        # What one visitor's token shows is not for the others.
        if token is not None:
            return ask(cancelled)
        return _shared.get((viewer, dataset_id), ask, cancelled=cancelled)
    except HubError as error:
        return Table(note=why_no_rows(error))


def _ask(viewer: str, id: str, token: Token | None, cancelled: Callable[[], bool]) -> Table:
    ask = partial(ask_viewer, viewer, id, token=token, cancelled=cancelled)
    with asking(id, "main", cancelled, token):
        config, split = _first_split(ask("splits", most_bytes=SPLITS_BYTES))
        if not split:
            return Table(note=EMPTY)
        return _table(ask("first-rows", most_bytes=_ROWS_BYTES, config=config, split=split))


def _first_split(answer: Mapping[str, Any]) -> tuple[str, str]:
    """Return the configuration and the split to show: the training data if there are any."""
    found = named_splits(answer)
    if not found:
        return "", ""
    config = next((config for config, _ in found if config == "default"), found[0][0])
    splits = [split for its, split in found if its == config]
    return config, "train" if "train" in splits else splits[0]


def _start(value: Any, most: int) -> list[Any]:
    return value[:most] if isinstance(value, list) else []


def _table(answer: Mapping[str, Any]) -> Table:
    features, rows = answer.get("features"), answer.get("rows")
    if not isinstance(features, list) or not isinstance(rows, list):
        raise ValueError("This is no answer of the dataset viewer.")
    columns: dict[str, Any] = {}
    for feature in _start(features, _MOST_COLUMNS):
        if isinstance(feature, dict) and isinstance(name := feature.get("name"), str):
            columns[name] = feature.get("type")
    shown = [
        tuple(_cell(row["row"].get(name), kind) for name, kind in columns.items())
        for row in _start(rows, _MOST_ROWS)
        if isinstance(row, dict) and isinstance(row.get("row"), dict)
    ]
    if not columns or not shown:
        return Table(note=EMPTY)
    return Table(columns=_headings(columns), rows=tuple(shown))


def _headings(names: Mapping[str, object]) -> tuple[str, ...]:
    """Return the names as they are shown, each different: two columns of one name are no table."""
    shown: list[str] = []
    for at, name in enumerate(names, start=1):
        heading = text(name, longest=_LONGEST_NAME) or f"column {at}"
        shown.append(f"{heading} ({at})" if heading in shown else heading)
    return tuple(shown)


def _cell(value: Any, kind: Any) -> str:
    kind = kind if isinstance(kind, dict) else {}
    if value is None:
        return ""
    medium = _MEDIA.get(name) if isinstance(name := kind.get("_type"), str) else None
    if medium or (isinstance(value, dict) and {"src", "bytes"} & value.keys()):
        return _medium(value, medium or "file")
    names = kind.get("names")
    if isinstance(names, Sequence) and isinstance(value, int) and 0 <= value < len(names):
        return text(f"{value} ({text(names[value], longest=_LONGEST_CELL)})", longest=_LONGEST_CELL)
    if isinstance(value, list) and value and isinstance(value[0], dict) and "src" in value[0]:
        return _medium(value[0], medium or "file")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict | list):
        try:
            value = json.dumps(value, ensure_ascii=False)
        except (ValueError, RecursionError):
            return "…"
    return text(value, longest=_LONGEST_CELL)


def _medium(value: Any, name: str) -> str:
    if not isinstance(value, dict):
        return name
    width, height = (value.get(side) for side in ("width", "height"))
    if all(isinstance(side, int) and 0 < side < 10**6 for side in (width, height)):
        return f"{name}, {width} × {height}"
    return name
