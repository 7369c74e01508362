"""Long work outside the screen: it goes on while pages redraw, and stops when told."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

Progress = TypeVar("Progress")


class Job(Generic[Progress]):
    """Runs a generator of progress in a thread of its own and keeps what it said last.

    `work` is called with a function that tells whether the job was cancelled.
    """

    def __init__(self, work: Callable[[Callable[[], bool]], Iterator[Progress]]) -> None:
        self._work = work
        self._cancelled = threading.Event()
        self._changed = threading.Condition()
        self._latest: Progress | None = None
        self._error: Exception | None = None
        self._ended = False
        threading.Thread(target=self._run, name="job", daemon=True).start()

    @property
    def latest(self) -> Progress | None:
        """The progress reported last, None before the first report."""
        return self._latest

    @property
    def error(self) -> Exception | None:
        """What went wrong, if the job ended that way."""
        return self._error

    @property
    def ended(self) -> bool:
        """Whether nothing more will come."""
        return self._ended

    def cancelled(self) -> bool:
        """Whether somebody asked the job to stop."""
        return self._cancelled.is_set()

    def cancel(self) -> None:
        """Ask the job to stop."""
        self._cancelled.set()

    def follow(self, *, every_s: float = 0.2) -> Iterator[Progress | None]:
        """Yield the latest progress about every `every_s` until the job ends, then once more."""
        while not self._ended:
            yield self._latest
            with self._changed:
                self._changed.wait_for(lambda: self._ended, timeout=every_s)
        yield self._latest

    def _run(self) -> None:
        try:
            for progress in self._work(self.cancelled):
                self._latest = progress
        # Nobody waits in this thread: whatever went wrong is kept for whoever reads the job.
        except Exception as error:  # noqa: BLE001
            self._error = error
        finally:
            with self._changed:
                self._ended = True
                self._changed.notify_all()
