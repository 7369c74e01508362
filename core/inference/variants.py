"""In which ways a model can run here, and which of them is taken when nobody chooses.

A variant is a model with an engine and a precision. It knows nothing of loading or running.
"""

from __future__ import annotations

from dataclasses import dataclass

from core.catalogue import ModelEntry
from core.errors import UnsupportedTaskError
from core.inference.tasks import WRITING
from core.inference.types import Engine, Request, Runtime, Task
from core.quantised import GgufVariant

REFERENCE = Runtime(Engine.TRANSFORMERS, "float32")
INT8 = Runtime(Engine.CTRANSLATE2, "int8")
_CONVERTED = (INT8, Runtime(Engine.CTRANSLATE2, "float32"))

# What CTranslate2 converts from transformers 5, tried one by one.
_ENCODER_DECODERS = frozenset({"t5", "mt5", "marian", "bart"})
_DECODERS = frozenset({"gpt2", "llama", "qwen2", "mistral", "bloom"})
# Measured: scales, biases, tables of embeddings and the vocabulary come on top of the weights.
_BYTES_PER_PARAMETER = {"int8": 1.3, "float32": 4.2}
_WORKING_BYTES = 16 * 1024**2


@dataclass(frozen=True)
class Variant:
    """A model that is run in one way."""

    entry: ModelEntry
    runtime: Runtime

    @property
    def key(self) -> str:
        """The name under which it waits in line and lies in memory."""
        return f"{self.entry.id} {self.runtime}"


def variants_of(entry: ModelEntry) -> tuple[Variant, ...]:
    """Return the ways in which `entry` can run here, the fastest first, the reference last."""
    runtimes = [Runtime(Engine.LLAMA_CPP, file.precision) for file in entry.gguf]
    if not entry.reference_refusal:
        # What does not write is the reference engine's alone.
        writes = not set(WRITING).isdisjoint(entry.tasks)
        converts = writes and entry.model_type in _ENCODER_DECODERS | _DECODERS
        runtimes += [*(_CONVERTED if converts else ()), REFERENCE]
    return tuple(Variant(entry, runtime) for runtime in runtimes)


def gguf_of(variant: Variant) -> GgufVariant:
    """Return the file that llama.cpp runs for `variant`.

    Raises:
        LookupError: it is no variant of llama.cpp's.
    """
    files = {file.precision: file for file in variant.entry.gguf}
    return files[variant.runtime.precision]


def supports(variant: Variant, request: Request) -> bool:
    """Tell whether `variant` can answer `request` as it is configured."""
    match variant.runtime.engine:
        case Engine.CTRANSLATE2:
            # It draws from one generator for all requests, and tells no probabilities.
            plain = not request.config.samples and not request.config.alternatives
            return plain and request.task in WRITING
        case Engine.LLAMA_CPP:
            return request.task is Task.TEXT_GENERATION
        case _:
            return True


def choose(entry: ModelEntry, request: Request) -> Variant:
    """Return the variant that `request` names, or the fastest that can answer it.

    Raises:
        UnsupportedTaskError: the named engine and precision do not run this model, or not so.
    """
    able = [variant for variant in variants_of(entry) if supports(variant, request)]
    if request.runtime is None and able:
        return next(filter(_unasked, able), able[-1])
    for variant in able:
        if variant.runtime == request.runtime:
            return variant
    named = f" on {request.runtime}" if request.runtime else ""
    others = ", ".join(str(variant.runtime) for variant in able)
    raise UnsupportedTaskError(
        f"{entry.id} does not run{named} with these settings.",
        next_step=(f"With them it runs on {others}; or s" if able else "S")
        + "et the temperature to 0 and leave probabilities off.",
    )


def revision_of(variant: Variant) -> str:
    """Return what pins the weights of `variant`: others may have quantised them."""
    if variant.runtime.engine is Engine.LLAMA_CPP and (file := gguf_of(variant)).repo:
        return f"{file.repo}@{file.revision[:7]}"
    return variant.entry.revision


def weights_bytes(variant: Variant) -> int:
    """Return how many bytes the weights of `variant` are, without what computing takes on top."""
    match variant.runtime.engine:
        case Engine.LLAMA_CPP:
            return gguf_of(variant).file_bytes
        case Engine.CTRANSLATE2:
            a_parameter = _BYTES_PER_PARAMETER[variant.runtime.precision]
            return int(variant.entry.parameters * a_parameter)
        case _:
            return variant.entry.parameters * 4


def memory_bytes(variant: Variant) -> int:
    """Return about how much memory `variant` takes once loaded."""
    if variant.runtime.engine is Engine.LLAMA_CPP:
        return gguf_of(variant).memory_bytes
    if variant.runtime.engine is Engine.CTRANSLATE2:
        a_parameter = _BYTES_PER_PARAMETER[variant.runtime.precision]
        return int(variant.entry.parameters * a_parameter) + _WORKING_BYTES
    return variant.entry.memory_bytes


def _unasked(variant: Variant) -> bool:
    # A decoder mostly draws at random, which CTranslate2 does not: it would be in memory twice.
    converted = variant.runtime.engine is Engine.CTRANSLATE2
    return not converted or variant.entry.model_type in _ENCODER_DECODERS
