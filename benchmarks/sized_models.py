"""Models of real sizes with random weights: speed and memory do not depend on what they learned.

They are folders as a Lab finds them through `Settings.models_dir`, built once. Their tokenizers are
the starters', with made-up words up to the real size of the vocabulary.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from core.settings import ROOT, STARTERS

FOLDER = ROOT / "build" / "benchmarks" / "models"
CACHE = ROOT / "build" / "benchmarks" / "converted"
LLAMA = "llama-135m"
T5 = "t5-60m"
GGUF_PRECISIONS = ("Q8_0", "Q4_0")


def sized_models(folder: Path = FOLDER) -> Path:
    """Return the folder that holds both models, building what is missing in half a minute."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, build in {LLAMA: build_llama, T5: build_t5}.items():
        if not (folder / name).is_dir():
            _whole_or_not_at_all(folder / name, build)
    return folder


def build_llama(folder: Path, **shape: int) -> None:
    """Write a LLaMA of SmolLM2-135M's shape, and GGUF files of it; `shape` changes the shape.

    (https://huggingface.co/HuggingFaceTB/SmolLM2-135M/blob/main/config.json)
    """
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    from starters.training.gguf_file import write_gguf

    torch.manual_seed(0)
    sizes = {
        "vocab_size": 49152,
        "hidden_size": 576,
        "intermediate_size": 1536,
        "num_hidden_layers": 30,
        "num_attention_heads": 9,
        "num_key_value_heads": 3,
        "max_position_embeddings": 2048,
        **shape,
    }
    config = LlamaConfig(**sizes, tie_word_embeddings=True, bos_token_id=0, eos_token_id=0)
    LlamaForCausalLM(config).half().save_pretrained(folder)
    _write_tokenizer(
        folder,
        "gpt2-stories",
        "Ġ",
        vocabulary=config.vocab_size,
        context=config.max_position_embeddings,
    )
    for precision in GGUF_PRECISIONS:
        write_gguf(folder, folder / f"{folder.name}-{precision}.gguf", precision)


def build_t5(folder: Path, **shape: int) -> None:
    """Write a T5 of T5-small's shape; `shape` changes the shape.

    (https://huggingface.co/google-t5/t5-small/blob/main/config.json)
    """
    import torch
    from transformers import T5Config, T5ForConditionalGeneration

    torch.manual_seed(0)
    sizes = {
        "vocab_size": 32128,
        "d_model": 512,
        "d_kv": 64,
        "d_ff": 2048,
        "num_layers": 6,
        "num_heads": 8,
        "n_positions": 512,
        **shape,
    }
    config = T5Config(**sizes, decoder_start_token_id=0, pad_token_id=0, eos_token_id=1)
    T5ForConditionalGeneration(config).save_pretrained(folder)
    _write_tokenizer(
        folder, "t5-summary-micro", "▁", vocabulary=config.vocab_size, context=config.n_positions
    )


def _whole_or_not_at_all(folder: Path, build: Callable[[Path], None]) -> None:
    with TemporaryDirectory(dir=folder.parent, prefix=".") as place:
        unfinished = Path(place) / folder.name
        unfinished.mkdir()
        build(unfinished)
        unfinished.rename(folder)


def _write_tokenizer(
    folder: Path, starter: str, space: str, *, vocabulary: int, context: int
) -> None:
    source = STARTERS / starter
    tokenizer: dict[str, Any] = json.loads((source / "tokenizer.json").read_text("utf-8"))
    known = tokenizer["model"]["vocab"]
    known |= {f"{space}w{number}": number for number in range(len(known), vocabulary)}
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer), "utf-8")
    config = json.loads((source / "tokenizer_config.json").read_text("utf-8"))
    config["model_max_length"] = context
    (folder / "tokenizer_config.json").write_text(json.dumps(config), "utf-8")
    shutil.copy(source / "generation_config.json", folder)
