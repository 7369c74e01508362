"""Whether a model fits into this machine's memory, in each precision that the lab can run."""

from __future__ import annotations

from dataclasses import dataclass

# Bits a weight takes. In 8 and 4 bits, blocks of 32 weights share a scale of 16 bits, as in the
# GGUF types Q8_0 and Q4_0: (32 x 8 + 16) / 32 and (32 x 4 + 16) / 32.
# Layout: https://github.com/ggml-org/ggml/blob/master/src/ggml-common.h
BITS = {"fp32": 32.0, "bf16": 16.0, "int8": 8.5, "4-bit": 4.5}

# What the lab adds for activations and cache, as in the catalogue (measured).
WORKING_BYTES = 16 * 1024**2


@dataclass(frozen=True)
class Fit:
    """What a model needs in one precision, weights and working memory, and whether that fits."""

    precision: str
    needed_bytes: int
    fits: bool


def fits(parameters: int, *, budget_bytes: int) -> tuple[Fit, ...]:
    """Return what a model of so many parameters needs, the most exact precision first.

    needed = parameters x bits / 8 + working memory
    """
    needs = {
        name: int(max(0, parameters) * bits / 8) + WORKING_BYTES for name, bits in BITS.items()
    }
    return tuple(Fit(name, needed, needed <= budget_bytes) for name, needed in needs.items())


def fit_finding(found: tuple[Fit, ...]) -> str:
    """Say in one sentence in which precisions the model fits."""
    inside = [fit.precision for fit in found if fit.fits]
    outside = [fit.precision for fit in found if not fit.fits]
    if not outside:
        return "Fits here in every precision, also in fp32"
    if not inside:
        return f"Does not fit here, not even in {outside[-1]}"
    return f"Fits here in {_joined(inside, 'and')}, not in {_joined(outside, 'or')}"


def _joined(names: list[str], word: str) -> str:
    return f" {word} ".join(filter(None, (", ".join(names[:-1]), names[-1])))
