"""How long trainings take on this machine, judged by the last few."""

from __future__ import annotations

from collections import deque
from statistics import median

# Until one has ended here, nobody knows how long they take.
_TYPICAL_S = 60.0


class Pace:
    """The seconds that the last trainings took."""

    def __init__(self) -> None:
        self._took_s: deque[float] = deque(maxlen=5)

    def note(self, seconds: float) -> None:
        """Remember how long one took."""
        self._took_s.append(seconds)

    def wait_s(self, before: int, *, left_s: float | None) -> float:
        """Return about how long it takes until `before` trainings have ended.

        The first of them runs for another `left_s`, where that is known.
        """
        typical_s = median(self._took_s) if self._took_s else _TYPICAL_S
        return (before - 1) * typical_s + (typical_s if left_s is None else left_s)
