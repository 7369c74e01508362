"""Whether the numbers of an entry are such as the lab measures: charts need to be drawn of them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any

from core.work.entries import Answered, Entry, Predicted, Trained

# More than parameters, bytes or seconds ever are.
_MOST = 1e15


def is_plausible(what: Entry) -> bool:
    """Tell whether every number in `what` is one that a lab measures.

    What a student answered may be any number. The losses of a training may be none at all, for
    then it fell apart.
    """
    if isinstance(what, Answered | Predicted):
        return all(map(math.isfinite, _numbers(what)))
    if isinstance(what, Trained):
        what = replace(
            what,
            steps=tuple(replace(step, loss=0.0, validation_loss=None) for step in what.steps),
        )
    return all(abs(number) <= _MOST for number in _numbers(what))  # never so of what is no number


def _numbers(value: Any) -> Iterator[float]:
    if isinstance(value, bool | str) or value is None:
        return
    if isinstance(value, int | float):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _numbers(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _numbers(item)
    elif is_dataclass(value):
        for field in fields(value):
            yield from _numbers(getattr(value, field.name))
