"""Requirements that are looked at one by one, in the order in which a student meets them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Step(Generic[T]):
    """One requirement: whether `done` of a thing, and what it `says` of that thing if not."""

    done: Callable[[T], bool]
    says: Callable[[T], str]


def furthest(found: Sequence[T], steps: Sequence[Step[T]]) -> tuple[T, str]:
    """Return what came furthest through `steps`, and what the step says at which it stands.

    Of those alike it is the last one, for the student has just done it; "" is said of what is
    through. There is at least one thing.
    """
    reached = [(_through(thing, steps), place) for place, thing in enumerate(found)]
    through, place = max(reached)
    thing = found[place]
    return thing, steps[through].says(thing) if through < len(steps) else ""


def any_through(found: Sequence[T], steps: Sequence[Step[T]]) -> bool:
    """Return whether any of the things is through all `steps`."""
    return any(_through(thing, steps) == len(steps) for thing in found)


def _through(thing: T, steps: Sequence[Step[T]]) -> int:
    return next((number for number, step in enumerate(steps) if not step.done(thing)), len(steps))
