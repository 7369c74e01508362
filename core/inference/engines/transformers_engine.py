"""The reference engine: plain transformers and torch on the processor, in 32-bit floats."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

from core.errors import RefusedModelError
from core.inference.engines.classifying import TextClassifier
from core.inference.engines.filling_mask import GapFiller
from core.inference.engines.transformers_model import TransformersModel
from core.inference.tokenizing import LockedTokenizer

_importing = threading.Lock()


def prepare() -> None:
    """Import what loading and running a model needs: seconds the first time, then nothing."""
    # The library makes its names on first use, and fails when two threads ask at once.
    with _importing:
        _import()


def _import() -> None:
    import torch  # noqa: F401
    from transformers import (  # noqa: F401
        AutoTokenizer,
        BertForMaskedLM,
        BertForSequenceClassification,
        GPT2LMHeadModel,
        T5ForConditionalGeneration,
    )
    from transformers.utils import logging

    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]


def load(path: Path, *, threads: int) -> TransformersModel:
    """Load the model folder at `path` into memory.

    Raises:
        RefusedModelError: the files do not make a model, or ask to run code of their own.
    """
    prepare()
    import torch
    from transformers import AutoTokenizer

    safe: dict[str, Any] = {"trust_remote_code": False, "local_files_only": True}
    try:
        tokenizer = AutoTokenizer.from_pretrained(path, **safe)
        auto, made = _kind(path, safe)
        model, told = auto.from_pretrained(
            path, dtype=torch.float32, use_safetensors=True, output_loading_info=True, **safe
        )
        if made is TextClassifier and told["missing_keys"]:
            raise ValueError("its last layer was never trained.")
    # Foreign files can make the library fail in any way: whatever it is, the model is refused.
    except Exception as error:
        raise RefusedModelError(
            f"{path.name} could not be loaded: {_reason(error, path)}",
            next_step="Choose another model, or download this one again.",
        ) from error
    return made(model.eval(), LockedTokenizer(tokenizer), threads=threads)


def _kind(path: Path, safe: dict[str, Any]) -> tuple[Any, type[TransformersModel]]:
    """Return the library's class and ours for the model folder at `path`."""
    from transformers import (
        AutoConfig,
        AutoModelForCausalLM,
        AutoModelForMaskedLM,
        AutoModelForSeq2SeqLM,
        AutoModelForSequenceClassification,
    )

    config = AutoConfig.from_pretrained(path, **safe)
    architecture = str(next(filter(None, config.architectures or ()), ""))
    if architecture.endswith("ForMaskedLM"):
        return AutoModelForMaskedLM, GapFiller
    if architecture.endswith("ForSequenceClassification"):
        return AutoModelForSequenceClassification, TextClassifier
    auto = AutoModelForSeq2SeqLM if config.is_encoder_decoder else AutoModelForCausalLM
    return auto, TransformersModel


def _reason(error: Exception, path: Path) -> str:
    # Where a model lies is nobody's business: the path of a student's own names their training.
    lines = str(error).replace(str(path), path.name).strip().splitlines()
    return (lines[0] if lines else type(error).__name__)[:200]
