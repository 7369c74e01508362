"""The loopback Hub's dataset viewer: splits and first rows of CSV and JSON Lines files."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from pathlib import Path

from tests.loopback_repo import Repo

_SPLITS = ("train", "validation", "test")
_MOST_ROWS = 100
_CONFIG = "default"


class NoRowsError(Exception):
    """The viewer has no answer: the status and code that it refuses with."""

    def __init__(self, status: int, code: str, words: str) -> None:
        super().__init__(words)
        self.status, self.code, self.words = status, code, words


def viewer_answer(repo: Repo, question: str, config: str, split: str) -> Mapping[str, object]:
    """Return what the viewer answers to `splits`, `first-rows` or `is-valid`.

    Raises:
        NoRowsError: it refuses.
    """
    if "viewer" in repo.metadata and repo.metadata["viewer"] is False:
        raise NoRowsError(501, "NotSupportedDisabledViewerError", "The dataset viewer is disabled.")
    files = _files(repo)
    if question == "is-valid":
        names = ("viewer", "preview", "search", "filter", "statistics")
        return dict.fromkeys(names, bool(files))
    if not files:
        raise NoRowsError(500, "EmptyDatasetError", "The dataset is empty.")
    if question == "splits":
        found = [{"dataset": repo.id, "config": _CONFIG, "split": name} for name in files]
        return {"splits": found, "pending": [], "failed": []}
    if config != _CONFIG or split not in files:
        raise NoRowsError(404, "SplitNotFoundError", "The split does not exist.")
    rows = _rows(files[split])
    columns = [*dict.fromkeys(name for row in rows for name in row)]
    return {
        "dataset": repo.id,
        "config": _CONFIG,
        "split": split,
        "features": [
            {
                "feature_idx": at,
                "name": name,
                "type": {"dtype": _dtype(rows, name), "_type": "Value"},
            }
            for at, name in enumerate(columns)
        ],
        "rows": [
            {
                "row_idx": at,
                "row": {name: row.get(name) for name in columns},
                "truncated_cells": [],
            }
            for at, row in enumerate(rows[:_MOST_ROWS])
        ],
        "truncated": len(rows) > _MOST_ROWS,
    }


def _files(repo: Repo) -> dict[str, Path]:
    names = [name for name in repo.files if name.endswith((".csv", ".jsonl"))]
    found = {
        split: repo.folder / name
        for split in _SPLITS
        for name in reversed(names)
        if split in name.rpartition("/")[2]
    }
    return found or ({"train": repo.folder / names[0]} if names else {})


def _rows(path: Path) -> list[dict[str, object]]:
    with path.open(newline="", encoding="utf-8") as file:
        if path.suffix == ".csv":
            return [dict(row) for row in csv.DictReader(file)]
        return [json.loads(line) for line in file if line.strip()]


def _dtype(rows: list[dict[str, object]], name: str) -> str:
    values = [row[name] for row in rows if row.get(name) is not None]
    names = {bool: "bool", int: "int64", float: "float64"}
    return names.get(type(values[0]), "string") if values else "null"
