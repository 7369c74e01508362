"""Examples for training, validation and test: no text in two of them, each label in all."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence

from core.errors import BadInputError
from core.finetuning.data_labels import in_order
from core.finetuning.data_text import normalised
from core.finetuning.types import Example, Splits

SHARES = (0.7, 0.15, 0.15)
_TRAIN, _VALIDATION, _TEST = range(3)
_PARTS = ("train", "validation", "test")


def split(
    examples: Sequence[Example],
    *,
    seed: int,
    shares: tuple[float, float, float] = SHARES,
    given: Sequence[str] | None = None,
    name: str = "your data",
) -> Splits:
    """Part examples into training, validation and test; the same seed parts them the same way.

    Texts that are equal but for case, spaces and punctuation stay together. Each label is in
    training, and in every split if at least three different texts have it alone. Texts with
    contradictory labels go to training: no answer to them could be right in a test.

    `given` names each example's split ("train", "validation", "test") and is honoured; a text in
    several stays in the test, or else in validation. A validation or test split that is not given
    is taken from training.

    Raises BadInputError when no text is given to training alone.
    """
    keys = [normalised(example.text) for example in examples]
    if given is None:
        places = _drawn(examples, keys, range(len(examples)), seed, shares)
    else:
        places = _as_given(examples, keys, given, seed, shares)
    parts = [
        tuple(example for example, place in zip(examples, places, strict=True) if place == part)
        for part in range(len(_PARTS))
    ]
    return Splits(
        name=name,
        labels=in_order(example.label for part in parts for example in part),
        train=parts[_TRAIN],
        validation=parts[_VALIDATION],
        test=parts[_TEST],
    )


def _as_given(
    examples: Sequence[Example],
    keys: Sequence[str],
    given: Sequence[str],
    seed: int,
    shares: tuple[float, float, float],
) -> list[int | None]:
    places: list[int | None] = [_PARTS.index(part) for part in given]
    latest: dict[str, int] = {}
    for key, place in zip(keys, places, strict=True):
        latest[key] = max(latest.get(key, 0), place or 0)
    places = [
        place if place == latest[key] else None for key, place in zip(keys, places, strict=True)
    ]
    if _TRAIN not in places:
        raise BadInputError(
            "No row is given to training alone.",
            next_step="Let the lab split the rows, or add rows of the split “train”.",
        )
    missing = {_VALIDATION, _TEST} - set(places)
    if missing:
        open_to = [row for row, place in enumerate(places) if place == _TRAIN]
        wanted = (
            shares[_TRAIN],
            shares[_VALIDATION] if _VALIDATION in missing else 0.0,
            shares[_TEST] if _TEST in missing else 0.0,
        )
        drawn = _drawn(examples, keys, open_to, seed, wanted)
        for row in open_to:
            places[row] = drawn[row]
    return places


def _drawn(
    examples: Sequence[Example],
    keys: Sequence[str],
    open_to: Sequence[int],
    seed: int,
    shares: tuple[float, float, float],
) -> list[int | None]:
    """Return the split of each row in `open_to`, drawn label by label; None for other rows."""
    groups: defaultdict[str, list[int]] = defaultdict(list)
    for row in open_to:
        groups[keys[row]].append(row)
    by_label: defaultdict[str, list[list[int]]] = defaultdict(list)
    places: list[int | None] = [None] * len(examples)
    for rows in groups.values():
        labels = {examples[row].label for row in rows}
        if len(labels) == 1:
            by_label[labels.pop()].append(rows)
        else:
            _put(places, rows, _TRAIN)
    luck = random.Random(seed)
    for label in sorted(by_label):
        _draw_label(by_label[label], places, luck, shares)
    return places


def _draw_label(
    groups: list[list[int]],
    places: list[int | None],
    luck: random.Random,
    shares: tuple[float, float, float],
) -> None:
    """Put each group of rows into the split that lacks most of its share, large groups first."""
    luck.shuffle(groups)
    groups.sort(key=len, reverse=True)
    total = sum(map(len, groups))
    lacks = [share * total / sum(shares) for share in shares]
    # The smallest groups are set aside first, so that a rare label reaches the test as well.
    rest = [part for part in (_TEST, _VALIDATION) if shares[part] > 0]
    for part in rest[: len(groups) - 1]:
        lacks[part] -= len(groups[-1])
        _put(places, groups.pop(), part)
    for number, rows in enumerate(groups):
        part = _TRAIN if number == 0 else max(range(len(lacks)), key=lambda place: lacks[place])
        lacks[part] -= len(rows)
        _put(places, rows, part)


def _put(places: list[int | None], rows: list[int], part: int) -> None:
    for row in rows:
        places[row] = part
