"""The Hub's answer about a model, of which nothing is believed to have the right form."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Any

from core.bounds import count, mapping, moment, text, texts
from core.explore.model_record import ModelFile, ModelRecord
from core.explore.types import Origin

_MOST_FILES = 5000
_MOST_TAGS = 500
_MOST_DTYPES = 20


def hub_record(model_id: str, said: Any, *, card: Mapping[str, Any] | None = None) -> ModelRecord:
    """Return what the Hub said about `model_id`; `card` is the metadata of its card, if read."""
    told: Mapping[str, Any] = said if isinstance(said, Mapping) else {}
    safetensors, gguf = _part(told, "safetensors"), _part(told, "gguf")
    config = _part(told, "config")
    dtypes = _dtypes(safetensors.get("parameters"))
    counted = sum(number for _, number in dtypes) or None
    return ModelRecord(
        id=model_id,
        origin=Origin.LIVE,
        sha=text(told.get("sha"), longest=64),
        task=text(told.get("pipeline_tag"), longest=60),
        tags=texts(told.get("tags"), most=_MOST_TAGS),
        metadata=mapping(told.get("cardData")) or card or mapping({}),
        parameters=count(safetensors.get("total")) or counted or count(gguf.get("total")),
        dtypes=dtypes,
        files=_files(told.get("siblings")),
        gated=_gated(told.get("gated")),
        library=text(told.get("library_name"), longest=60),
        architecture=next(iter(texts(config.get("architectures"), most=5)), "")
        or text(gguf.get("architecture"), longest=100),
        model_type=text(config.get("model_type"), longest=60),
        context_tokens=count(gguf.get("context_length")) or None,
        changed=moment(told.get("lastModified")),
        downloads=count(told.get("downloads")),
        likes=count(told.get("likes")),
    )


def _part(told: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = told.get(name)
    return part if isinstance(part, Mapping) else {}


def _dtypes(value: Any) -> tuple[tuple[str, int], ...]:
    if not isinstance(value, Mapping):
        return ()
    named = (
        (text(name, longest=20), count(number))
        for name, number in islice(value.items(), _MOST_DTYPES)
    )
    return tuple((name, number) for name, number in named if name and number)


def _files(value: Any) -> tuple[ModelFile, ...] | None:
    if not isinstance(value, list):
        return None
    files = (item for item in value[:_MOST_FILES] if isinstance(item, Mapping))
    named = (ModelFile(text(file.get("rfilename")), count(file.get("size"))) for file in files)
    return tuple(file for file in named if file.name)


def _gated(value: Any) -> str | None:
    if value in ("auto", "manual"):
        return str(value)
    return {True: "yes", False: ""}.get(value) if isinstance(value, bool) else None
