"""Write a model folder of GPT-2's or LLaMA's architecture as GGUF, the file of llama.cpp.

Layout and names: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md; the names of tensors
come from the package `gguf`. Rows whose width a block does not divide stay in 16 bits, and vectors
in 32, as llama.cpp itself does.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from gguf import GGMLQuantizationType as Kind
from gguf import GGUFWriter, LlamaFileType, TokenType, get_tensor_name_map
from gguf.constants import GGML_QUANT_SIZES, MODEL_ARCH
from gguf.quants import quantize
from safetensors.numpy import load_file

PRECISIONS = {
    "F16": (Kind.F16, LlamaFileType.MOSTLY_F16),
    "Q8_0": (Kind.Q8_0, LlamaFileType.MOSTLY_Q8_0),
    "Q4_0": (Kind.Q4_0, LlamaFileType.MOSTLY_Q4_0),
}
_ARCHITECTURES = {"gpt2": MODEL_ARCH.GPT2, "llama": MODEL_ARCH.LLAMA}
# GPT-2 keeps its matrices the other way round than every other model (a "Conv1D").
_TRANSPOSED = ("c_attn.weight", "c_proj.weight", "c_fc.weight")


def write_gguf(folder: Path, file: Path, precision: str) -> Path:
    """Write the model in `folder` to `file` in `precision`, a key of `PRECISIONS`."""
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    kind, file_type = PRECISIONS[precision]
    architecture = config["model_type"]
    writer = GGUFWriter(file, architecture)
    writer.add_name(folder.name)
    writer.add_organization("Open Model Lab")
    writer.add_license("mit")
    writer.add_file_type(file_type)
    (_describe_gpt2 if architecture == "gpt2" else _describe_llama)(writer, config)
    _add_tokenizer(writer, folder, config)
    names = get_tensor_name_map(_ARCHITECTURES[architecture], _layers(config))
    tensors = load_file(folder / "model.safetensors")
    # The matrix that chooses the words: a tied model has one for reading and choosing.
    choosing = "output" if "lm_head.weight" in tensors else "token_embd"
    for name, values in tensors.items():
        if name.endswith((".attn.bias", ".attn.masked_bias")):
            continue
        stem, _, suffix = name.rpartition(".")
        new = names.get_name(stem)
        if new is None:
            raise ValueError(f"{folder.name} has a tensor that GGUF has no name for: {name}")
        # It is never stored in four bits, as in llama.cpp itself.
        stored = Kind.Q8_0 if kind is Kind.Q4_0 and new == choosing else kind
        _add_tensor(writer, f"{new}.{suffix}", _arranged(name, values, config), stored)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return file


def _layers(config: dict[str, Any]) -> int:
    return int(config.get("n_layer") or config["num_hidden_layers"])


def _describe_gpt2(writer: GGUFWriter, config: dict[str, Any]) -> None:
    writer.add_context_length(config["n_positions"])
    writer.add_embedding_length(config["n_embd"])
    writer.add_feed_forward_length(config.get("n_inner") or 4 * config["n_embd"])
    writer.add_block_count(config["n_layer"])
    writer.add_head_count(config["n_head"])
    writer.add_layer_norm_eps(config["layer_norm_epsilon"])


def _describe_llama(writer: GGUFWriter, config: dict[str, Any]) -> None:
    heads, width = config["num_attention_heads"], config["hidden_size"]
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(width)
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_head_count(heads)
    writer.add_head_count_kv(config["num_key_value_heads"])
    writer.add_rope_dimension_count(config.get("head_dim") or width // heads)
    rope = config.get("rope_parameters") or {}
    writer.add_rope_freq_base(rope.get("rope_theta") or config.get("rope_theta") or 10_000.0)
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    writer.add_vocab_size(config["vocab_size"])


def _add_tokenizer(writer: GGUFWriter, folder: Path, config: dict[str, Any]) -> None:
    """Add a byte-level BPE tokenizer, as GPT-2 has it."""
    tokenizer = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
    special = {entry["id"] for entry in tokenizer["added_tokens"]}
    by_id = {number: token for token, number in tokenizer["model"]["vocab"].items()}
    by_id |= {entry["id"]: entry["content"] for entry in tokenizer["added_tokens"]}
    # A network may have room for more tokens than its tokenizer knows.
    tokens = [by_id.get(number, f"<unused_{number}>") for number in range(config["vocab_size"])]
    kinds = [
        TokenType.CONTROL
        if number in special
        else TokenType.NORMAL
        if number in by_id
        else TokenType.UNUSED
        for number in range(len(tokens))
    ]
    merges = tokenizer["model"]["merges"]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(tokens)
    writer.add_token_types(kinds)
    writer.add_token_merges([m if isinstance(m, str) else " ".join(m) for m in merges])
    writer.add_bos_token_id(config["bos_token_id"])
    writer.add_eos_token_id(config["eos_token_id"])
    writer.add_add_bos_token(False)


def _arranged(name: str, values: np.ndarray, config: dict[str, Any]) -> np.ndarray:
    if name.endswith(_TRANSPOSED) and config["model_type"] == "gpt2":
        return np.ascontiguousarray(values.T)
    if name.endswith("q_proj.weight"):
        return _rotated(values, config["num_attention_heads"])
    if name.endswith("k_proj.weight"):
        return _rotated(values, config["num_key_value_heads"])
    return values


def _rotated(values: np.ndarray, heads: int) -> np.ndarray:
    """Put the rows of each head in the order in which llama.cpp rotates them: pairs, not halves."""
    rows, columns = values.shape
    halves = values.reshape(heads, 2, rows // heads // 2, columns)
    return np.ascontiguousarray(halves.swapaxes(1, 2).reshape(rows, columns))


def _add_tensor(writer: GGUFWriter, name: str, values: np.ndarray, kind: Kind) -> None:
    if values.ndim < 2 or name.startswith("position_embd"):
        kind = Kind.F32
    elif values.shape[-1] % GGML_QUANT_SIZES[kind][0]:
        kind = Kind.F16
    writer.add_tensor(name, quantize(values.astype(np.float32), kind), raw_dtype=kind)
