"""What a model on this machine says of itself: its config, headers, card and files."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from core.bounds import count, mapping, text, texts
from core.card import Card
from core.catalogue import ModelEntry
from core.explore.model_record import ModelFile, ModelRecord
from core.explore.types import Origin

_CONFIG_BYTES = 1024**2
_MOST_FILES = 500
_CONTEXTS = ("n_positions", "max_position_embeddings", "n_ctx", "model_max_length")


def here_record(entry: ModelEntry, card: Card) -> ModelRecord:
    """Return what the files of `entry` say; what is missing or broken is left out."""
    folder = entry.path if entry.path and entry.path.is_dir() else None
    config = _config(folder) if folder else mapping({})
    dtypes = _dtypes(folder) if folder else ()
    task = text(card.metadata.get("pipeline_tag"), longest=60)
    return ModelRecord(
        id=entry.id,
        origin=Origin.HERE,
        task=task or next((str(task) for task in entry.tasks), ""),
        tags=(f"license:{entry.licence}",) if entry.licence else (),
        metadata=card.metadata,
        parameters=entry.parameters or sum(number for _, number in dtypes) or None,
        dtypes=dtypes,
        files=_files(entry),
        architecture=next(iter(texts(config.get("architectures"), most=5)), ""),
        model_type=text(config.get("model_type"), longest=60) or entry.model_type,
        context_tokens=_context(config) or _gguf_context(entry),
    )


def _config(folder: Path) -> Mapping[str, Any]:
    try:
        with (folder / "config.json").open("rb") as file:
            raw = file.read(_CONFIG_BYTES + 1)
        told = json.loads(raw) if len(raw) <= _CONFIG_BYTES else {}
    except (OSError, ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def _context(config: Mapping[str, Any]) -> int | None:
    return next(filter(None, (count(config.get(name)) for name in _CONTEXTS)), None)


def _gguf_context(entry: ModelEntry) -> int | None:
    from core.errors import RefusedModelError
    from core.gguf_file import inspect_gguf

    file = next((variant.path for variant in entry.gguf if variant.path), None)
    if file is None:
        return None
    try:
        return inspect_gguf(file).context_length or None
    except RefusedModelError:
        return None


def _dtypes(folder: Path) -> tuple[tuple[str, int], ...]:
    """Return how many values of each type the headers announce, nothing if one is broken."""
    from safetensors import SafetensorError, safe_open

    found: Counter[str] = Counter()
    try:
        for file in sorted(folder.glob("*.safetensors"))[:_MOST_FILES]:
            with safe_open(file, framework="numpy") as tensors:
                for key in tensors.keys():  # noqa: SIM118
                    part = tensors.get_slice(key)
                    found[text(part.get_dtype(), longest=20)] += math.prod(part.get_shape())
    except (OSError, ValueError, SafetensorError):
        return ()
    return tuple(found.most_common())


def _files(entry: ModelEntry) -> tuple[ModelFile, ...] | None:
    if entry.path is None:
        return None
    paths = [entry.path] if entry.path.is_file() else []
    try:
        paths = paths or sorted(path for path in entry.path.iterdir() if path.is_file())
        return tuple(ModelFile(path.name, path.stat().st_size) for path in paths[:_MOST_FILES])
    except OSError:
        return None
