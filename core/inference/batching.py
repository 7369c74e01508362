"""Merges what many threads ask for into batches, for a computation that is faster on several.

It knows nothing of models or of what an item is.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Item = TypeVar("Item")

# Long enough for those who asked together, too short to be felt.
WINDOW_S = 0.002
MAX_BATCH = 32


@dataclass(eq=False)  # each is itself only, whatever it holds
class _Waiting(Generic[Item]):
    item: Item
    key: Hashable
    until_s: float
    done: Future[None] = field(default_factory=Future)


class Batcher(Generic[Item]):
    """Hands items of the same key that arrive close together to one call of `compute`.

    An item that finds nothing under way goes at once; one that comes while another computes waits
    at most `window_s` for company. While all workers compute, arrivals pile up and form the next
    batch, the longest waiting first. Threads live while there is something to do. If `compute`
    fails on a batch, it is called for each of its items alone, so it must be able to begin again.
    """

    def __init__(
        self,
        compute: Callable[[Sequence[Item]], None],
        *,
        workers: int = 2,
        max_batch: int = MAX_BATCH,
        window_s: float = WINDOW_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._compute = compute
        self._workers = workers
        self._max_batch = max_batch
        self._window_s = window_s
        self._clock = clock
        self._changed = threading.Condition()
        self._waiting: list[_Waiting[Item]] = []
        self._threads: set[threading.Thread] = set()
        self._closed = False

    def submit(self, item: Item, key: Hashable = None) -> Future[None]:
        """Put `item` in line; the future ends with its computation, and can be cancelled before."""
        with self._changed:
            patience_s = self._window_s if self._threads else 0.0
            entry = _Waiting(item, key, self._clock() + patience_s)
            if self._closed:
                entry.done.cancel()
                return entry.done
            self._waiting.append(entry)
            if len(self._threads) < self._workers:
                thread = threading.Thread(target=self._work, name="batch", daemon=True)
                self._threads.add(thread)
                thread.start()
            self._changed.notify_all()
        return entry.done

    def run(self, item: Item, key: Hashable = None) -> None:
        """Compute `item`, with others if they come; raises what its computation raised."""
        self.submit(item, key).result()

    def close(self, *, timeout_s: float | None = None) -> bool:
        """Cancel what waits, now and later; tell whether what was computing ended in time."""
        with self._changed:
            self._closed = True
            waiting, self._waiting = self._waiting, []
            self._changed.notify_all()
        for entry in waiting:
            entry.done.cancel()
        with self._changed:
            return self._changed.wait_for(lambda: not self._threads, timeout_s)

    @property
    def threads(self) -> int:
        """How many threads live now."""
        return len(self._threads)

    def _work(self) -> None:
        while batch := self._next():
            self._settle(batch)
            del batch  # kept until the next one, it would keep its items in memory

    def _next(self) -> list[_Waiting[Item]]:
        """Wait for a batch and take it out of the line; with nothing in line, end this worker."""
        with self._changed:
            while True:
                self._waiting = [entry for entry in self._waiting if not entry.done.cancelled()]
                if not self._waiting:
                    self._threads.discard(threading.current_thread())
                    self._changed.notify_all()
                    return []
                left_s = self._waiting[0].until_s - self._clock()
                batch = self._ready(out_of_time=left_s <= 0)
                self._waiting = [entry for entry in self._waiting if entry not in batch]
                # From here on they can no longer be cancelled.
                if batch := [e for e in batch if e.done.set_running_or_notify_cancel()]:
                    return batch
                self._changed.wait(max(left_s, 0))

    def _ready(self, *, out_of_time: bool) -> list[_Waiting[Item]]:
        """Return the first full batch, or what there is for the first item once it has waited."""
        groups: dict[Hashable, list[_Waiting[Item]]] = {}
        for entry in self._waiting:
            groups.setdefault(entry.key, []).append(entry)
        for group in groups.values():
            if out_of_time or len(group) >= self._max_batch:
                return group[: self._max_batch]
        return []

    def _settle(self, batch: Sequence[_Waiting[Item]]) -> None:
        try:
            self._compute([entry.item for entry in batch])
        # Whatever it was, it goes to whoever asked.
        except BaseException as error:  # noqa: BLE001
            if len(batch) == 1:
                batch[0].done.set_exception(error)
                return
            for entry in batch:
                self._settle([entry])
        else:
            for entry in batch:
                entry.done.set_result(None)
