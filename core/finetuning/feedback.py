"""The customer feedback that comes with the lab, in its fixed splits."""

from __future__ import annotations

import csv
from functools import cache

from core.finetuning.data_labels import in_order
from core.finetuning.types import Example, Splits
from core.settings import ROOT

FEEDBACK = ROOT / "starters" / "feedback" / "dataset"


@cache
def customer_feedback() -> Splits:
    """Return the lab's own data set: texts on three products, negative, neutral or positive."""
    train, validation, test = map(_read, ("train", "validation", "test"))
    labels = in_order(example.label for example in train)
    return Splits("Customer feedback", labels, train, validation, test)


def _read(split: str) -> tuple[Example, ...]:
    with (FEEDBACK / f"{split}.csv").open(encoding="utf-8", newline="") as file:
        return tuple(Example(row["text"], row["label"]) for row in csv.DictReader(file))
