"""How much memory a training takes, told before it begins.

Sizes come from the config and the headers of the weights: nothing is loaded.
"""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

from core.errors import RefusedModelError
from core.finetuning.training import TOKENS_AT_ONCE
from core.finetuning.types import Method, TrainingSettings

# Python with torch, transformers, and what evaluates: in the process that trains (measured).
_PROGRAM_BYTES = 500 * 1024**2
_ADAPTERS_BYTES = 80 * 1024**2  # what peft imports on top (measured)
_MOST_CONFIG_BYTES = 1024**2
# Of each weight that is trained: itself, its gradient, two averages of AdamW, the best copy.
_TRAINED_COPIES = 5
# What one layer keeps of each token for the way back, in numbers per unit of its width: some 34 in
# 16 bits (Korthikanti et al., 2022, https://arxiv.org/abs/2205.05198), so half as many in 32.
_KEPT_PER_WIDTH = 17
_FROZEN_KEPT_LAYERS = 2
# Adapters or a head are far below this share of a base model's weights.
_SMALL_SHARE = 0.02
_MOST_DIMENSION = 2**20


def training_bytes(base: Path, settings: TrainingSettings) -> int:
    """Return about how much memory the training of the model in `base` takes at its peak.

    It counts rows of `max_tokens`, so short texts take less.

    Raises:
        RefusedModelError: the folder holds no weights or no configuration that can be read.
    """
    parameters = count_parameters(base)
    config = _config(base)
    width = _number(config, "hidden_size", "dim", "d_model", "n_embd", default=768)
    layers = _number(config, "num_hidden_layers", "n_layers", "num_layers", "n_layer", default=12)
    full = settings.method is Method.FULL
    trained = parameters if full else _SMALL_SHARE * parameters
    kept_layers = min(layers, _FROZEN_KEPT_LAYERS) if settings.method is Method.HEAD else layers
    whole = settings.batch_size * settings.max_tokens
    tokens = min(whole, max(TOKENS_AT_ONCE, settings.max_tokens))
    numbers = (
        (parameters - trained)
        + trained * _TRAINED_COPIES
        + tokens * kept_layers * width * _KEPT_PER_WIDTH
    )
    program = _PROGRAM_BYTES + (_ADAPTERS_BYTES if settings.method is Method.LORA else 0)
    return int(program + 4 * numbers)


def refuse_without_memory(
    base: Path, settings: TrainingSettings, *, free_bytes: float, ever: bool = False
) -> None:
    """Refuse a training that does not fit into `free_bytes`; `ever` if there never are more.

    Raises:
        RefusedModelError: it does not fit, in words that say what would.
    """
    needed = training_bytes(base, settings)
    if needed <= free_bytes:
        return
    free = f"this machine has {free_bytes / 1e6:,.0f} MB for it"
    if not ever:
        free = f"{max(0, free_bytes) / 1e6:,.0f} MB are free now"
    raise RefusedModelError(
        f"Training {settings.base_id} this way takes about {needed / 1e6:,.0f} MB of memory, and "
        f"{free}.",
        next_step=_advice(base, settings, free_bytes, ever=ever),
    )


def guessing_bytes(folder: Path) -> int:
    """Return about how much memory the model in `folder` takes in a process that has torch."""
    return 4 * count_parameters(folder) + 32 * 1024**2


def count_parameters(folder: Path) -> int:
    """Return how many numbers the weights in `folder` are, from the headers of their files.

    Raises:
        RefusedModelError: there are none in the safe format, or a file is damaged.
    """
    from safetensors import SafetensorError, safe_open

    total = 0
    try:
        for file in sorted(folder.glob("*.safetensors")):
            with safe_open(file, framework="numpy") as tensors:
                names = list(tensors.keys())
                total += sum(math.prod(tensors.get_slice(name).get_shape()) for name in names)
    except (OSError, ValueError, SafetensorError):
        total = 0
    if total == 0:
        raise RefusedModelError(
            f"{folder.name} has no weights that can be read (.safetensors files).",
            next_step="Choose another base model, or get this one again.",
        )
    return total


def _advice(base: Path, settings: TrainingSettings, free_bytes: float, *, ever: bool) -> str:
    smaller = {
        "LoRA, which trains a few added numbers": replace(settings, method=Method.LORA),
        "training the head only": replace(settings, method=Method.HEAD),
    }
    lighter = replace(settings, max_tokens=min(64, settings.max_tokens))
    if settings.method is Method.FULL:
        for words, other in smaller.items():
            if training_bytes(base, other) <= free_bytes:
                return f"Choose {words}, or a smaller base model."
    if training_bytes(base, lighter) <= free_bytes:
        return "Cut texts to 64 tokens, or choose a smaller base model."
    return "Choose a smaller base model." if ever else "Try again when other models are idle."


def _config(base: Path) -> dict[str, Any]:
    file = base / "config.json"
    try:
        if not file.is_file() or file.stat().st_size > _MOST_CONFIG_BYTES:
            raise OSError
        config = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        config = None
    if not isinstance(config, dict):
        raise RefusedModelError(
            f"The config.json of {base.name} is missing or broken.",
            next_step="Choose another base model, or get this one again.",
        )
    return config


def _number(config: dict[str, Any], *names: str, default: int) -> int:
    for name in names:
        value = config.get(name)
        if isinstance(value, int) and 0 < value <= _MOST_DIMENSION:
            return value
    return default
