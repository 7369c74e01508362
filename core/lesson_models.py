"""Which models a lesson lets its students run."""

from __future__ import annotations

from core.catalogue import Catalogue, ModelEntry
from core.lesson_parts import EngineRace, LiveExample
from core.lessons import Lesson


def models_of(lesson: Lesson, catalogue: Catalogue) -> tuple[ModelEntry, ...]:
    """Return the models that `lesson` runs on its page, each once, in their order there."""
    names = [
        segment.model_id
        for segment in lesson.segments
        if isinstance(segment, LiveExample | EngineRace)
    ]
    return tuple(catalogue.find(name) for name in dict.fromkeys(names))
