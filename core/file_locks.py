"""One at a time, also among processes, with a way out for whoever waits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_LOOK_S = 0.5


@contextmanager
def held(file: Path, *, cancelled: Callable[[], bool], stopped: type[Exception]) -> Iterator[None]:
    """Hold the lock `file`, which falls when its holder dies.

    Raises:
        Exception: `stopped`, once `cancelled()` while others hold it.
    """
    from filelock import FileLock, Timeout

    lock = FileLock(file)
    while not lock.is_locked:
        if cancelled():
            raise stopped
        with suppress(Timeout):
            lock.acquire(timeout=_LOOK_S)
    try:
        yield
    finally:
        lock.release()
