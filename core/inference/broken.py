"""Which variants failed lately, and why: they are not tried again for a while."""

from __future__ import annotations

import threading
import time

from core.errors import LabError
from core.measuring import Clock

FORGIVEN_AFTER_S = 600.0


class Broken:
    """Remembers failures by key for `forgiven_after_s`; any thread may write and read."""

    def __init__(
        self, *, forgiven_after_s: float = FORGIVEN_AFTER_S, clock: Clock = time.monotonic
    ) -> None:
        self._forgiven_after_s = forgiven_after_s
        self._clock = clock
        self._lock = threading.Lock()
        self._failures: dict[str, tuple[float, str]] = {}

    def note(self, key: str, error: Exception) -> None:
        """Remember that `key` failed with `error`."""
        reason = error.message.rstrip(".") if isinstance(error, LabError) else type(error).__name__
        with self._lock:
            self._failures[key] = (self._clock(), reason)

    def __contains__(self, key: str) -> bool:
        with self._lock:
            since, _ = self._failures.get(key, (None, ""))
            return since is not None and self._clock() - since < self._forgiven_after_s

    def reason(self, key: str) -> str:
        """Return why `key` failed last; empty if it never did."""
        with self._lock:
            return self._failures.get(key, (0.0, ""))[1]
