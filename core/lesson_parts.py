"""The parts of a lesson: its Markdown, cut at the blocks that a screen shows in a way of its own.

Those are code, `mermaid` diagrams, `live` examples, `engines` that race each other, `exercise`s.
This module knows nothing of screens and runs nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from markdown_it.token import Token

from core.checked_yaml import compose, error_at, fields_of
from core.exercises.blocks import read_exercise
from core.exercises.types import AnyExercise
from core.markdown_body import tokens_of

_NUMBER = (int, float)
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
class ExerciseBlock:
    """An exercise in its place; `line` is where its block opens in the file."""

    exercise: AnyExercise
    line: int


@dataclass(frozen=True)
class Table:
    """A table whose cells are Markdown; each row has as many cells as `header`."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


Segment = Prose | Table | Code | Diagram | LiveExample | EngineRace | ExerciseBlock


def parts_of(path: Path, body: str, first_line: int) -> Iterator[Segment]:
    """Yield the parts of `body`, which starts on `first_line` of `path`.

    Raises:
        ContentError: a block is malformed, or there is raw HTML.
    """
    lines = body.split("\n")
    tokens = tokens_of(path, body, first_line)
    shown = 0
    for place, token in enumerate(tokens):
        if token.type not in ("fence", "table_open") or token.map is None:
            continue
        start, end = token.map
        if token.level > 0:
            _refuse_hidden_exercise(path, token, first_line + start)
            continue
        if prose := "\n".join(lines[shown:start]).strip():
            yield Prose(prose)
        if token.type == "fence":
            yield _block(path, token, first_line + start)
        else:
            yield _table(tokens[place:])
        shown = end
    if prose := "\n".join(lines[shown:]).strip():
        yield Prose(prose)


def split_guide(
    path: Path, body: str, first_line: int
) -> tuple[str, tuple[ExerciseBlock, ...], str]:
    """Return the prose of a guide up to its last exercise, its exercises, and the prose after.

    Raises:
        ContentError: an exercise is malformed, or there is raw HTML.
    """
    lines = body.split("\n")
    prose, blocks, shown = [], [], 0
    for token in tokens_of(path, body, first_line):
        if token.type != "fence" or token.info.strip() != "exercise" or token.map is None:
            continue
        start, end = token.map
        _refuse_hidden_exercise(path, token, first_line + start)
        blocks.append(_exercise(path, token, first_line + start))
        prose.append("\n".join(lines[shown:start]).strip())
        shown = end
    rest = "\n".join(lines[shown:]).strip()
    if not blocks:
        return rest, (), ""
    return "\n\n".join(filter(None, prose)), tuple(blocks), rest


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
    if info == "exercise":
        return _exercise(path, token, line)
    if not info:
        raise error_at(path, line, "a code block names its language, for instance ```python.")
    return Code(info, token.content.rstrip("\n"), line)


def _exercise(path: Path, token: Token, line: int) -> ExerciseBlock:
    return ExerciseBlock(read_exercise(path, token.content, line + 1), line)


def _refuse_hidden_exercise(path: Path, token: Token, line: int) -> None:
    # Inside a list it would be drawn as code, which shows the answers.
    if token.level > 0 and token.type == "fence" and token.info.strip() == "exercise":
        raise error_at(path, line, "an exercise begins at the start of the line, not in a list.")


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
