"""`catalogue.yaml` made into checked data: the starters, and the picks from the Hub."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from core.checked_yaml import compose, error_at, fields_of, read_text
from core.inference.types import Task

CATALOGUE_FILE = Path(__file__).with_name("catalogue.yaml")

_STARTER_KEYS = {"name": str, "summary": str}
_PICK_KEYS = {
    **{"id": str, "summary": str, "tasks": list, "model_type": str, "revision": str},
    **{"parameters": int, "download_bytes": int, "licence": str, "aliases": list, "access": str},
}
_HUB_ID = re.compile(r"[\w.-]+/[\w.-]+")


@dataclass(frozen=True)
class ListedStarter:
    """A starter's folder name and what is said of it."""

    name: str
    summary: str


@dataclass(frozen=True)
class HubPick:
    """A Hub model: its weights have `download_bytes`, its owner may ask for terms (`gated`)."""

    id: str
    summary: str
    tasks: tuple[Task, ...]
    model_type: str
    revision: str
    parameters: int
    download_bytes: int
    licence: str
    aliases: tuple[str, ...]
    gated: bool


@dataclass(frozen=True)
class Listing:
    """Both lists, in the order of the file."""

    starters: tuple[ListedStarter, ...]
    hub: tuple[HubPick, ...]


def read_listing(path: Path = CATALOGUE_FILE) -> Listing:
    """Return what `path` lists.

    Raises:
        ContentError: an entry is malformed; names the file and the line.
    """
    root = compose(path, read_text(path), first_line=1)
    pairs = root.value if isinstance(root, yaml.MappingNode) else []
    lists = {key.value: value for key, value in pairs}
    if set(lists) != {"starters", "hub"}:
        raise error_at(path, 1, "a catalogue has two lists, 'starters' and 'hub'.")
    return Listing(
        starters=tuple(
            ListedStarter(**fields_of(path, node, 1, _STARTER_KEYS))
            for node in lists["starters"].value
        ),
        hub=tuple(_pick(path, node) for node in lists["hub"].value),
    )


def _pick(path: Path, node: yaml.Node) -> HubPick:
    fields: dict[str, Any] = fields_of(path, node, 1, _PICK_KEYS, optional={"aliases", "access"})
    line = node.start_mark.line + 1
    if not _HUB_ID.fullmatch(fields["id"]):
        raise error_at(path, line, f"{fields['id']!r} is not a Hub id of the form owner/name.")
    if unknown := set(map(str, fields["tasks"])) - set(Task):
        raise error_at(path, line, f"unknown task {unknown.pop()!r}; known: {', '.join(Task)}.")
    if fields["parameters"] <= 0 or fields["download_bytes"] <= 0:
        raise error_at(path, line, "sizes are positive numbers.")
    if (access := fields.pop("access", "open")) not in {"open", "gated"}:
        raise error_at(path, line, f"access is 'open' or 'gated', not {access!r}.")
    return HubPick(
        **{
            **fields,
            "tasks": tuple(map(Task, fields["tasks"])),
            "aliases": tuple(map(str, fields.get("aliases", ()))),
        },
        gated=access == "gated",
    )
