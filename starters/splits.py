"""Which examples a starter model may learn from, and which only judge it.

The split is a property of the text itself, so no list has to be kept and no run can leak.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

Split = Literal["train", "validation", "test"]


@dataclass(frozen=True)
class Example:
    """One text to learn from: `source` is what the model reads, `target` what it should write.

    `key` decides the split. Two examples with the same key always fall into the same split.
    """

    source: str
    target: str
    key: str


def split_of(key: str) -> Split:
    """Return the split that `key` belongs to: 1 in 50 is validation, 1 in 50 is test.

    Case and spacing do not matter, so that a trivial variant of a test text is never trained on.
    """
    canonical = " ".join(key.casefold().split())
    bucket = int.from_bytes(hashlib.sha256(canonical.encode()).digest()[:4], "big") % 50
    return {0: "validation", 1: "test"}.get(bucket, "train")


def only(split: Split, examples: Iterable[Example]) -> Iterator[Example]:
    """Yield the examples that belong to `split`."""
    return (example for example in examples if split_of(example.key) == split)
