"""What getting a model from the Hub would fetch, and why it is refused, before anything is."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cache, partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import quote

from core.bounds import count, texts
from core.catalogue import ModelEntry, licence_of, reference_bytes, within_budget
from core.errors import HubError, RefusedModelError
from core.explore.got import is_commit, is_model_id
from core.explore.hub_answers import ask_json
from core.hub import cached_folder, check_disk, here_bytes, is_small_file, is_weights
from core.hub_client import asking
from core.hub_token import Token
from core.model_folder import PICKLE_PATTERNS, TOKENIZER_PATTERNS, kind_of
from core.settings import Settings

_MOST_CONFIG_BYTES = 1024**2
_MOST_INFO_BYTES = 8 * 1024**2
_MOST_FILES = 10_000
# A Hub that counts fewer parameters than weights of 64 bits would have is wrong.
_WIDEST_BYTES, _USUAL_BYTES, _NARROW_BYTES = 8, 4, 2


@dataclass(frozen=True)
class PlannedFile:
    """A file of the repository that is fetched."""

    path: str
    size_bytes: int


@dataclass(frozen=True)
class Plan:
    """What would be fetched, and what it becomes: `entry` is pinned to a commit.

    `here_bytes` is what an earlier try left of `total_bytes`; all of it when `is_here`.
    """

    entry: ModelEntry
    files: tuple[PlannedFile, ...]
    here_bytes: int
    is_here: bool

    @property
    def total_bytes(self) -> int:
        """The size of all files that are fetched."""
        return sum(file.size_bytes for file in self.files)

    @property
    def weights_bytes(self) -> int:
        """The size of the files that hold the weights."""
        return self.entry.download_bytes


def plan(
    model_id: str,
    *,
    limits: Settings,
    revision: str = "main",
    token: Token | None = None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Plan:
    """Ask the Hub what getting a model would fetch; only its configuration is read.

    A gated model is refused even with a token, unless the lab's owner allowed it (`share_gated`):
    its owner lets persons in one by one, and here it would be everybody's.

    Raises:
        HubError: the Hub cannot be reached or refuses, or the disk is too full.
        RefusedModelError: the model cannot run here, said in plain words.
        DownloadStopped: `cancelled()` became true on the way.
    """
    if not is_model_id(model_id):
        raise RefusedModelError(
            f"{model_id[:100]!r} is not the name of a model on the Hub.",
            next_step="A name has the form owner/model.",
        )
    ask = partial(ask_json, token=token, cancelled=cancelled)
    with asking(model_id, revision, cancelled, token):
        from huggingface_hub import constants, hf_hub_url

        place = f"{constants.ENDPOINT}/api/models/{model_id}/revision/{quote(revision, safe='')}"
        info = ask(place, query={"blobs": "true"}, most_bytes=_MOST_INFO_BYTES)
        # The log-in page of a guest network knows no commits.
        if not isinstance(info, dict) or not is_commit(commit := str(info.get("sha"))):
            raise ValueError("This is no answer of the Hub.")
        files = _files(info.get("siblings"))
        _check_gate(model_id, bool(info.get("gated")), token, limits)
        _check_files(model_id, files)
        place = hf_hub_url(model_id, "config.json", revision=commit)
        try:
            config = ask(place, query={}, most_bytes=_MOST_CONFIG_BYTES)
        except ValueError:
            config = None
    if not isinstance(config, dict):
        raise RefusedModelError(
            f"The config.json of {model_id} is broken.", next_step="Choose another model."
        )
    entry = _entry(model_id, commit, info, config, files)
    if refusal := within_budget(entry, limits).refusal:
        raise RefusedModelError(refusal)
    wanted = tuple(file for file in files if is_weights(file.path) or is_small_file(file.path))
    is_here = cached_folder(model_id, commit) is not None
    total = sum(file.size_bytes for file in wanted)
    here = total if is_here else min(total, here_bytes(model_id, commit))
    check_disk(model_id, total - here)
    return Plan(entry, wanted, here, is_here)


def _files(listed: Any) -> tuple[PlannedFile, ...]:
    """Return what a foreign list of files names, each with its size."""
    files = (
        PlannedFile(path, count(file.get("size")) or 0)
        for file in (listed if isinstance(listed, list) else [])[:_MOST_FILES]
        if isinstance(file, dict) and isinstance(path := file.get("rfilename"), str)
    )
    return tuple(files)


def _check_gate(model_id: str, gated: bool, token: Token | None, limits: Settings) -> None:
    if gated and not limits.share_gated:
        raise HubError(
            f"{model_id} is behind a gate: its owner lets people in one by one, and what this lab "
            "gets is for everybody in it.",
            next_step="Read its page here, and choose an open model to run. Whoever runs this lab "
            "can allow it with OPEN_MODEL_LAB_SHARE_GATED=1.",
        )
    if gated and token is None:
        raise HubError(
            f"{model_id} is behind a gate: its owner asks you to accept terms first.",
            next_step=f"Accept them at huggingface.co/{model_id}, then type a token of yours here.",
        )


def _check_files(model_id: str, files: tuple[PlannedFile, ...]) -> None:
    """Raise a RefusedModelError where the list of files tells that the lab cannot run them."""
    paths = [file.path for file in files if "/" not in file.path]

    def has(*patterns: str) -> bool:
        return any(fnmatch(path, pattern) for path in paths for pattern in patterns)

    if not any(map(is_weights, paths)):
        for patterns, message, next_step in _NO_WEIGHTS:
            if has(*patterns):
                raise RefusedModelError(message.format(model_id), next_step=next_step)
        raise RefusedModelError(
            f"{model_id} has no weights that this lab can read (no model.safetensors).",
            next_step="Choose a model for text generation, summarization or translation.",
        )
    if not has("config.json"):
        raise RefusedModelError(
            f"{model_id} has no config.json, so transformers cannot tell what it is.",
            next_step="Choose a model of the library transformers.",
        )
    if not has(*TOKENIZER_PATTERNS):
        raise RefusedModelError(f"{model_id} has no tokenizer.", next_step="Choose another model.")


_NO_WEIGHTS = (
    (
        ("adapter_model.*",),
        "{} is an adapter: a few weights that change another model, not a model.",
        "Look on its page for the base model, and get that one.",
    ),
    (
        ("model_index.json",),
        "{} makes images, for which this lab has no task.",
        "Choose a model for text generation, summarization or translation.",
    ),
    (
        PICKLE_PATTERNS,
        "{} has only pickle weights, which can run code when they are opened.",
        "Look for a revision or a copy of the model with safetensors weights.",
    ),
    (
        ("*.gguf",),
        "{} has GGUF files only: other models, quantised.",
        "Get the model that it was made of; Task 2 then finds its quantised versions.",
    ),
)


def _entry(
    model_id: str,
    commit: str,
    info: Mapping[str, Any],
    config: Mapping[str, Any],
    files: tuple[PlannedFile, ...],
) -> ModelEntry:
    """Return what the model will be in the catalogue, as far as can be told from outside."""
    tags = texts(info.get("tags"))
    card = {"pipeline_tag": info.get("pipeline_tag"), "tags": list(tags)}
    kind = kind_of(config, card, name=model_id)
    if isinstance(config.get("quantization_config"), dict):
        raise RefusedModelError(
            f"{model_id} is quantised for another program, in a way that needs a graphics card.",
            next_step="Get the model that it was made of.",
        )
    if not _is_known(kind.model_type):
        raise RefusedModelError(
            f"The transformers of this lab does not know the architecture of {model_id} "
            f"({kind.model_type or 'unnamed'}).",
            next_step="Choose another model.",
        )
    weights_bytes = sum(file.size_bytes for file in files if is_weights(file.path))
    parameters = _parameters(info, config, weights_bytes)
    return ModelEntry(
        id=model_id,
        source="hub",
        tasks=kind.tasks,
        summary="",
        revision=commit,
        parameters=parameters,
        memory_bytes=reference_bytes(parameters),
        model_type=kind.model_type,
        licence=licence_of(_licence(tags)),
        gated=bool(info.get("gated")),
        download_bytes=weights_bytes,
    )


def _parameters(info: Mapping[str, Any], config: Mapping[str, Any], weights_bytes: int) -> int:
    """Return how many parameters the model has: as the Hub counted, never fewer than can be."""
    counted = info.get("safetensors")
    told = count(counted.get("total")) if isinstance(counted, dict) else None
    if told:
        return max(told, weights_bytes // _WIDEST_BYTES)
    narrow = (config.get("dtype") or config.get("torch_dtype")) in ("float16", "bfloat16")
    return weights_bytes // (_NARROW_BYTES if narrow else _USUAL_BYTES)


def _licence(tags: Iterable[str]) -> str:
    named = (tag for tag in tags if tag.startswith("license:"))
    return next(named, "").removeprefix("license:")


@cache
def _known_types() -> frozenset[str]:
    """Return the model types that the installed transformers knows, without importing it."""
    found = find_spec("transformers")
    folder = Path(found.origin).parent if found and found.origin else Path()
    try:
        text = (folder / "models" / "auto" / "auto_mappings.py").read_text(encoding="utf-8")
    except OSError:
        return frozenset()
    return frozenset(re.findall(r'\("([\w.-]+)", "\w+Config"\)', text))


def _is_known(model_type: str) -> bool:
    # A library that is laid out differently is asked when the model is loaded.
    return not _known_types() or model_type in _known_types()
