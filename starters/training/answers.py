"""Let a finished starter answer, exactly as plain transformers does for its users."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from transformers import (
    AutoModelForCausalLM,
    AutoModelForMaskedLM,
    AutoModelForSeq2SeqLM,
    AutoTokenizer,
    BatchEncoding,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)

from starters.training.recipes import MODELS, Recipe

_KINDS = {
    "t5": AutoModelForSeq2SeqLM,
    "gpt2": AutoModelForCausalLM,
    "bert": AutoModelForMaskedLM,
}


@dataclass(frozen=True)
class Starter:
    """A model as it is stored, its half-precision weights widened to float32 to run on a CPU."""

    recipe: Recipe
    tokenizer: PreTrainedTokenizerBase
    model: PreTrainedModel


@dataclass(frozen=True)
class Speed:
    """How fast one request after another is answered greedily; loading is not counted.

    The tokens are those written, or those read by a model that fills gaps.
    """

    request_s: float
    tokens_per_s: float
    threads: int


def load(recipe: Recipe, folder: Path | None = None) -> Starter:
    """Load a starter from its folder (default: where it is stored)."""
    folder = folder or MODELS / recipe.name
    model = _KINDS[recipe.architecture].from_pretrained(
        folder, dtype=torch.float32, use_safetensors=True
    )
    return Starter(recipe, AutoTokenizer.from_pretrained(folder), model.eval())


@torch.no_grad()
def answer(starter: Starter, sources: Sequence[str], *, batch_size: int = 50) -> list[str]:
    """Return the greedy output for each source, in order; the prefix is added here."""
    order = sorted(range(len(sources)), key=lambda index: len(sources[index]))
    answers = [""] * len(sources)
    for start in range(0, len(order), batch_size):
        rows = order[start : start + batch_size]
        texts = [starter.recipe.prefix + sources[row] for row in rows]
        inputs = starter.tokenizer(texts, return_tensors="pt", padding=True)
        outputs = starter.model.generate(**inputs, do_sample=False)
        decoded = starter.tokenizer.batch_decode(outputs, skip_special_tokens=True)
        for row, text in zip(rows, decoded, strict=True):
            answers[row] = text
    return answers


@torch.no_grad()
def tell(
    starter: Starter, opening: str, *, count: int = 1, seed: int | None = None
) -> list[tuple[str, bool]]:
    """Return `count` stories that begin with `opening`, and whether each came to its end.

    Without a seed the story is the greedy one; with a seed it is sampled at temperature 0.8 and
    top_p 0.95.
    """
    inputs = starter.tokenizer([opening] * count, return_tensors="pt")
    if seed is None:
        choice = {"do_sample": False}
    else:
        torch.manual_seed(seed)
        choice = {"do_sample": True, "temperature": 0.8, "top_p": 0.95, "top_k": 0}
    outputs = starter.model.generate(**inputs, **choice)
    texts = starter.tokenizer.batch_decode(outputs, skip_special_tokens=True)
    written = outputs[:, inputs["input_ids"].shape[1] :]
    finished = (written == starter.tokenizer.eos_token_id).any(dim=1).tolist()
    return list(zip(texts, finished, strict=True))


@torch.no_grad()
def fill(starter: Starter, text: str) -> str:
    """Return the word that is likeliest in the place of the mask in `text`."""
    inputs = starter.tokenizer(text, return_tensors="pt")
    scores = starter.model(**inputs).logits[inputs["input_ids"] == starter.tokenizer.mask_token_id]
    return starter.tokenizer.decode(scores[0].argmax())


@torch.no_grad()
def speed(starter: Starter, sources: Sequence[str]) -> Speed:
    """Answer `sources` one at a time on one thread, after one to warm up; medians over them."""
    torch.set_num_threads(1)
    requests_s, rates = [], []
    for position, source in enumerate([sources[0], *sources]):
        inputs = starter.tokenizer([starter.recipe.prefix + source], return_tensors="pt")
        started_s = time.perf_counter()
        tokens = _run(starter, inputs)
        took_s = time.perf_counter() - started_s
        if position:
            requests_s.append(took_s)
            rates.append(tokens / took_s)
    return Speed(statistics.median(requests_s), statistics.median(rates), torch.get_num_threads())


def _run(starter: Starter, inputs: BatchEncoding) -> int:
    read = inputs["input_ids"].shape[1]
    if starter.recipe.architecture == "bert":
        starter.model(**inputs)
        return read
    output = starter.model.generate(**inputs, do_sample=False)
    return output.shape[1] - (1 if starter.recipe.architecture == "t5" else read)
