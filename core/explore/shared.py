"""One question asked once for everybody who waits for its answer, and remembered for a while."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Generic, TypeVar

from cachetools import LRUCache, TTLCache

from core.hub_client import DownloadStopped

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

Cancelled = Callable[[], bool]

# How often somebody who waits looks whether they were told to stop.
_LOOK_S = 0.1
_ERRORS_KEPT_S = 5.0


@dataclass(frozen=True)
class _Failure:
    error: BaseException
    traceback: TracebackType | None


@dataclass
class _Flight(Generic[V]):
    """A question on its way; it is given up when nobody waits for it any more."""

    waiting: int = 0
    given_up: bool = False
    landed: threading.Event = field(default_factory=threading.Event)
    answer: list[V] = field(default_factory=list)
    failure: _Failure | None = None


class SharedAnswers(Generic[K, V]):
    """Answers by question, of which at most `most` are kept, each for `keep_s` seconds.

    A question is asked in a thread of its own, so a slow one delays no other, and whoever asked
    first may leave while the others get their answer. Errors are kept for a few seconds only.
    """

    def __init__(self, *, keep_s: float, most: int, errors_kept_s: float = _ERRORS_KEPT_S) -> None:
        self._lock = threading.Lock()
        self._fresh: TTLCache[K, V] = TTLCache(most, keep_s)
        self._failed: TTLCache[K, _Failure] = TTLCache(most, errors_kept_s)
        self._last: LRUCache[K, V] = LRUCache(most)
        self._flights: dict[K, _Flight[V]] = {}

    def get(self, key: K, ask: Callable[[Cancelled], V], *, cancelled: Cancelled) -> V:
        """Return the answer to `key`: a kept one, that of a question on its way, or a new one.

        `ask` is given a function that tells when nobody waits for its answer any more.

        Raises:
            DownloadStopped: `cancelled()` became true before there was an answer.
            Exception: what `ask` raised, for all who waited for it.
        """
        with self._lock:
            if key in self._fresh:
                return self._fresh[key]
            if key in self._failed:
                failure = self._failed[key]
                raise failure.error.with_traceback(failure.traceback)
            flight = self._flights.get(key)
            if flight is None:
                flight = self._flights[key] = _Flight()
                threading.Thread(
                    target=self._fly, args=(key, flight, ask), name="shared-answer", daemon=True
                ).start()
            flight.waiting += 1
        try:
            while not flight.landed.wait(_LOOK_S):
                if cancelled():
                    raise DownloadStopped
        finally:
            self._leave(key, flight)
        if flight.failure:
            raise flight.failure.error.with_traceback(flight.failure.traceback)
        return flight.answer[0]

    def last_good(self, key: K) -> V | None:
        """Return the last answer to `key`, however old, or None."""
        with self._lock:
            return self._last.get(key)

    def clear(self) -> None:
        """Forget all answers and errors; what is on its way arrives."""
        with self._lock:
            for kept in (self._fresh, self._failed, self._last):
                kept.clear()

    def _leave(self, key: K, flight: _Flight[V]) -> None:
        with self._lock:
            flight.waiting -= 1
            if flight.waiting == 0 and not flight.landed.is_set():
                flight.given_up = True
                # Whoever comes now asks anew, and does not board what is about to stop.
                self._forget(key, flight)

    def _fly(self, key: K, flight: _Flight[V], ask: Callable[[Cancelled], V]) -> None:
        failure: _Failure | None = None
        try:
            flight.answer.append(ask(lambda: flight.given_up))
        # Handed to those who wait, each of whom raises it.
        except BaseException as error:  # noqa: BLE001
            failure = _Failure(error, error.__traceback__)
        with self._lock:
            flight.failure = failure
            if failure is None:
                self._fresh[key] = self._last[key] = flight.answer[0]
            elif not flight.given_up:
                self._failed[key] = failure
            self._forget(key, flight)
            flight.landed.set()

    def _forget(self, key: K, flight: _Flight[V]) -> None:
        if self._flights.get(key) is flight:
            del self._flights[key]
