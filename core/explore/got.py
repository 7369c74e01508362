"""Which Hub models were got here: remembered over restarts, and looked at anew each time.

The list names models and commits only. What they are is read from their files, so that a list
that somebody edited offers nothing that the lab would not have got.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.catalogue import ModelEntry, licence_of, reference_bytes
from core.errors import RefusedModelError
from core.file_locks import held
from core.hub import cached_folder
from core.model_folder import inspect_folder
from core.settings import Settings

_FILE, _LOCK = "models-got.json", "models-got.lock"
_MOST_BYTES = 1024**2
_MOST_MODELS = 500
_COMMIT = re.compile(r"[0-9a-f]{40}")
_ID = re.compile(r"[A-Za-z0-9_][\w.-]{0,95}/[A-Za-z0-9_][\w.-]{0,95}", re.ASCII)
# The lab's own names for what does not come from the Hub.
_OURS = ("starter/", "local/")


@dataclass(frozen=True)
class GotModel:
    """One model that was got: `gated` if it took somebody's token."""

    id: str
    commit: str
    gated: bool = False


def is_model_id(text: str) -> bool:
    """Tell whether `text` can name a model of the Hub, and none of this lab's own."""
    own = text.startswith(_OURS) or ".." in text or "--" in text
    return bool(_ID.fullmatch(text)) and not own


def is_commit(text: str) -> bool:
    """Tell whether `text` is a commit, which never changes."""
    return bool(_COMMIT.fullmatch(text))


def remember(model: GotModel, limits: Settings) -> None:
    """Put `model` on the list, in place of an earlier commit of it.

    Raises:
        OSError: the list cannot be written.
    """
    limits.cache_dir.mkdir(parents=True, exist_ok=True)
    lock = limits.cache_dir / _LOCK
    with held(lock, cancelled=lambda: False, stopped=RuntimeError):
        others = [known for known in _read(limits.cache_dir / _FILE) if known.id != model.id]
        listed = [vars(known) for known in [*others, model][-_MOST_MODELS:]]
        draft = limits.cache_dir / f"{_FILE}.{os.getpid()}.new"
        draft.write_text(json.dumps(listed, indent=1) + "\n", encoding="utf-8")
        draft.replace(limits.cache_dir / _FILE)


def got_before(limits: Settings) -> Iterator[ModelEntry]:
    """Yield the models on the list whose files are all still here and still will do."""
    for model in _read(limits.cache_dir / _FILE):
        if model.gated and not limits.share_gated:
            continue
        with suppress(RefusedModelError, OSError, ValueError):
            if (folder := cached_folder(model.id, model.commit)) is not None:
                yield entry_of(model, folder)


def entry_of(model: GotModel, folder: Path) -> ModelEntry:
    """Return the catalogue's entry of a model whose files lie in `folder`.

    Raises:
        RefusedModelError: the files will not do, said in plain words.
    """
    facts = inspect_folder(folder, name=model.id)
    return ModelEntry(
        id=model.id,
        source="hub",
        tasks=facts.tasks,
        summary="",
        revision=model.commit,
        parameters=facts.parameters,
        memory_bytes=reference_bytes(facts.parameters),
        model_type=facts.model_type,
        licence=licence_of(facts.card.get("license")),
        gated=model.gated,
        download_bytes=facts.weights_bytes,
    )


def _read(file: Path) -> list[GotModel]:
    """Return what the list names; what is not written as we write it is left out."""
    try:
        if file.stat().st_size > _MOST_BYTES:
            return []
        listed = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return []
    models = map(_model, listed[:_MOST_MODELS] if isinstance(listed, list) else [])
    return list({model.id: model for model in models if model}.values())


def _model(value: Any) -> GotModel | None:
    if not isinstance(value, dict):
        return None
    model_id, commit, gated = (value.get(name) for name in ("id", "commit", "gated"))
    if not (isinstance(model_id, str) and isinstance(commit, str) and isinstance(gated, bool)):
        return None
    known = is_model_id(model_id) and is_commit(commit)
    return GotModel(model_id, commit, gated) if known else None
