"""What is known of one model, typed and bounded, wherever it comes from."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any

from core.bounds import text, texts
from core.explore.licences import Licence, licence_of
from core.explore.types import Origin
from core.explore.value_types import BITS

_WEIGHTS = (".safetensors", ".gguf", ".bin", ".pt", ".pth", ".ckpt", ".h5", ".msgpack", ".onnx")
# These end as weights do, and are none.
_NO_WEIGHTS = ("training_args.bin", "optimizer", "scheduler", "rng_state", "vocab", "tokenizer")
_COPIES = re.compile(r"\.(?:fp16|bf16|non_ema|ema)\b|non_ema", re.IGNORECASE)


@dataclass(frozen=True)
class ModelFile:
    """A file of a model; the size is None where it is not said."""

    name: str
    size_bytes: int | None = None


@dataclass(frozen=True)
class ModelRecord:
    """A model as its source describes it; None and "" are what the source does not say.

    `dtypes` counts the values of each type in the weights. `gated` is "auto" or "manual" after the
    way in which access is granted, "yes" where that is not said, "" for a model without a gate.
    """

    id: str
    origin: Origin
    sha: str = ""
    task: str = ""
    tags: tuple[str, ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    parameters: int | None = None
    dtypes: tuple[tuple[str, int], ...] = ()
    files: tuple[ModelFile, ...] | None = None
    gated: str | None = None
    library: str = ""
    architecture: str = ""
    model_type: str = ""
    context_tokens: int | None = None
    changed: datetime | None = None
    downloads: int | None = None
    likes: int | None = None

    @property
    def licence(self) -> Licence | None:
        """Return the licence that the card or the Hub's tags name, or None."""
        tag = next(iter(texts(self.metadata.get("license"))), "") or self.tagged("license:")
        return licence_of(tag) if tag else None

    @property
    def languages(self) -> tuple[str, ...]:
        """Return the codes of the languages that the card names."""
        return texts(self.metadata.get("language"))

    @property
    def datasets(self) -> tuple[str, ...]:
        """Return the datasets that the card or the Hub's tags name."""
        named = texts(self.metadata.get("datasets"))
        tagged = (tag.removeprefix("dataset:") for tag in self.tags if tag.startswith("dataset:"))
        return tuple(
            name for name in named or (*tagged,) if name.lower() not in {"none", "unknown"}
        )

    @property
    def base_models(self) -> tuple[str, ...]:
        """Return what the model was made from, by the card or the Hub's tags."""
        named = texts(self.metadata.get("base_model"))
        tagged = (tag.rpartition(":")[2] for tag in self.tags if tag.startswith("base_model:"))
        return named or tuple(dict.fromkeys(tagged))

    @property
    def relation(self) -> str:
        """Return how it was made from its base models (finetune, adapter, …), "" if not said."""
        if told := text(self.metadata.get("base_model_relation")):
            return told
        kinds = ("finetune", "quantized", "adapter", "merge")
        return next((kind for kind in kinds if self.tagged(f"base_model:{kind}:")), "")

    @property
    def papers(self) -> tuple[str, ...]:
        """Return the arXiv numbers that the Hub found in the card."""
        return tuple(tag.removeprefix("arxiv:") for tag in self.tags if tag.startswith("arxiv:"))

    @property
    def weights(self) -> tuple[ModelFile, ...]:
        """Return one set of weights: safetensors first, without copies in other precisions.

        Of GGUF files each is a set by itself; all are returned.
        """
        files = [file for file in self.files or () if _is_weights(file.name)]
        for suffix in _WEIGHTS:
            of_kind = [file for file in files if file.name.lower().endswith(suffix)]
            at_top = [file for file in of_kind if "/" not in file.name]
            named = [file for file in at_top if file.name.startswith(("model", "pytorch_model"))]
            whole = [file for file in of_kind if not _COPIES.search(file.name)]
            if found := (at_top if suffix == ".gguf" else named) or at_top or whole or of_kind:
                return tuple(found)
        return ()

    @property
    def weights_bytes(self) -> int | None:
        """Return the size of one set of weights, of the smallest GGUF file where all are such."""
        sizes = [file.size_bytes for file in self.weights]
        known = [size for size in sizes if size is not None]
        if known and len(known) == len(sizes):
            return min(known) if self.is_gguf else sum(known)
        return sum(self.dtype_bytes.values()) or None

    @property
    def dtype_bytes(self) -> Mapping[str, int]:
        """Return how many bytes the weights of each known type take."""
        return {name: count * BITS[name] // 8 for name, count in self.dtypes if name in BITS}

    @property
    def is_gguf(self) -> bool:
        """Tell whether all weights are GGUF files."""
        return bool(self.weights) and self.weights[0].name.lower().endswith(".gguf")

    def tagged(self, prefix: str) -> str:
        """Return what follows `prefix` in the first of the Hub's tags that has it, or ""."""
        return next((tag[len(prefix) :] for tag in self.tags if tag.startswith(prefix)), "")


def _is_weights(name: str) -> bool:
    base = name.rpartition("/")[2].lower()
    return base.endswith(_WEIGHTS) and not base.startswith(_NO_WEIGHTS)
