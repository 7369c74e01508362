"""How far a learner has come, by lesson and task."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from core.exercises.checking import check
from core.exercises.outcome import Outcome
from core.lessons import Place, Placed
from core.work.entries import LessonOpened
from core.work.work import Work


@dataclass(frozen=True)
class PlaceProgress:
    """How many exercises a lesson or task has, and how many are correct.

    `opened` tells whether a lesson was opened; a task counts as opened with its first attempt.
    """

    place: Place
    exercises: int
    correct: int
    opened: bool

    @property
    def done(self) -> bool:
        """Return whether every exercise is correct, and the lesson was opened."""
        return self.opened and self.correct == self.exercises


@dataclass(frozen=True)
class Progress:
    """What was done in each place, in course order, and how each exercise stands by its id."""

    places: tuple[PlaceProgress, ...]
    outcomes: Mapping[str, Outcome]
    lessons_opened: frozenset[int]

    @property
    def exercises(self) -> int:
        """Return how many exercises there are."""
        return len(self.outcomes)

    @property
    def correct(self) -> int:
        """Return how many exercises are correct."""
        return sum(place.correct for place in self.places)

    def of(self, kind: str, name: str) -> PlaceProgress | None:
        """Return what was done in the lesson or task of that name, None where nothing can be."""
        wanted = ((place.place.kind, place.place.name) == (kind, name) for place in self.places)
        return next((p for p, found in zip(self.places, wanted, strict=True) if found), None)


def progress(course: Iterable[Placed], work: Work) -> Progress:
    """Return how far the learner has come with the exercises of `course`."""
    placed = tuple(course)
    outcomes = {one.exercise.id: check(one.exercise, work).outcome for one in placed}
    opened = frozenset(entry.number for entry in work.of(LessonOpened))
    places = []
    for place in dict.fromkeys(one.place for one in placed):
        found = [outcomes[one.exercise.id] for one in placed if one.place == place]
        tried = [outcome for outcome in found if outcome is not Outcome.NOT_ATTEMPTED]
        is_open = bool(tried) if place.kind == "task" else place.name in map(str, opened)
        places.append(
            PlaceProgress(
                place=place,
                exercises=len(found),
                correct=found.count(Outcome.CORRECT),
                opened=is_open,
            )
        )
    return Progress(tuple(places), outcomes, opened)
