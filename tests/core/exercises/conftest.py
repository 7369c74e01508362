"""A check of the learner's work that tests of exercises can rely on, whatever the course has."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from core.exercises.evidence import registry
from core.exercises.evidence.types import Finding
from core.exercises.types import Block
from core.work.entries import LessonOpened
from core.work.work import Work


class LessonsOpened(Block):
    """So many lessons were opened."""

    at_least: int


def lessons_opened(work: Work, given: LessonsOpened) -> Finding:
    """Count the lessons that were opened."""
    opened = len(work.of(LessonOpened))
    if not opened:
        return Finding(False, False, "Open a lesson.")
    if opened < given.at_least:
        return Finding(True, False, f"You opened {opened}. Open another.")
    return Finding(True, True, f"You opened {opened}.", float(opened))


@pytest.fixture(autouse=True)
def lessons_opened_check(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let exercises use the check `lessons-opened`."""
    monkeypatch.setitem(registry.PREDICATES, "lessons-opened", (LessonsOpened, lessons_opened))
    yield
