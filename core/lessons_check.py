"""Looks through all lessons and guides for their authors, and tells every mistake with its line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from markdown_it import MarkdownIt

from core.checked_yaml import error_at, read_text
from core.errors import ContentError
from core.exercises.blocks import errors_in
from core.exercises.reference import failures
from core.lessons import (
    LESSONS_FOLDER,
    Lesson,
    TaskGuide,
    guide_files,
    lesson_files,
    placed,
    read_guide,
    read_lesson,
)

File = TypeVar("File", Lesson, TaskGuide)


@dataclass(frozen=True)
class Findings:
    """What was found: `problems` as `file:line: …`, and how many exercises of each kind."""

    problems: tuple[str, ...]
    lessons: int = 0
    guides: int = 0
    kinds: Mapping[str, int] = field(default_factory=dict)


def look_through(folder: Path = LESSONS_FOLDER) -> Findings:
    """Return what is wrong in `folder`: with a file, a block, or an exercise's own answers."""
    problems: dict[str, None] = {}

    def read(read_file: Callable[[Path], File], files: list[Path]) -> dict[Path, File]:
        found = {}
        for path in files:
            own = dict.fromkeys(_errors_in(path))
            try:
                found[path] = read_file(path)
            except ContentError as error:
                own[error.message] = None
            problems.update(own)
        return found

    lessons = read(read_lesson, lesson_files(folder))
    guides = read(read_guide, guide_files(folder))
    blocks = {path: file.blocks for path, file in lessons.items()}
    blocks |= {path: file.blocks for path, file in guides.items()}
    for path, inside in blocks.items():
        for block in inside:
            for failure in failures(block.exercise):
                told = error_at(path, block.line, f"'{block.exercise.id}': {failure}")
                problems[told.message] = None
    kinds: Counter[str] = Counter()
    try:
        kinds.update(one.exercise.kind for one in placed(lessons, guides))
    except ContentError as error:
        problems[error.message] = None
    return Findings(tuple(problems), len(lessons), len(guides), dict(kinds))


def _errors_in(path: Path) -> Iterator[str]:
    """Yield all that is wrong with the exercises of a file; to read it stops at the first."""
    try:
        text = read_text(path)
    except ContentError as error:
        yield error.message
        return
    for token in MarkdownIt("commonmark").parse(text):
        if token.type == "fence" and token.info.strip() == "exercise" and token.map:
            # Lines of the file count from 1, and the block's own begin below its fence.
            for wrong in errors_in(path, token.content, token.map[0] + 2):
                yield wrong.message
