"""Keeping what came out of Task 4: trainings, learning curves, and what was expected of them."""

from __future__ import annotations

from core.finetuning.jobs import trainings
from core.work.trainings import newly_ended
from ui.record import learner, note, work


def note_trainings() -> None:
    """Keep each of this visitor's trainings that has ended meanwhile, in this visit or before."""
    for ended in newly_ended(trainings().of(learner()), work()):
        note(ended)
