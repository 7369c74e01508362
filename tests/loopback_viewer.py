"""The loopback Hub's dataset viewer: splits and rows of CSV and JSON Lines files.

A card that names `class_labels` (a column and its names) has a column of numbered labels.
"""

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


def viewer_answer(
    repo: Repo, question: str, config: str, split: str, offset: int = 0, length: int = _MOST_ROWS
) -> Mapping[str, object]:
    """Return what the viewer answers to `splits`, `first-rows`, `rows` or `is-valid`.

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
    if length > _MOST_ROWS:
        raise NoRowsError(422, "UnprocessableEntity", "Parameter 'length' must not exceed 100.")
    rows = _rows(files[split])
    shown = rows[offset : offset + length]
    columns = [*dict.fromkeys(name for row in rows for name in row)]
    return {
        "dataset": repo.id,
        "config": _CONFIG,
        "split": split,
        "features": [
            {
                "feature_idx": at,
                "name": name,
                "type": _type(repo, rows, name),
            }
            for at, name in enumerate(columns)
        ],
        "rows": [
            {
                "row_idx": offset + at,
                "row": {name: row.get(name) for name in columns},
                "truncated_cells": [],
            }
            for at, row in enumerate(shown)
        ],
        **(
            {"truncated": len(rows) > _MOST_ROWS}
            if question == "first-rows"
            else {"num_rows_total": len(rows), "num_rows_per_page": _MOST_ROWS, "partial": False}
        ),
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


def _type(repo: Repo, rows: list[dict[str, object]], name: str) -> Mapping[str, object]:
    labels = repo.metadata.get("class_labels")
    if isinstance(labels, dict) and name in labels:
        return {"names": labels[name], "_type": "ClassLabel"}
    return {"dtype": _dtype(rows, name), "_type": "Value"}


def _dtype(rows: list[dict[str, object]], name: str) -> str:
    values = [row[name] for row in rows if row.get(name) is not None]
    names = {bool: "bool", int: "int64", float: "float64"}
    return names.get(type(values[0]), "string") if values else "null"
