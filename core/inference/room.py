"""Tokens of context that requests share, handed out in the order of asking."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

# Who waits may be told to stop meanwhile: nobody is woken by that, so it is looked at this often.
_LOOK_S = 0.05


class Room:
    """`tokens` in all; who asks for more than is free waits, and who came later waits behind."""

    def __init__(self, tokens: int) -> None:
        self._free = tokens
        self._changed = threading.Condition()
        self._line: deque[object] = deque()

    def take(self, tokens: int, cancelled: Callable[[], bool]) -> bool:
        """Wait for `tokens` and take them; return False, with nothing taken, once `cancelled()`."""
        me = object()
        with self._changed:
            self._line.append(me)
            try:
                while self._line[0] is not me or self._free < tokens:
                    if cancelled():
                        return False
                    self._changed.wait(_LOOK_S)
                self._free -= tokens
                return True
            finally:
                self._line.remove(me)
                self._changed.notify_all()

    def give(self, tokens: int) -> None:
        """Hand `tokens` back."""
        with self._changed:
            self._free += tokens
            self._changed.notify_all()
