"""`snapshot.yaml` made into checked data: what is known of models without asking the Hub."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import yaml

from core.checked_yaml import compose, error_at, fields_of, read_text
from core.explore.pipeline_tags import tag_of
from core.explore.types import Open

SNAPSHOT_FILE = Path(__file__).with_name("snapshot.yaml")


@dataclass(frozen=True)
class SnapshotModel:
    """One model as `snapshot.yaml` describes it; the head of that file explains every field.

    `weights_exact` tells a size that was read from one that was computed. `gated` and `safetensors`
    are None for closed models, as are all sizes.
    """

    id: str
    developer: str
    family: str
    training_data: str
    weights_open: Open
    code_open: Open
    data_open: Open
    paper_open: Open
    sources: tuple[str, ...]
    confidence: Mapping[str, str]
    closed: bool = False
    task: str = ""
    parameters: int | None = None
    parameters_note: str = ""
    weights_bytes: int | None = None
    weights_exact: bool = False
    weights_note: str = ""
    licence: str = ""
    licence_name: str = ""
    licence_note: str = ""
    gated: bool | None = None
    gated_note: str = ""
    languages: tuple[str, ...] = ()
    languages_note: str = ""
    architecture: str = ""
    context_tokens: int | None = None
    context_note: str = ""
    released: str = ""
    released_note: str = ""
    intended_use: str = ""
    limitations: str = ""
    safetensors: bool | None = None
    safetensors_note: str = ""
    revision: str = ""
    base_models: tuple[str, ...] = ()
    id_note: str = ""
    access: str = ""
    price: str = ""
    documentation: str = ""
    note: str = ""
    uncertain: tuple[str, ...] = ()


@dataclass(frozen=True)
class Snapshot:
    """The models in the order of the file, and the day on which it was put together."""

    as_of: date
    models: tuple[SnapshotModel, ...]

    @property
    def asked_at(self) -> datetime:
        """Return the date as results and pages carry it."""
        return datetime.combine(self.as_of, time(), UTC)

    def find(self, model_id: str) -> SnapshotModel | None:
        """Return the model of that id, None if it is not here."""
        return next((model for model in self.models if model.id == model_id), None)


_KINDS = {"int | None": int, "tuple[str, ...]": list, "Mapping[str, str]": dict}
_KEYS = {field.name: _KINDS.get(str(field.type), str) for field in fields(SnapshotModel)}
_ALWAYS = {field.name for field in fields(SnapshotModel) if field.default is MISSING}
_OF_CLOSED = ("access", "price", "documentation")
_OF_OPEN = (
    *("parameters", "weights_bytes", "weights_exact", "safetensors", "licence", "licence_name"),
    *("gated", "architecture", "context_tokens", "released", "intended_use", "limitations"),
)

_YES_OR_NO = {"yes": True, "no": False}
_HOW_FAR = {"yes": Open.YES, "partly": Open.PARTLY, "no": Open.NO}
_CHOICES: dict[str, Mapping[str, Any]] = {
    **dict.fromkeys(("closed", "gated", "safetensors", "weights_exact"), _YES_OR_NO),
    **dict.fromkeys(("weights_open", "code_open", "data_open", "paper_open"), _HOW_FAR),
}
_PATTERNS = {"released": r"20\d\d-(0[1-9]|1[0-2])", "revision": r"[0-9a-f]{40}"}
_LEVELS = ("high", "medium", "low")


def read_snapshot(path: Path = SNAPSHOT_FILE) -> Snapshot:
    """Return what `path` holds.

    Raises:
        ContentError: an entry is malformed; names the file and the line.
    """
    root = compose(path, read_text(path), first_line=1)
    as_of: date = fields_of(path, root, 1, {"as_of": date, "models": list})["as_of"]
    nodes = next(value for key, value in root.value if key.value == "models").value  # type: ignore[union-attr]
    models: list[SnapshotModel] = []
    for node in nodes:
        model = _model(path, node)
        if any(model.id == known.id for known in models):
            raise error_at(path, node.start_mark.line + 1, f"{model.id} is there twice.")
        models.append(model)
    return Snapshot(as_of, tuple(models))


def _model(path: Path, node: yaml.Node) -> SnapshotModel:
    given = fields_of(path, node, 1, _KEYS, optional=_KEYS.keys() - _ALWAYS)
    for key in _OF_CLOSED if given.get("closed") == "yes" else _OF_OPEN:
        if key not in given:
            line = node.start_mark.line + 1
            raise error_at(path, line, f"{given['id']} lacks the key '{key}'.")
    lines = {key.value: key.start_mark.line + 1 for key, _ in node.value}
    return SnapshotModel(
        **{key: _checked(path, lines[key], key, value) for key, value in given.items()}
    )


def _checked(path: Path, line: int, key: str, value: Any) -> Any:
    if key in _CHOICES:
        if value not in _CHOICES[key]:
            known = ", ".join(_CHOICES[key])
            raise error_at(path, line, f"'{key}' is one of {known}, not {value!r}.")
        return _CHOICES[key][value]
    if key in _PATTERNS and not re.fullmatch(_PATTERNS[key], value):
        raise error_at(path, line, f"{value!r} is no value for '{key}'.")
    if key == "task" and tag_of(value) is None:
        raise error_at(path, line, f"{value!r} is no pipeline tag.")
    if _KEYS[key] is int and value <= 0:
        raise error_at(path, line, f"'{key}' is a positive number.")
    if _KEYS[key] is dict and ("overall" not in value or set(value.values()) - {*_LEVELS}):
        raise error_at(path, line, f"'{key}' has 'overall', and levels: {', '.join(_LEVELS)}.")
    if _KEYS[key] is list:
        if not all(isinstance(item, str) for item in value):
            raise error_at(path, line, f"'{key}' lists words; quote what YAML takes for others.")
        return tuple(value)
    return value
