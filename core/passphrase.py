"""A door with a passphrase: wrong tries make everybody wait before the next one."""

from __future__ import annotations

import hmac
import threading
import time
from collections.abc import Callable
from enum import StrEnum

LONGEST_WAIT_S = 30.0


class Door(StrEnum):
    """What a try led to."""

    OPEN = "open"
    WRONG = "wrong"
    TOO_SOON = "too soon"


class Passphrase:
    """Compares what is given with a secret; after the n-th wrong try, none counts for 2^n seconds.

    One for the whole process, since whoever guesses can open as many pages as there are guesses.
    The wait is at most `LONGEST_WAIT_S`, so that a stranger cannot lock the owner out for long.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._wrong = 0
        self._closed_until = clock()

    @property
    def wait_s(self) -> float:
        """How many seconds from now the next try counts."""
        return max(0.0, self._closed_until - self._clock())

    def knock(self, given: str, *, secret: str) -> Door:
        """Try `given`; a try that comes too soon is not looked at."""
        with self._lock:
            if self.wait_s > 0:
                return Door.TOO_SOON
            if hmac.compare_digest(given.encode(), secret.encode()):
                self._wrong = 0
                return Door.OPEN
            self._wrong += 1
            self._closed_until = self._clock() + min(LONGEST_WAIT_S, 2.0**self._wrong)
            return Door.WRONG
