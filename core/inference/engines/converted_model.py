"""A converted model on disk: what it is, and whether it is whole.

A manifest, written last, names every file with its size and hash. A folder without one, or with
other files than it says, is not a model.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

MANIFEST = "manifest.json"
# Raised when a manifest or what the engine expects of a folder changes.
FORMAT = 2


@dataclass(frozen=True)
class GenerationRules:
    """What a model's own settings demand of greedy decoding, in token ids and numbers of tokens.

    `first` and `last` are forced at the first place and at the last that is allowed; `min_length`
    counts the decoder's start token, as transformers does.
    """

    ends: tuple[int, ...]
    suppressed: tuple[int, ...] = ()
    first: int | None = None
    last: int | None = None
    min_length: int = 0
    no_repeat_ngram: int = 0


@dataclass(frozen=True)
class ModelFacts:
    """What transformers knows of a model and the converted weights do not say.

    `state_bytes` is what the decoder remembers of one token; `context` is in tokens.
    """

    model_type: str
    encodes: bool
    context: int
    state_bytes: int
    eos_id: int | None
    pad_id: int | None
    light_tokenizer: bool
    rules: GenerationRules


def write_manifest(folder: Path, facts: ModelFacts, *, precision: str, source: Path) -> None:
    """Declare what now lies in `folder` a whole model, converted from the weights in `source`."""
    manifest = {
        "format": FORMAT,
        "precision": precision,
        "ctranslate2": version("ctranslate2"),
        "transformers": version("transformers"),
        "weights": {file.name: _sha256(file) for file in sorted(source.glob("*.safetensors"))},
        "facts": asdict(facts),
        "files": {
            file.name: {"bytes": file.stat().st_size, "sha256": _sha256(file)}
            for file in sorted(folder.iterdir())
        },
    }
    text = json.dumps(manifest, indent=1) + "\n"
    (folder / MANIFEST).write_text(text, encoding="utf-8")


def read_facts(folder: Path, *, precision: str) -> ModelFacts | None:
    """Return what the manifest of `folder` says of the model, or None if it is not a whole one.

    Sizes are looked at, contents are not: `is_whole` does that.
    """
    manifest = _read(folder)
    if manifest is None or manifest["precision"] != precision:
        return None
    try:
        facts = dict(manifest["facts"])
        rules = dict(facts.pop("rules"))
        ends, suppressed = tuple(rules.pop("ends")), tuple(rules.pop("suppressed"))
        return ModelFacts(rules=GenerationRules(ends, suppressed, **rules), **facts)
    except (KeyError, TypeError):
        return None


def is_whole(folder: Path, *, precision: str) -> bool:
    """Tell whether `folder` holds a converted model of that precision, to the last bit."""
    manifest = _read(folder)
    if manifest is None or read_facts(folder, precision=precision) is None:
        return False
    try:
        return all(
            _sha256(folder / name) == stated["sha256"] for name, stated in manifest["files"].items()
        )
    except OSError:
        return False


def size_bytes(folder: Path) -> int:
    """Return what the files of `folder` take on disk, 0 if it is gone."""
    try:
        return sum(file.stat().st_size for file in folder.iterdir())
    except OSError:
        return 0


def _read(folder: Path) -> dict[str, Any] | None:
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        sizes = {name: stated["bytes"] for name, stated in manifest["files"].items()}
        found = {
            file.name: file.stat().st_size for file in folder.iterdir() if file.name != MANIFEST
        }
        known = manifest["format"] == FORMAT and sizes == found
        return dict(manifest) if known and isinstance(manifest["precision"], str) else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def _sha256(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
