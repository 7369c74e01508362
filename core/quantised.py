"""The GGUF files of a model: one for each precision, on this machine or on the Hub."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from core.errors import RefusedModelError
from core.gguf_file import GgufFacts, inspect_gguf
from core.gguf_plan import plan_gguf

# A large model spends its time fetching weights from memory: half of them is a third faster
# (docs/measuring.md). A small one does not, and is closer to the original in eight bits.
_FASTEST_LARGE = ("Q4_K_M", "Q4_0", "Q8_0", "F16")
_FASTEST_SMALL = ("Q8_0", "Q4_K_M", "Q4_0", "F16")
_LARGE_PARAMETERS = 20_000_000
_BITS = {"Q4_0": 4.5, "Q4_K_M": 4.9, "Q8_0": 8.5, "F16": 16.0}
_MOST_FILES = 20


@dataclass(frozen=True)
class GgufVariant:
    """A model in one precision: a file on this machine (`path`), or `filename` in a Hub `repo`.

    `memory_bytes` is what it takes once loaded, an estimate for what is not on this machine yet.
    """

    precision: str
    file_bytes: int
    memory_bytes: int
    path: Path | None = None
    repo: str = ""
    revision: str = ""
    filename: str = ""


@dataclass(frozen=True)
class QuantisedModel:
    """What is said of a model by the first of its files, and its variants, the preferred first."""

    facts: GgufFacts
    variants: tuple[GgufVariant, ...]


def quantised_in(folder: Path) -> QuantisedModel | None:
    """Return the model whose GGUF files lie in `folder`, or None when there are none.

    What does not belong to the same model as the first file, or repeats a precision, is left out.

    Raises:
        RefusedModelError: there are files, and not one of them will do.
    """
    files = sorted(path for path in folder.glob("*.gguf") if path.is_file())
    return quantised(files[:_MOST_FILES], name=folder.name) if files else None


def quantised(files: Iterable[Path], *, name: str) -> QuantisedModel:
    """Return the model of the first sound one of `files`; `name` is what it is called.

    Raises:
        RefusedModelError: not one of them will do; tells of the first.
    """
    sound: dict[str, GgufFacts] = {}
    first: GgufFacts | None = None
    refusal: RefusedModelError | None = None
    for file in files:
        try:
            facts = inspect_gguf(file)
        except RefusedModelError as error:
            refusal = refusal or error
            continue
        first = first or facts
        if _same_model(facts, first):
            sound.setdefault(facts.precision, facts)
    if first is None:
        raise refusal or RefusedModelError(
            f"{name} has no GGUF files.", next_step="Download them again."
        )
    variants = (
        GgufVariant(
            precision=precision,
            file_bytes=facts.model_bytes,
            memory_bytes=plan_gguf(facts).memory_bytes,
            path=facts.path,
            filename=facts.path.name,
        )
        for precision, facts in sound.items()
    )
    return QuantisedModel(first, tuple(sorted(variants, key=preference)))


def preference(variant: GgufVariant) -> tuple[int, int]:
    """Sort variants of one model by this: what to take when nobody chooses comes first."""
    bits = _BITS.get(variant.precision)
    if bits is None:
        return len(_BITS), variant.file_bytes
    large = variant.file_bytes * 8 / bits >= _LARGE_PARAMETERS
    order = _FASTEST_LARGE if large else _FASTEST_SMALL
    return order.index(variant.precision), variant.file_bytes


def _same_model(facts: GgufFacts, first: GgufFacts) -> bool:
    return (facts.architecture, facts.parameters) == (first.architecture, first.parameters)
