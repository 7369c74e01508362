"""Models that one learner alone may use: what a student trained is no model of the class.

It knows nothing of where they come from: whoever draws a page lends its learner what is theirs.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable

from core.catalogue import ModelEntry

# Learners come and go with every visit; those who were not here for longest are forgotten.
_MOST_LEARNERS = 1000
_MOST_EACH = 50


class Lent:
    """Which models are lent to whom; any thread may ask and lend."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._models: OrderedDict[str, tuple[ModelEntry, ...]] = OrderedDict()

    def lend(self, learner: str, entries: Iterable[ModelEntry]) -> None:
        """Lend `entries` to `learner` in place of what was lent before; nobody is lent nothing."""
        if not learner:
            return
        with self._lock:
            self._models[learner] = tuple(entries)[:_MOST_EACH]
            self._models.move_to_end(learner)
            while len(self._models) > _MOST_LEARNERS:
                self._models.popitem(last=False)

    def to(self, learner: str) -> tuple[ModelEntry, ...]:
        """Return what is lent to `learner`."""
        with self._lock:
            return self._models.get(learner, ())
