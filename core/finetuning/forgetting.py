"""Deleting all that a learner trained."""

from __future__ import annotations

import threading
import time
from typing import Protocol

from core.finetuning.store import Store
from core.finetuning.ticket import Training

_TRIES = 120


class Line(Protocol):
    """What is asked of the line of trainings."""

    store: Store

    def of(self, learner: str) -> tuple[Training, ...]:
        """Return the trainings of `learner`."""
        ...


def forget_trainings(line: Line, learner: str) -> int:
    """Stop and delete the trainings of `learner`, their data and models; return how many there are.

    One that is in use is deleted as soon as nobody uses it, after this has returned.
    """
    found = line.of(learner)
    for training in found:
        training.stop()
        if training.state.ended and line.store.remove(training.folder):
            continue
        threading.Thread(
            target=_remove_later, args=(line.store, training), name="forgetting", daemon=True
        ).start()
    return len(found)


def _remove_later(store: Store, training: Training) -> None:
    for _ in training.follow(every_s=1.0):
        pass
    for _ in range(_TRIES):
        if store.remove(training.folder):
            return
        time.sleep(1.0)
