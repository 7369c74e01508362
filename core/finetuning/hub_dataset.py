"""Rows of a dataset of the Hub to train on, read page by page through its dataset viewer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from math import ceil
from typing import Any

from core.bounds import count
from core.errors import BadInputError, HubError
from core.explore.dataset_viewer import (
    SPLITS_BYTES,
    ask_viewer,
    named_splits,
    viewer_address,
    why_no_rows,
)
from core.explore.hub_answers import check_id
from core.explore.shared import SharedAnswers
from core.finetuning.data_header import name_columns
from core.finetuning.data_text import clean, counted
from core.finetuning.reading import Table
from core.hub_client import asking

MOST_ROWS = 5_000
# As many as the viewer gives at once.
_PAGE = 100
_PAGE_BYTES = 16 * 1024**2
_MOST_COLUMNS = 12
_LONGEST_CELL = 10_000
_MOST_CHARACTERS = 20_000_000
_OTHERWISE = "Choose another dataset, or upload a file."

Cancelled = Callable[[], bool]


@dataclass(frozen=True)
class Part:
    """A configuration and a split of a dataset."""

    config: str
    split: str


_parts: SharedAnswers[tuple[str, str], tuple[Part, ...]] = SharedAnswers(keep_s=600, most=50)
_tables: SharedAnswers[tuple[str, str, Part], Table] = SharedAnswers(keep_s=600, most=4)


def dataset_parts(dataset_id: str, *, cancelled: Cancelled) -> tuple[Part, ...]:
    """Return the configurations and splits of a dataset, the default first.

    Raises:
        BadInputError: the id is none.
        HubError: the Hub does not answer, or refuses.
        DownloadStopped: `cancelled()` became true on the way.
    """
    viewer = _viewer(dataset_id)

    def ask(stopped: Cancelled) -> tuple[Part, ...]:
        with asking(dataset_id, "main", stopped):
            answer = ask_viewer(
                viewer, dataset_id, "splits", cancelled=stopped, most_bytes=SPLITS_BYTES
            )
        found = [Part(*names) for names in named_splits(answer)]
        return tuple(sorted(found, key=lambda part: (part.config != "default", part.config)))

    try:
        parts = _parts.get((viewer, dataset_id), ask, cancelled=cancelled)
    except HubError as error:
        raise HubError(why_no_rows(error), next_step=_OTHERWISE) from error
    if not parts:
        raise HubError("The Hub finds no rows in this dataset.", next_step=_OTHERWISE)
    return parts


def read_dataset(dataset_id: str, part: Part, *, cancelled: Cancelled) -> Table:
    """Return up to 5,000 rows of a part of a dataset: its columns of text, numbers and labels.

    Of more rows, pages from all over it are read, since many datasets are sorted by their labels.
    Numbered labels become their names.

    Raises:
        BadInputError: the id is none, or there are no rows to train on.
        HubError: the Hub does not answer, or refuses.
        DownloadStopped: `cancelled()` became true on the way.
    """
    viewer = _viewer(dataset_id)
    read = partial(_read, viewer, dataset_id, part)
    try:
        return _tables.get((viewer, dataset_id, part), read, cancelled=cancelled)
    except HubError as error:
        raise HubError(why_no_rows(error), next_step=_OTHERWISE) from error


def page_starts(total: int) -> tuple[int, ...]:
    """Return where the pages begin that are read of so many rows: evenly spread over all."""
    pages = ceil(total / _PAGE)
    most = MOST_ROWS // _PAGE
    if pages <= most:
        return tuple(page * _PAGE for page in range(pages))
    return tuple(page * (pages - 1) // (most - 1) * _PAGE for page in range(most))


def _viewer(dataset_id: str) -> str:
    check_id(dataset_id)
    viewer, note = viewer_address()
    if not viewer:
        raise HubError(note, next_step=_OTHERWISE)
    return viewer


def _read(viewer: str, id: str, part: Part, cancelled: Cancelled) -> Table:
    def page(start: int) -> Mapping[str, Any]:
        with asking(id, "main", cancelled):
            return ask_viewer(
                viewer,
                id,
                "rows",
                cancelled=cancelled,
                most_bytes=_PAGE_BYTES,
                config=part.config,
                split=part.split,
                offset=str(start),
                length=str(_PAGE),
            )

    first = page(0)
    kinds = _kinds(first.get("features"))
    rows = _rows(first, 0, kinds)
    if not rows:
        raise BadInputError("The Hub finds no rows in this split.", next_step=_OTHERWISE)
    total = count(first.get("num_rows_total")) or len(rows)
    notes = []
    size = _characters(rows.values())
    for start in page_starts(total)[1:]:
        if size > _MOST_CHARACTERS:
            notes.append("The texts are very long, so fewer rows were read.")
            break
        try:
            more = _rows(page(start), start, kinds)
        except HubError:
            notes.append("The Hub stopped answering on the way: the rows until then are used.")
            break
        rows |= more
        size += _characters(more.values())
    if total > len(rows):
        notes.append(
            f"The split has {counted(total, 'row')}: {len(rows):,} are used, taken from all over "
            "it."
            if not notes
            else f"The split has {counted(total, 'row')}: {len(rows):,} are used."
        )
    return Table(
        name=f"{id} ({part.split})",
        columns=name_columns(list(kinds)),
        rows=tuple(rows.values()),
        numbers=tuple(number + 1 for number in rows),
        encoding="UTF-8",
        separator="",
        notes=tuple(notes),
    )


def _kinds(features: object) -> dict[str, Mapping[str, Any]]:
    """Return the types of the columns that can be texts or labels, by name."""
    kinds: dict[str, Mapping[str, Any]] = {}
    for feature in features[:1000] if isinstance(features, list) else []:
        name, kind = (
            (feature.get("name"), feature.get("type")) if isinstance(feature, dict) else ("", "")
        )
        if (
            isinstance(name, str)
            and isinstance(kind, dict)
            and kind.get("_type") in ("Value", "ClassLabel")
        ):
            kinds[name] = kind
    if not kinds:
        raise BadInputError(
            "This dataset has no column of texts or labels: the lab trains on texts.",
            next_step=_OTHERWISE,
        )
    return dict(list(kinds.items())[:_MOST_COLUMNS])


def _rows(
    answer: Mapping[str, Any], start: int, kinds: Mapping[str, Mapping[str, Any]]
) -> dict[int, tuple[str, ...]]:
    listed = answer.get("rows")
    found = {}
    for place, entry in enumerate(listed[:_PAGE] if isinstance(listed, list) else []):
        if isinstance(entry, dict) and isinstance(row := entry.get("row"), dict):
            found[start + place] = tuple(_cell(row.get(name), kind) for name, kind in kinds.items())
    return found


def _cell(value: Any, kind: Mapping[str, Any]) -> str:
    if isinstance(value, str):
        return clean(value[:_LONGEST_CELL])
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, int | float):
        return ""
    if kind.get("_type") == "ClassLabel" and isinstance(names := kind.get("names"), list):
        # The Hub writes -1 where a label is not told.
        known = isinstance(value, int) and 0 <= value < len(names)
        return clean(str(names[int(value)])[:_LONGEST_CELL]) if known else ""
    try:
        return str(value)[:_LONGEST_CELL]
    except ValueError:  # Python writes no number of too many digits
        return ""


def _characters(rows: Iterable[tuple[str, ...]]) -> int:
    return sum(len(cell) for row in rows for cell in row)
