"""Making what is handed in, a few at a time, so that a class that ends at once does not stall."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass

AT_ONCE = 2
_LOOK_S = 0.2

_places = threading.BoundedSemaphore(AT_ONCE)


@dataclass(frozen=True)
class File:
    """A file to download."""

    name: str
    mime: str
    content: bytes


@dataclass(frozen=True)
class Making:
    """How far it is: what goes on, and the files once they are made."""

    doing: str
    files: tuple[File, ...] = ()


def make(
    write: Callable[[], tuple[File, ...]],
    *,
    cancelled: Callable[[], bool] = lambda: False,
    places: threading.Semaphore = _places,
) -> Iterator[Making]:
    """Wait for a place, then yield what `write` returns; nothing if `cancelled` while waiting.

    Raises:
        LabError: as `write`.
    """
    while not places.acquire(timeout=_LOOK_S):
        if cancelled():
            return
        yield Making("Others' files are being made; yours is next in line …")
    try:
        yield Making("Being made …")
        files = write()
    finally:
        places.release()
    yield Making("Done", files)
