"""What a predicate is and finds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from core.work.work import Work


@dataclass(frozen=True)
class Finding:
    """What a predicate found in a learner's work.

    `begun` tells whether something was done that this very exercise is about, so that other work on
    the same page is no attempt at it; `met` whether all that is asked was done.
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
