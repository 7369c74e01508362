"""A value that is made once a process, even when thirty visitors ask for it first."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import update_wrapper
from typing import Generic, TypeVar

T = TypeVar("T")


class Once(Generic[T]):
    """Decorates a function without arguments: the first call runs it, the others wait for it.

    `functools.cache` would let callers that come together each make a value of their own.
    """

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._made: list[T] = []
        update_wrapper(self, make)

    def __call__(self) -> T:
        """Return the value, making it if nobody has."""
        with self._lock:
            if not self._made:
                self._made.append(self._make())
            return self._made[0]

    @property
    def made(self) -> T | None:
        """The value, if somebody has asked for it."""
        return self._made[0] if self._made else None

    def cache_clear(self) -> None:
        """Forget the value, so that the next call makes it anew."""
        with self._lock:
            self._made.clear()
