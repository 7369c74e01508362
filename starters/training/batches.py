"""Turn examples into padded batches, with texts of like length side by side."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

import torch
from transformers import PreTrainedTokenizerBase

from starters.splits import Example
from starters.training.masking import IGNORED, Masking
from starters.training.recipes import Recipe
from starters.training.stream import CHUNK_BATCHES, chunk


@dataclass(frozen=True)
class Encoded:
    """Token ids of one example; a story has no source."""

    source: list[int]
    target: list[int]


def encode(
    recipe: Recipe, tokenizer: PreTrainedTokenizerBase, examples: list[Example]
) -> list[Encoded]:
    """Tokenise `examples`, each target ending with the end-of-text token.

    Every other story also starts with it, so that a prompt with and without it works.
    """
    if recipe.architecture == "t5":
        sources = tokenizer([recipe.prefix + example.source for example in examples])["input_ids"]
        targets = tokenizer([example.target for example in examples])["input_ids"]
        return [Encoded(source, target) for source, target in zip(sources, targets, strict=True)]
    if recipe.architecture == "bert":
        halves = [half for example in examples for half in (example.source, example.target)]
        longest = recipe.shape.positions
        texts = tokenizer(halves, truncation=True, max_length=longest)["input_ids"]
        return [Encoded(*pair) for pair in zip(texts[::2], texts[1::2], strict=True)]
    end = tokenizer.eos_token_id
    stories = tokenizer([example.target for example in examples])["input_ids"]
    return [
        Encoded([], ([end] * (index % 2) + story + [end])[: recipe.shape.positions])
        for index, story in enumerate(stories)
    ]


def with_hidden_words(masking: Masking, batch: list[Encoded], random: Random) -> list[Encoded]:
    """Return all first halves, then all second ones: with some words hidden, and what hides there.

    What is read is the source, what it should be told is the target.
    """
    halves = [*(row.source for row in batch), *(row.target for row in batch)]
    return [Encoded(*masking.hidden(half, random)) for half in halves]


def collate(recipe: Recipe, batch: list[Encoded], pad_id: int) -> dict[str, torch.Tensor]:
    """Pad a batch to its longest text, (batch, length) each; labels are -100 on padding."""
    targets = [example.target for example in batch]
    labels = _padded(targets, IGNORED)
    if recipe.architecture == "gpt2":
        # Padding stands on the right of a causal model, so no mask is needed.
        return {"input_ids": _padded(targets, pad_id), "labels": labels}
    sources = [example.source for example in batch]
    mask = _padded([[1] * len(source) for source in sources], 0)
    return {"input_ids": _padded(sources, pad_id), "attention_mask": mask, "labels": labels}


def _padded(rows: list[list[int]], fill: int) -> torch.Tensor:
    length = max(map(len, rows))
    return torch.tensor([row + [fill] * (length - len(row)) for row in rows])


def training_batches(
    recipe: Recipe, tokenizer: PreTrainedTokenizerBase, *, first_step: int = 0
) -> Iterator[dict[str, torch.Tensor]]:
    """Yield the batches from `first_step` on, for ever; a step's batch is always the same."""
    position, skipped = divmod(first_step, CHUNK_BATCHES)
    masking = Masking.of(tokenizer) if recipe.architecture == "bert" else None
    seen: dict[int, list[Encoded]] = {}
    while True:
        index = position % recipe.distinct_chunks
        if index not in seen:
            seen[index] = encode(recipe, tokenizer, chunk(recipe, index))
        order = Random(f"{recipe.seed}/order/{position}")
        together = _as_they_come if recipe.architecture == "bert" else _by_length
        batches = together(seen[index], recipe.batch_size, order)
        for number, batch in enumerate(batches[skipped:], start=skipped):
            if masking is not None:
                # Each pass over a text hides other words.
                random = Random(f"{recipe.seed}/hidden/{position}/{number}")
                batch = with_hidden_words(masking, batch, random)
            yield collate(recipe, batch, tokenizer.pad_token_id)
        position, skipped = position + 1, 0


def _as_they_come(rows: list[Encoded], size: int, random: Random) -> list[list[Encoded]]:
    """Return batches of neighbours in random order."""
    batches = [rows[start : start + size] for start in range(0, len(rows), size)]
    random.shuffle(batches)
    return batches


def _by_length(rows: list[Encoded], size: int, random: Random) -> list[list[Encoded]]:
    """Return batches of like length in random order; ties fall differently each time."""
    rows = sorted(rows, key=lambda row: (len(row.target), len(row.source), random.random()))
    return _as_they_come(rows, size, random)
