"""What a predicate is and finds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from core.work.work import Work


@dataclass(frozen=True)
class Finding:
    """What a predicate found in a learner's work.

    `begun` tells whether anything of what is asked was done at all; `met` whether all of it was.
    `message` says what was seen and, until `met`, the one thing to do next. `answer` is what the
    learner's own figures say, one of `options` or a number, for those exercises that ask.
    """

    begun: bool
    met: bool
    message: str
    answer: str | float | None = None
    options: tuple[str, ...] = ()


# The work (only what was done since a prediction, where there is one), and the parameters.
Predicate = Callable[[Work, Any], Finding]
