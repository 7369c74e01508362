"""All that one learner has done, in order, ready to be asked: which runs, which answers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeVar

from core.work.entries import Done, Entry

T = TypeVar("T", bound=Entry)


@dataclass(frozen=True)
class Work:
    """What a learner has done, the oldest first; it never changes, a longer one takes its place."""

    done: tuple[Done, ...] = ()
    _by_kind: dict[type, list[Done]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        for one in self.done:
            self._by_kind.setdefault(type(one.what), []).append(one)

    def of(self, kind: type[T]) -> tuple[T, ...]:
        """Return all of one kind, such as `Run`, the oldest first."""
        return tuple(what for _, what in self.timed(kind))

    def timed(self, kind: type[T]) -> tuple[tuple[float, T], ...]:
        """Return all of one kind, each with when it was done (seconds since 1970)."""
        return tuple(
            (one.at_s, one.what)
            for one in self._by_kind.get(kind, ())
            if isinstance(one.what, kind)
        )

    def latest(self, kind: type[T]) -> T | None:
        """Return the last of one kind, None if there is none."""
        found = self.of(kind)
        return found[-1] if found else None

    def plus(self, more: Iterable[Done]) -> Work:
        """Return this work and `more` after it."""
        return Work((*self.done, *more))
