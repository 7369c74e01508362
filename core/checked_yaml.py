"""YAML that people edit by hand, read so that every mistake is told with its file and line."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import yaml

from core.errors import ContentError

# In C, where the library has it: ten times as fast, which the first visitor notices. What is no
# YAML is read by the other one, whose errors point to the right line.
_QUICK = getattr(yaml, "CSafeLoader", None)


def error_at(path: Path, line: int, message: str) -> ContentError:
    """Return the error for `line` of `path`; its message begins with `file:line`."""
    return ContentError(
        f"{path.name}:{line}: {message}",
        next_step=f"Correct {path.name} at line {line}, then load the page again.",
    )


def read_text(path: Path) -> str:
    """Return the text of `path`.

    Raises:
        ContentError: it is not UTF-8.
    """
    raw = path.read_bytes()
    try:
        return raw.decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise error_at(path, line, "the text is not UTF-8.") from error


def compose(path: Path, text: str, first_line: int) -> yaml.Node | None:
    """Return the YAML tree of `text`, which starts on `first_line` of `path`.

    Raises:
        ContentError: it is not YAML.
    """
    if _QUICK is not None:
        with suppress(yaml.YAMLError):
            return yaml.compose(text, Loader=_QUICK)
    try:
        return yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = first_line + (mark.line if mark else 0)
        reason = getattr(error, "problem", None) or "cannot be read"
        raise error_at(path, line, f"not valid YAML: {reason}.") from error


def fields_of(
    path: Path,
    node: yaml.Node | None,
    first_line: int,
    keys: Mapping[str, Any],
    optional: Collection[str] = (),
) -> dict[str, Any]:
    """Return the mapping in `node`, each value of the type that `keys` asks for.

    Raises:
        ContentError: a key is unknown or missing, or a value is empty or of another type.
    """
    if not isinstance(node, yaml.MappingNode):
        raise error_at(path, first_line, "expected lines of the form 'key: value'.")
    fields: dict[str, Any] = {}
    for key_node, value_node in node.value:
        line = first_line + key_node.start_mark.line
        key = str(key_node.value)
        if key not in keys:
            raise error_at(path, line, f"unknown key '{key}'; known: {', '.join(keys)}.")
        fields[key] = _value(path, line, key, value_node, keys[key])
    for key in keys:
        if key not in fields and key not in optional:
            line = first_line + node.start_mark.line
            raise error_at(path, line, f"the key '{key}' is missing.")
    return fields


def _value(path: Path, line: int, key: str, node: yaml.Node, kind: Any) -> Any:
    try:
        value = yaml.SafeLoader("").construct_object(node, deep=True)
    except (yaml.YAMLError, ValueError) as error:
        raise error_at(path, line, f"the value of '{key}' cannot be read.") from error
    if not isinstance(value, kind) or isinstance(value, bool) or value in ("", []):
        wanted = " or ".join(k.__name__ for k in (kind if isinstance(kind, tuple) else (kind,)))
        raise error_at(path, line, f"'{key}' must be a non-empty {wanted}, not {value!r}.")
    return value
