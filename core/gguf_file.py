"""What a GGUF file says of itself, read without loading it and without trusting it.

Only the header is read, in bounds: never more than the file holds, and nothing of long lists is
kept. Layout: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from core.errors import RefusedModelError
from core.gguf_header import BrokenHeader, Header, Value, read_header

# Text decoders that this llama.cpp supports and whose memory is a plain cache of keys and values.
# Mistral calls itself "llama" here.
_ARCHITECTURES = frozenset(
    {"gpt2", "llama", "qwen2", "qwen3", "falcon", "bloom", "phi2", "phi3", "gemma", "gemma2"}
    | {"gemma3", "gptneox", "mpt", "stablelm", "starcoder", "starcoder2", "olmo", "olmo2"}
    | {"smollm3", "granite", "internlm2"}
)
# The numbers of llama.cpp's `llama_ftype`.
_FILE_TYPES = {
    **{0: "F32", 1: "F16", 2: "Q4_0", 3: "Q4_1", 7: "Q8_0", 8: "Q5_0", 9: "Q5_1", 10: "Q2_K"},
    **{11: "Q3_K_S", 12: "Q3_K_M", 13: "Q3_K_L", 14: "Q4_K_S", 15: "Q4_K_M", 16: "Q5_K_S"},
    **{17: "Q5_K_M", 18: "Q6_K", 25: "IQ4_NL", 30: "IQ4_XS", 32: "BF16"},
}
_KV_VALUE_BYTES = 2  # llama.cpp keeps keys and values in 16 bits
_MOST = 2**24  # no width, depth or context of a real model comes near


@dataclass(frozen=True)
class GgufFacts:
    """A text decoder in one file; `model_bytes` is the file's size.

    `kv_token_bytes` is what keys and values take in memory for each token of context.
    """

    path: Path
    architecture: str
    title: str
    licence: str
    parameters: int
    precision: str
    vocabulary: int
    context_length: int
    kv_token_bytes: int
    model_bytes: int


def inspect_gguf(path: Path, *, name: str = "") -> GgufFacts:
    """Return the facts on the model in the file `path`; `name` is what it is called.

    Raises:
        RefusedModelError: it is no GGUF, is cut off, or is of a kind that the lab does not run.
    """
    name = name or path.name
    try:
        header = read_header(path)
        values = header.values
        _refuse_parts(values, name)
        architecture = _text(values.get("general.architecture"))
        if architecture not in _ARCHITECTURES:
            raise RefusedModelError(
                f"{name} is a GGUF of an architecture that the lab does not run: "
                f"{architecture or 'it names none'}.",
                next_step="Choose a text model, such as one of LLaMA's, Qwen's or GPT-2's kind.",
            )
        if values.get("tokenizer.ggml.model") is None or not header.tokens:
            raise RefusedModelError(
                f"{name} has no tokenizer inside.", next_step="Choose another file of this model."
            )
        return GgufFacts(
            path=path,
            architecture=architecture,
            title=_text(values.get("general.name")),
            licence=_text(values.get("general.license"), longest=60),
            parameters=sum(math.prod(tensor.shape) for tensor in header.tensors),
            precision=_precision(header),
            vocabulary=header.tokens,
            context_length=_number(values, architecture, "context_length"),
            kv_token_bytes=_kv_token_bytes(values, architecture),
            model_bytes=header.file_bytes,
        )
    except (OSError, BrokenHeader) as error:
        raise RefusedModelError(
            f"{name} is not a whole GGUF file: {_reason(error)}.",
            next_step="Download the file again, or choose another model.",
        ) from None


def _refuse_parts(values: Mapping[str, Value], name: str) -> None:
    parts = values.get("split.count")
    if isinstance(parts, int) and parts > 1:
        raise RefusedModelError(
            f"{name} is one of {parts} parts of a model, and the lab reads single files only.",
            next_step="Choose a smaller precision of the model, which comes in one file.",
        )
    kind = _text(values.get("general.type"))
    if kind not in {"", "model"}:
        raise RefusedModelError(
            f"{name} is no model by itself ({kind}).", next_step="Choose the model's own file."
        )


def _kv_token_bytes(values: Mapping[str, Value], architecture: str) -> int:
    layers = _number(values, architecture, "block_count")
    width = _number(values, architecture, "embedding_length")
    heads = _number(values, architecture, "attention.head_count")
    # Where the number differs from layer to layer it is a list: then we reckon with the most.
    kv_heads = _number(values, architecture, "attention.head_count_kv", default=heads)
    if heads > width or kv_heads > heads:
        raise BrokenHeader("it has more heads than its width allows")
    key = _number(values, architecture, "attention.key_length", default=width // heads)
    value = _number(values, architecture, "attention.value_length", default=width // heads)
    return layers * kv_heads * (key + value) * _KV_VALUE_BYTES


def _number(
    values: Mapping[str, Value], architecture: str, key: str, *, default: int | None = None
) -> int:
    number = values.get(f"{architecture}.{key}", default)
    # llama.cpp divides by some of these before it looks at them.
    if not isinstance(number, int) or isinstance(number, bool) or not 0 < number < _MOST:
        raise BrokenHeader(f"its {key} is missing or out of range")
    return number


def _precision(header: Header) -> str:
    told = header.values.get("general.file_type")
    if isinstance(told, int) and told in _FILE_TYPES:
        return _FILE_TYPES[told]
    sizes: Counter[str] = Counter()
    for tensor in header.tensors:
        sizes[tensor.kind] += tensor.data_bytes
    return sizes.most_common(1)[0][0]


def _text(value: Value, *, longest: int = 100) -> str:
    fits = isinstance(value, str) and len(value) <= longest and value.isprintable()
    return str(value) if fits else ""


def _reason(error: Exception) -> str:
    if isinstance(error, OSError):
        return (error.strerror or "it cannot be read").lower()
    return str(error)
