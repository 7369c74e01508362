"""What a check finds in somebody's data, and what every check looks at."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from core.finetuning.columns import Loaded
from core.finetuning.data_text import normalised

ROWS_SHOWN = 5


class Severity(StrEnum):
    """An error keeps training from starting; a warning or a note does not."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True)
class Finding:
    """Something about the data: `count` rows or labels that it concerns, and what to do.

    `kind` names it for code, as in "one_class"; `rows` are a few of their numbers in a
    spreadsheet program.
    """

    kind: str
    severity: Severity
    what: str
    next_step: str
    count: int = 0
    rows: tuple[int, ...] = ()


@dataclass(frozen=True)
class Seen:
    """What every check looks at: the examples, what is left of each text, and their counts."""

    loaded: Loaded
    keys: tuple[str, ...]
    texts: int
    texts_of: Counter[str]  # different texts of each label that no other label has
    rows_of: Counter[str]


def look(loaded: Loaded) -> Seen:
    keys = tuple(normalised(example.text) for example in loaded.examples)
    labels: defaultdict[str, set[str]] = defaultdict(set)
    for key, example in zip(keys, loaded.examples, strict=True):
        labels[key].add(example.label)
    alone = Counter(next(iter(of_text)) for of_text in labels.values() if len(of_text) == 1)
    return Seen(
        loaded=loaded,
        keys=keys,
        texts=len(labels),
        texts_of=alone,
        rows_of=Counter(example.label for example in loaded.examples),
    )


def label_of(seen: Seen, place: int) -> str:
    return seen.loaded.examples[place].label


def rows_where(seen: Seen, concerns: Callable[[int], bool]) -> tuple[int, ...]:
    """Return the row numbers of the examples at the places that something concerns."""
    return tuple(row for place, row in enumerate(seen.loaded.rows) if concerns(place))
