"""The lessons, the guides beside the tasks, and the glossary: Markdown and YAML made into data.

A lesson is a Markdown file that begins with front matter. Its body is cut at the fenced blocks
that a screen shows in a way of its own: code, `mermaid` diagrams, `live` examples, `engines` that
race each other, `answers`.
This module knows nothing of screens and runs nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from markdown_it import MarkdownIt
from markdown_it.token import Token

from core.checked_yaml import compose, error_at, fields_of, read_text
from core.errors import LabError

LESSONS_FOLDER = Path(__file__).resolve().parent.parent / "lessons" / "day-09"

_NUMBER = (int, float)
_LESSON_KEYS = {"title": str, "minutes": int, "aims": list, "task": str, "next": str}
_GUIDE_KEYS = {"title": str, "minutes": int, "lessons": list}
_TERM_KEYS = {"term": str, "meaning": str, "lesson": int}
_SETTING_KEYS = {"max_new_tokens": int, "temperature": _NUMBER, "top_p": _NUMBER, "seed": int}
_LIVE_KEYS = {"task": str, "model": str, "prompt": str, **_SETTING_KEYS}
_RACE_KEYS = {"task": str, "model": str, "prompt": str, "max_new_tokens": int}
_ALT = re.compile(r'^mermaid\s+alt="([^"]+)"$')


@dataclass(frozen=True)
class Prose:
    """Markdown text without any block that is shown apart."""

    text: str


@dataclass(frozen=True)
class Code:
    """Source to show as it stands; `python` blocks also run as they stand."""

    language: str
    source: str
    line: int


@dataclass(frozen=True)
class Diagram:
    """A Mermaid definition with the sentence that says what it shows."""

    source: str
    alt: str


@dataclass(frozen=True)
class LiveExample:
    """A prompt that the student runs on the page; `settings` holds what the lesson fixes."""

    task: str
    model_id: str
    prompt: str
    settings: Mapping[str, float | int]


@dataclass(frozen=True)
class EngineRace:
    """A prompt that one model answers on every engine and precision that it has here."""

    task: str
    model_id: str
    prompt: str
    max_new_tokens: int


@dataclass(frozen=True)
class Answers:
    """Markdown to keep folded away until the student has thought."""

    text: str


@dataclass(frozen=True)
class Table:
    """A table whose cells are Markdown; each row has as many cells as `header`."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


Segment = Prose | Table | Code | Diagram | LiveExample | EngineRace | Answers


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


@dataclass(frozen=True)
class TaskGuide:
    """The steps shown beside a task; `lessons` are the numbers of the lessons behind it."""

    name: str
    title: str
    minutes: int
    lessons: tuple[int, ...]
    text: str


@dataclass(frozen=True)
class Term:
    """A glossary entry; `lesson` is the number of the lesson that introduces it."""

    term: str
    meaning: str
    lesson: int

    @property
    def anchor(self) -> str:
        """Return the entry's place on the glossary page, fit for the end of an address."""
        return re.sub(r"[^a-z0-9]+", "-", self.term.lower()).strip("-")


@cache
def all_lessons() -> tuple[Lesson, ...]:
    """Return the lessons in course order.

    Raises:
        ContentError: a file is malformed; names the file and the line.
    """
    return tuple(read_lesson(path) for path in sorted(LESSONS_FOLDER.glob("[0-9][0-9]-*.md")))


@cache
def task_guide(name: str) -> TaskGuide:
    """Return the guide of the task `name`, for instance `"test"`.

    Raises:
        ContentError: the guide is malformed.
        LabError: there is no guide of that name.
    """
    for path in LESSONS_FOLDER.glob(f"task-?-{name}.md"):
        return read_guide(path)
    raise LabError(
        f"There is no guide for the task '{name}'.",
        next_step=f"Add lessons/day-09/task-<number>-{name}.md.",
    )


@cache
def glossary() -> tuple[Term, ...]:
    """Return the glossary, sorted by term.

    Raises:
        ContentError: an entry is malformed.
    """
    return read_glossary(LESSONS_FOLDER / "glossary.yaml")


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
        segments=tuple(_segments(path, body, first_line)),
    )


def read_guide(path: Path) -> TaskGuide:
    """Return the guide in `path`, named `task-<number>-<name>.md`."""
    fields, body, first_line = _front_matter(path, _GUIDE_KEYS)
    _parse(path, body, first_line)
    return TaskGuide(
        name=path.stem.split("-", 2)[2],
        title=fields["title"],
        minutes=fields["minutes"],
        lessons=tuple(fields["lessons"]),
        text=body.strip(),
    )


def read_glossary(path: Path) -> tuple[Term, ...]:
    """Return the terms in `path`, a YAML list of mappings with term, meaning and lesson."""
    root = compose(path, read_text(path), first_line=1)
    if not isinstance(root, yaml.SequenceNode):
        raise error_at(path, 1, "a glossary is a list of terms.")
    terms = (Term(**fields_of(path, node, 1, _TERM_KEYS)) for node in root.value)
    return tuple(sorted(terms, key=lambda term: term.term.casefold()))


def _segments(path: Path, body: str, first_line: int) -> Iterator[Segment]:
    """Yield the body's segments; `first_line` is where `body` starts in the file."""
    lines = body.split("\n")
    tokens = _parse(path, body, first_line)
    shown = 0
    for place, token in enumerate(tokens):
        if token.type not in ("fence", "table_open") or token.level > 0 or token.map is None:
            continue
        start, end = token.map
        if prose := "\n".join(lines[shown:start]).strip():
            yield Prose(prose)
        if token.type == "fence":
            yield _block(path, token, first_line + start)
        else:
            yield _table(tokens[place:])
        shown = end
    if prose := "\n".join(lines[shown:]).strip():
        yield Prose(prose)


def _block(path: Path, token: Token, line: int) -> Segment:
    """Return the segment for a fenced block that opens on `line`."""
    info = token.info.strip()
    if info.split(" ")[0] == "mermaid":
        alt = _ALT.match(info)
        if alt is None:
            raise error_at(path, line, 'a diagram says what it shows: ```mermaid alt="…".')
        return Diagram(token.content, alt.group(1))
    if info == "live":
        node = compose(path, token.content, line + 1)
        fields = fields_of(path, node, line + 1, _LIVE_KEYS, optional=set(_SETTING_KEYS))
        settings = {key: fields[key] for key in _SETTING_KEYS if key in fields}
        return LiveExample(fields["task"], fields["model"], fields["prompt"], settings)
    if info == "engines":
        fields = fields_of(path, compose(path, token.content, line + 1), line + 1, _RACE_KEYS)
        return EngineRace(
            fields["task"], fields["model"], fields["prompt"], fields["max_new_tokens"]
        )
    if info == "answers":
        return Answers(token.content.strip())
    if not info:
        raise error_at(path, line, "a code block names its language, for instance ```python.")
    return Code(info, token.content.rstrip("\n"), line)


def _table(tokens: list[Token]) -> Table:
    """Return the table that the first of `tokens` opens."""
    rows: list[list[str]] = []
    for token in tokens:
        if token.type == "tr_open":
            rows.append([])
        elif token.type == "inline":
            rows[-1].append(token.content)
        elif token.type == "table_close":
            break
    header, *body = map(tuple, rows)
    return Table(header, tuple(body))


def _parse(path: Path, body: str, first_line: int) -> list[Token]:
    """Return the Markdown tokens of `body`, refusing raw HTML, which pages do not show."""
    tokens = MarkdownIt("commonmark").enable("table").parse(body)
    for token in tokens:
        line = first_line + (token.map[0] if token.map else 0)
        inner = (child.type for child in token.children or ())
        if token.type == "html_block" or "html_inline" in inner:
            raise error_at(path, line, "raw HTML is not shown; use Markdown instead.")
    return tokens


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
