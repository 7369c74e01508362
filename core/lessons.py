"""The lessons, the guides beside the tasks, and all exercises of the course in their order.

A lesson and a guide are Markdown files that begin with front matter; `core.lesson_parts` cuts them
into what a screen shows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from core.checked_yaml import compose, error_at, fields_of, read_text
from core.errors import LabError
from core.exercises.types import AnyExercise
from core.lesson_parts import ExerciseBlock, Segment, parts_of, split_guide

LESSONS_FOLDER = Path(__file__).resolve().parent.parent / "lessons" / "day-09"

_LESSON_KEYS = {"title": str, "minutes": int, "aims": list, "task": str, "next": str}
_GUIDE_KEYS = {"title": str, "minutes": int, "lessons": list}


@dataclass(frozen=True)
class Lesson:
    """One lesson; `task` names the hands-on task it is paired with."""

    number: int
    title: str
    minutes: int
    aims: tuple[str, ...]
    task: str
    next: str | None
    segments: tuple[Segment, ...]

    @property
    def url_path(self) -> str:
        """Return the last part of the lesson's address."""
        return f"lesson-{self.number}"

    @property
    def blocks(self) -> tuple[ExerciseBlock, ...]:
        """Return the exercises, each with its line."""
        return tuple(part for part in self.segments if isinstance(part, ExerciseBlock))


@dataclass(frozen=True)
class TaskGuide:
    """What stands beside a task; `lessons` are the numbers of the lessons behind it.

    `text` is the prose up to the last exercise, `after` that behind it.
    """

    name: str
    title: str
    minutes: int
    lessons: tuple[int, ...]
    text: str
    blocks: tuple[ExerciseBlock, ...] = ()
    after: str = ""

    @property
    def steps(self) -> tuple[AnyExercise, ...]:
        """Return the exercises in their order."""
        return tuple(block.exercise for block in self.blocks)


@dataclass(frozen=True)
class Place:
    """Where exercises stand: a lesson, named by its number, or the guide of the task `name`."""

    kind: Literal["lesson", "task"]
    name: str


@dataclass(frozen=True)
class Placed:
    """An exercise of the course, and where it stands."""

    place: Place
    exercise: AnyExercise


@cache
def all_lessons() -> tuple[Lesson, ...]:
    """Return the lessons in course order.

    Raises:
        ContentError: a file is malformed; names the file and the line.
    """
    return tuple(map(read_lesson, lesson_files()))


@cache
def task_guide(name: str) -> TaskGuide:
    """Return the guide of the task `name`, for instance `"test"`.

    Raises:
        ContentError: the guide is malformed.
        LabError: there is no guide of that name.
    """
    for path in guide_files():
        if _task_of(path) == name:
            return read_guide(path)
    raise LabError(
        f"There is no guide for the task '{name}'.",
        next_step=f"Add lessons/day-09/task-<number>-{name}.md.",
    )


@cache
def all_exercises() -> tuple[Placed, ...]:
    """Return every exercise in course order: each task comes after the last lesson behind it.

    Raises:
        ContentError: a file is malformed, or two exercises have the same id.
    """
    lessons = dict(zip(lesson_files(), all_lessons(), strict=True))
    return placed(lessons, {path: task_guide(_task_of(path)) for path in guide_files()})


def placed(lessons: Mapping[Path, Lesson], guides: Mapping[Path, TaskGuide]) -> tuple[Placed, ...]:
    """Return the exercises of these lessons and guides in course order.

    Raises:
        ContentError: two exercises have the same id.
    """
    found: dict[str, Placed] = {}
    for path, place, blocks in _in_order(lessons, guides):
        for block in blocks:
            id_ = block.exercise.id
            if id_ in found:
                first = found[id_].place
                where = f"{first.kind} {first.name}"
                message = f"the id '{id_}' is taken by an exercise of {where}; ids are unique."
                raise error_at(path, block.line, message)
            found[id_] = Placed(place, block.exercise)
    return tuple(found.values())


def lesson_files(folder: Path = LESSONS_FOLDER) -> list[Path]:
    """Return the files of the lessons in course order."""
    return sorted(folder.glob("[0-9][0-9]-*.md"))


def guide_files(folder: Path = LESSONS_FOLDER) -> list[Path]:
    """Return the files of the guides in the order of their tasks."""
    return sorted(folder.glob("task-?-*.md"))


def read_lesson(path: Path) -> Lesson:
    """Return the lesson in `path`, whose name begins with its number."""
    fields, body, first_line = _front_matter(path, _LESSON_KEYS, optional={"next"})
    return Lesson(
        number=int(path.name[:2]),
        title=fields["title"],
        minutes=fields["minutes"],
        aims=tuple(map(str, fields["aims"])),
        task=fields["task"],
        next=fields.get("next"),
        segments=tuple(parts_of(path, body, first_line)),
    )


def read_guide(path: Path) -> TaskGuide:
    """Return the guide in `path`, named `task-<number>-<name>.md`."""
    fields, body, first_line = _front_matter(path, _GUIDE_KEYS)
    text, blocks, after = split_guide(path, body, first_line)
    return TaskGuide(
        name=_task_of(path),
        title=fields["title"],
        minutes=fields["minutes"],
        lessons=tuple(fields["lessons"]),
        text=text,
        blocks=blocks,
        after=after,
    )


def _task_of(path: Path) -> str:
    return path.stem.split("-", 2)[2]


def _in_order(
    lessons: Mapping[Path, Lesson], guides: Mapping[Path, TaskGuide]
) -> Iterator[tuple[Path, Place, tuple[ExerciseBlock, ...]]]:
    """Yield each lesson and guide of the course with its exercises, in order."""
    left = dict(guides)
    numbers = [lesson.number for lesson in lessons.values()]
    for path, lesson in lessons.items():
        yield path, Place("lesson", str(lesson.number)), lesson.blocks
        to_come = set(numbers[numbers.index(lesson.number) + 1 :])
        for place, guide in list(left.items()):
            if to_come.isdisjoint(guide.lessons):
                yield place, Place("task", guide.name), left.pop(place).blocks
    for place, guide in left.items():
        yield place, Place("task", guide.name), guide.blocks


def _front_matter(
    path: Path, keys: Mapping[str, Any], optional: frozenset[str] | set[str] = frozenset()
) -> tuple[dict[str, Any], str, int]:
    """Return the checked front matter, the body, and the line on which the body starts."""
    lines = read_text(path).split("\n")
    if not lines or lines[0].strip() != "---":
        raise error_at(path, 1, "the file begins with front matter between two lines '---'.")
    end = next((i for i, line in enumerate(lines[1:], start=1) if line.strip() == "---"), None)
    if end is None:
        raise error_at(path, 1, "the front matter is never closed by a line '---'.")
    node = compose(path, "\n".join(lines[1:end]), first_line=2)
    fields = fields_of(path, node, 2, keys, optional)
    return fields, "\n".join(lines[end + 1 :]), end + 2
