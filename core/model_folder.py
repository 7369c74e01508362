"""What a folder in Hugging Face format holds, read without loading it and without trusting it."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.card import card_in
from core.errors import RefusedModelError
from core.inference.types import Task

_MAX_JSON_BYTES = 50 * 1024**2
_MAX_NAME_CHARACTERS = 100
_MAX_LABELS = 10_000
# Without any of these the library makes do with an empty vocabulary, and answers nonsense.
TOKENIZER_PATTERNS = ("tokenizer.json", "vocab.*", "*.model", "*.spm")
PICKLE_PATTERNS = ("*.bin", "*.pt", "*.pth", "*.ckpt", "*.pkl")

# The architectures that answer each task; T5 does several, told apart by a prefix.
_DECODERS = ("ForCausalLM", "LMHeadModel")
_GAP_FILLERS = "ForMaskedLM"
_CLASSIFIERS = "ForSequenceClassification"
_SUMMARIZERS = {"t5", "mt5", "bart", "pegasus", "led"}
_TRANSLATORS = {"t5", "mt5", "marian"}
_PIPELINE_TAGS = {
    "text-generation": (Task.TEXT_GENERATION,),
    "summarization": (Task.SUMMARIZATION,),
    "translation": (Task.TRANSLATION_EN_TO_FR,),
    "translation_en_to_fr": (Task.TRANSLATION_EN_TO_FR,),
}


@dataclass(frozen=True)
class ModelKind:
    """What a model is built as, and which of the lab's tasks it does."""

    architecture: str
    model_type: str
    tasks: tuple[Task, ...]


@dataclass(frozen=True)
class FolderFacts:
    """What a model folder says of itself. `weights_bytes` is its size on disk."""

    path: Path
    architecture: str
    model_type: str
    tasks: tuple[Task, ...]
    parameters: int
    weights_bytes: int
    card: Mapping[str, Any]
    context_length: int | None


def inspect_folder(path: Path, *, name: str = "") -> FolderFacts:
    """Return the facts on the model in `path`, from its config, weight headers and card.

    `name` is what the model is called, where the folder itself has no telling name.

    Raises:
        RefusedModelError: the folder is broken or would run foreign code, said in plain words.
    """
    name = name or path.name
    config = _read_config(path, name)
    _refuse_own_code(config, name)
    parameters, weights_bytes = _measure_weights(path, name)
    if not any(next(path.glob(pattern), None) for pattern in TOKENIZER_PATTERNS):
        raise RefusedModelError(
            f"{name} has no tokenizer.",
            next_step="Download the model again, with all its files.",
        )
    card = card_in(path).metadata
    kind = kind_of(config, card, name=name)
    return FolderFacts(
        path=path,
        architecture=kind.architecture,
        model_type=kind.model_type,
        tasks=kind.tasks,
        parameters=parameters,
        weights_bytes=weights_bytes,
        card=card,
        context_length=_context_length(config),
    )


def kind_of(config: Mapping[str, Any], card: Mapping[str, Any], *, name: str) -> ModelKind:
    """Return what the model called `name` is, by its configuration and its card's metadata.

    Raises:
        RefusedModelError: it would run foreign code, or does nothing that the lab has a task for.
    """
    _refuse_own_code(config, name)
    _refuse_countless_labels(config, name)
    architectures = config.get("architectures")
    listed = architectures if isinstance(architectures, list) else []
    architecture = next(filter(None, map(_name, listed)), "")
    model_type = _name(config.get("model_type"))
    tasks = _tasks(architecture, model_type, card, name)
    if not tasks:
        raise RefusedModelError(
            f"{name} ({architecture or 'unknown architecture'}) does none of the lab's tasks.",
            next_step="Choose a model for text generation, summarization, translation, "
            "filling in a word or sorting texts.",
        )
    return ModelKind(architecture, model_type, tasks)


def _refuse_own_code(config: Mapping[str, Any], name: str) -> None:
    if "auto_map" in config:
        raise RefusedModelError(
            f"{name} brings Python code of its own, which the lab does not run.",
            next_step="Choose a model whose architecture transformers knows.",
        )


def _refuse_countless_labels(config: Mapping[str, Any], name: str) -> None:
    # The library makes a name for each label that a config counts, before it looks at the weights.
    number, names = config.get("num_labels"), config.get("id2label")
    counted = number if isinstance(number, int) else 0
    if max(counted, len(names) if isinstance(names, dict) else 0) > _MAX_LABELS:
        raise RefusedModelError(
            f"{name} claims more than {_MAX_LABELS:,} labels.",
            next_step="Choose another model.",
        )


def _read_text(file: Path, max_bytes: int) -> str:
    # A pipe or a device would never end.
    if not file.is_file() or file.stat().st_size > max_bytes:
        raise OSError
    return file.read_text(encoding="utf-8")


def _name(value: Any) -> str:
    """Return `value` if it can be the name of a class or a model type, else nothing."""
    fits = isinstance(value, str) and len(value) <= _MAX_NAME_CHARACTERS and value.isprintable()
    return value if fits else ""


def _read_config(path: Path, name: str) -> dict[str, Any]:
    file = path / "config.json"
    broken = RefusedModelError(
        f"The config.json of {name} is missing or broken.",
        next_step="Download the model again, with all its files.",
    )
    try:
        config = json.loads(_read_text(file, _MAX_JSON_BYTES))
    except (OSError, ValueError, RecursionError):
        raise broken from None
    if not isinstance(config, dict):
        raise broken
    return config


def _measure_weights(path: Path, name: str) -> tuple[int, int]:
    files = sorted(path.glob("*.safetensors"))
    if not files:
        pickled = any(next(path.glob(pattern), None) for pattern in PICKLE_PATTERNS)
        if pickled:
            raise RefusedModelError(
                f"{name} has only pickle weights, which can run code when they are opened.",
                next_step="Look for a revision or a copy of the model with safetensors weights.",
            )
        raise RefusedModelError(
            f"{name} has no weights (no .safetensors file).",
            next_step="Download the model again, with all its files.",
        )
    measured = [_measure_file(file, name) for file in files]
    parameters = sum(count for count, _ in measured)
    if parameters == 0:
        raise _damaged(files[0], name)
    return parameters, sum(size for _, size in measured)


def _measure_file(file: Path, name: str) -> tuple[int, int]:
    """Return the number of values in a safetensors file and its size in bytes.

    The library reads the header alone, and checks that shapes, offsets and file agree.
    """
    from safetensors import SafetensorError, safe_open

    try:
        if not file.is_file():
            raise _damaged(file, name)
        with safe_open(file, framework="numpy") as tensors:
            shapes = [tensors.get_slice(key).get_shape() for key in tensors.keys()]  # noqa: SIM118
        return sum(map(math.prod, shapes)), file.stat().st_size
    except (OSError, ValueError, SafetensorError):
        raise _damaged(file, name) from None


def _damaged(file: Path, name: str) -> RefusedModelError:
    return RefusedModelError(
        f"The weights file {_name(file.name)} of {name} is damaged or incomplete.",
        next_step="Download the model again.",
    )


def _tasks(
    architecture: str, model_type: str, card: Mapping[str, Any], name: str
) -> tuple[Task, ...]:
    if architecture.endswith(_DECODERS):
        return (Task.TEXT_GENERATION,)
    if architecture.endswith(_GAP_FILLERS):
        return (Task.FILL_MASK,)
    if architecture.endswith(_CLASSIFIERS):
        return (Task.TEXT_CLASSIFICATION,)
    if not architecture.endswith(("ForConditionalGeneration", "MTModel")):
        return ()
    tag = card.get("pipeline_tag")
    # The real T5 is tagged "translation", and summarizes as well.
    if isinstance(tag, str) and tag in _PIPELINE_TAGS and not _is_multitask(card):
        candidates = _PIPELINE_TAGS[tag]
    else:
        candidates = (
            *((Task.SUMMARIZATION,) if model_type in _SUMMARIZERS else ()),
            *((Task.TRANSLATION_EN_TO_FR,) if model_type in _TRANSLATORS else ()),
        )
    # A Marian model knows one pair of languages, and says which in its name alone.
    if model_type == "marian" and "en-fr" not in name.lower():
        return ()
    return tuple(candidates)


def _is_multitask(card: Mapping[str, Any]) -> bool:
    tags = card.get("tags")
    return isinstance(tags, list) and all(tag in tags for tag in ("summarization", "translation"))


def _context_length(config: Mapping[str, Any]) -> int | None:
    for name in ("n_positions", "max_position_embeddings", "n_ctx"):
        value = config.get(name)
        if isinstance(value, int) and value > 0:
            return value
    return None
