"""Splits made worse on purpose, to see how training fails; validation and test stay as they are."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from core.errors import BadInputError
from core.finetuning.types import Example, Splits


def with_wrong_labels(splits: Splits, *, share: float = 0.3, seed: int = 9) -> Splits:
    """Give `share` of the training examples another label, drawn among the wrong ones."""
    if len(splits.labels) < 2 or not 0 <= share <= 1:
        raise BadInputError("Labels can be wrong only where there are two or more.")
    luck = random.Random(seed)
    train = list(splits.train)
    for row in luck.sample(range(len(train)), round(share * len(train))):
        wrong = [label for label in splits.labels if label != train[row].label]
        train[row] = replace(train[row], label=luck.choice(wrong))
    return replace(splits, train=tuple(train))


def imbalanced(
    splits: Splits, *, common: str | None = None, share: float = 0.05, seed: int = 9
) -> Splits:
    """Keep all training examples of the label `common`, and `share` of those of each other one.

    At least one of each stays. Without `common` it is the last label, the positive one of a
    sentiment.
    """
    common = common if common is not None else splits.labels[-1]
    luck = random.Random(seed)
    kept: set[int] = set()
    for label, rows in _rows_by_label(splits.train).items():
        whole = label == common
        kept |= set(rows if whole else luck.sample(rows, max(1, round(share * len(rows)))))
    return replace(splits, train=tuple(splits.train[row] for row in sorted(kept)))


def few(splits: Splits, count: int, *, seed: int = 9) -> Splits:
    """Keep `count` training examples, of each label its share and at least one if there is room.

    With one seed, fewer are always among the more, so that a learning curve adds examples only.
    """
    luck = random.Random(seed)
    order: list[tuple[float, int, int]] = []
    for place, rows in enumerate(_rows_by_label(splits.train).values()):
        luck.shuffle(rows)
        # The first of each label come first, then each label at its own even pace.
        order += [(rank / len(rows), place, row) for rank, row in enumerate(rows)]
    kept = sorted(row for _, _, row in sorted(order)[: max(0, count)])
    return replace(splits, train=tuple(splits.train[row] for row in kept))


def _rows_by_label(examples: Sequence[Example]) -> dict[str, list[int]]:
    rows: defaultdict[str, list[int]] = defaultdict(list)
    for row, example in enumerate(examples):
        rows[example.label].append(row)
    return dict(sorted(rows.items()))
