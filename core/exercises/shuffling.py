"""The order in which choices are shown: another one for each learner, always the same for one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import TypeVar

from core.exercises.types import Choice, Match, Order

T = TypeVar("T")


def shuffled(exercise: str, learner: str, items: Sequence[T]) -> tuple[T, ...]:
    """Return `items` in the order of this learner for the exercise of that id."""

    def draw(place: int) -> bytes:
        return sha256(f"{learner}\0{exercise}\0{place}".encode()).digest()

    return tuple(items[place] for place in sorted(range(len(items)), key=draw))


def shown(exercise: Choice | Order | Match, learner: str) -> tuple[str, ...]:
    """Return the choices of an exercise as this learner sees them, each once.

    Things to put in order are never shown in the right one.
    """
    match exercise:
        case Choice():
            texts: Iterable[str] = (option.text for option in exercise.options)
        case Order():
            texts = exercise.items
        case Match():
            texts = (*(pair.right for pair in exercise.pairs), *exercise.extra)
    order = shuffled(exercise.id, learner, tuple(dict.fromkeys(texts)))
    if isinstance(exercise, Order) and order == exercise.items:
        return (*order[1:], order[0])
    return order
