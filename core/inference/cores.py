"""Who computes: models that each keep several cores busy take turns, so that they do not share.

Two such computations at once would each wait for the other's threads and both be slower.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from core.errors import LabError

# Who asked may leave meanwhile: nobody is woken by that, so it is looked at this often.
_LOOK_S = 0.1


@dataclass(eq=False)
class _Turn:
    key: str
    members: int = 0


class Cores:
    """Hands out turns. Computations of one model share a turn; models come in order of arrival.

    While another model waits, nobody joins the turn that is under way, so each turn ends.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._turns: list[_Turn] = []  # the first is under way

    @contextmanager
    def turn(
        self, key: str, threads: int, cancelled: Callable[[], bool] = lambda: False
    ) -> Iterator[None]:
        """Wait until the model of `key` may compute on `threads` threads; with one, do not wait.

        Raises:
            LabError: it was `cancelled` before.
        """
        if threads <= 1:
            yield
            return
        turn = self._join(key)
        try:
            self._await(turn, cancelled)
            yield
        finally:
            self._leave(turn)

    @property
    def waiting(self) -> int:
        """How many computations wait for their turn."""
        with self._changed:
            return sum(turn.members for turn in self._turns[1:])

    def _join(self, key: str) -> _Turn:
        with self._changed:
            open_turns = self._turns if len(self._turns) == 1 else self._turns[1:]
            turn = next((turn for turn in open_turns if turn.key == key), None)
            if turn is None:
                turn = _Turn(key)
                self._turns.append(turn)
            turn.members += 1
            return turn

    def _await(self, turn: _Turn, cancelled: Callable[[], bool]) -> None:
        with self._changed:
            while self._turns[0] is not turn:
                if cancelled():
                    raise LabError("Stopped before the model began.", next_step="Run it again.")
                self._changed.wait(_LOOK_S)

    def _leave(self, turn: _Turn) -> None:
        with self._changed:
            turn.members -= 1
            if not turn.members:
                self._turns.remove(turn)
                self._changed.notify_all()
