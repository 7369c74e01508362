"""The clock of a run: from the click to the last token, with each part of the wait kept apart."""

from __future__ import annotations

import time
from collections.abc import Callable

from core.inference.types import Timing

Clock = Callable[[], float]


class Stopwatch:
    """Times one run: waiting, loading, computing. It begins with waiting.

    Call `loading` and `waiting` as these begin, `computing` once, `token` for each, then read
    `timing`. The first token ends the prefill (time to first token); the last one ends decoding.
    `clock` returns seconds and never goes back.
    """

    def __init__(self, clock: Clock = time.perf_counter) -> None:
        self._clock = clock
        self._since = clock()
        self._waited_s = 0.0
        self._loaded_s = 0.0
        self._loads = False
        self._first: float | None = None
        self._last: float | None = None

    def loading(self) -> None:
        """The model is now being fetched or loaded, for this run."""
        self._turn_over()
        self._loads = True

    def waiting(self) -> None:
        """It now waits for others."""
        self._turn_over()

    def computing(self) -> None:
        """The computation begins."""
        self._turn_over()

    def token(self) -> None:
        """A token came."""
        self._last = self._clock()
        if self._first is None:
            self._first = self._last

    def restart(self) -> None:
        """Wait anew: what was spent until now was waiting."""
        self._turn_over()
        self._waited_s += self._loaded_s
        self._loaded_s = 0.0
        self._first = self._last = None

    def timing(self) -> Timing:
        """Return where the time went until now."""
        end = self._clock()
        first = end if self._first is None else self._first
        last = first if self._last is None else self._last
        return Timing(
            queue_s=self._waited_s,
            load_s=self._loaded_s,
            ttft_s=first - self._since,
            decode_s=last - first,
            total_s=end - self._since,
        )

    def _turn_over(self) -> None:
        """Book the time since the last event and begin another part."""
        now = self._clock()
        if self._loads:
            self._loaded_s += now - self._since
        else:
            self._waited_s += now - self._since
        self._since, self._loads = now, False
