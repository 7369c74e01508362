"""Fenced `exercise` blocks of YAML made into exercises; every mistake is told with its line."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from core.checked_yaml import compose, error_at
from core.errors import ContentError
from core.exercises.rules import Loc, broken_rules
from core.exercises.types import AnyExercise

if TYPE_CHECKING:
    from pydantic import TypeAdapter

_LONGEST_SAID = 200


def read_exercise(path: Path, source: str, first_line: int) -> AnyExercise:
    """Return the exercise in `source`, which starts on `first_line` of `path`.

    Raises:
        ContentError: the first thing that is wrong with it.
    """
    exercise, errors = _read(path, source, first_line)
    if exercise is None or errors:
        raise errors[0]
    return exercise


def errors_in(path: Path, source: str, first_line: int) -> list[ContentError]:
    """Return everything that is wrong with the exercise in `source`, by line."""
    try:
        return _read(path, source, first_line)[1]
    except ContentError as error:
        return [error]


def _read(
    path: Path, source: str, first_line: int
) -> tuple[AnyExercise | None, list[ContentError]]:
    from pydantic import ValidationError

    root = compose(path, source, first_line)
    if not isinstance(root, yaml.MappingNode):
        raise error_at(path, first_line, "an exercise has lines of the form 'field: value'.")
    try:
        fields = yaml.SafeLoader("").construct_object(root, deep=True)
    except (yaml.YAMLError, ValueError, TypeError) as error:
        raise error_at(path, first_line, "a value in this exercise cannot be read.") from error
    wrong: list[tuple[Loc, str]] = [
        (loc, f"'{loc[-1]}' stands here twice.") for loc in _repeated(root)
    ]
    exercise = None
    try:
        exercise = _adapter().validate_python(fields)
    except ValidationError as error:
        wrong += [
            (_without_kind(found["loc"]), _said(found, fields))
            for found in error.errors(include_url=False, include_context=True)
        ]
    else:
        wrong += broken_rules(exercise)
    lines = sorted((first_line + _line(root, loc), says) for loc, says in wrong)
    return exercise, [error_at(path, line, says) for line, says in lines]


@cache
def _adapter() -> TypeAdapter[AnyExercise]:
    from pydantic import TypeAdapter

    return TypeAdapter(AnyExercise)


def _without_kind(loc: Loc) -> Loc:
    # Pydantic begins with the kind, which is none of the block's levels.
    return loc[1:] if loc else ("kind",)


def _said(found: Any, fields: dict[Any, Any]) -> str:
    """Return in plain words what pydantic found."""
    field = str(found["loc"][-1]) if found["loc"] else "kind"
    match found["type"]:
        case "union_tag_not_found":
            return "the field 'kind' is missing."
        case "union_tag_invalid":
            kinds = found["ctx"]["expected_tags"]
            return f"there is no kind {str(fields['kind'])[:60]!r}; there are {kinds}."
        case "missing":
            return f"{_where(found['loc'])}the field '{field}' is missing."
        case "extra_forbidden":
            return f"{_where(found['loc'])}the field '{field}' is unknown."
        case "string_type":
            return f"'{field}' must be text; put what is no text into quotes."
        case _:
            says = str(found["msg"])[:_LONGEST_SAID]
            return f"'{field}': {says[:1].lower()}{says[1:]}."


def _where(loc: Loc) -> str:
    """Return the part of the block in which a field is, for instance "options, number 2: "."""
    parts = [
        f"number {part + 1}" if isinstance(part, int) else part for part in _without_kind(loc)[:-1]
    ]
    return f"{', '.join(parts)}: " if parts else ""


def _line(root: yaml.Node, loc: Loc) -> int:
    """Return the line, from 0, of what stands at `loc`, or of the nearest thing around it."""
    node, line = root, root.start_mark.line
    for part in loc:
        if isinstance(node, yaml.MappingNode):
            found = next((pair for pair in node.value if pair[0].value == str(part)), None)
            if found is None:
                break
            line, node = found[0].start_mark.line, found[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int):
            if part >= len(node.value):
                break
            node = node.value[part]
            line = node.start_mark.line
        else:
            break
    return int(line)


def _repeated(node: yaml.Node, loc: Loc = ()) -> Iterator[Loc]:
    """Yield where a field stands that was there before: YAML would take the last without a word."""
    if isinstance(node, yaml.MappingNode):
        names = [str(key.value) for key, _ in node.value]
        for name, (_, value) in zip(names, node.value, strict=True):
            yield from _repeated(value, (*loc, name))
        yield from ((*loc, name) for name in set(names) if names.count(name) > 1)
    elif isinstance(node, yaml.SequenceNode):
        for number, value in enumerate(node.value):
            yield from _repeated(value, (*loc, number))
