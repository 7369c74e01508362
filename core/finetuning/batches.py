"""Texts as token ids, in batches of like lengths, so that next to nothing is spent on padding."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from random import Random
from typing import Any

# Sorting all examples by length would give every epoch the same batches.
_BATCHES_SORTED_TOGETHER = 50
_TEXTS_AT_ONCE = 1000

Ids = array  # of int32


class Encoder:
    """Turns texts into token ids, each text once: epochs and the runs of a curve share them.

    Texts longer than `max_tokens` are cut at the end.
    """

    def __init__(self, tokenizer: Any, *, max_tokens: int) -> None:
        self.tokenizer = tokenizer
        self.max_tokens = max_tokens
        self._known: dict[str, Ids[int]] = {}

    @property
    def pad_id(self) -> int:
        """The token that fills short rows."""
        return int(self.tokenizer.pad_token_id)

    def encode(self, texts: Sequence[str], *, keep: bool = True) -> list[Ids[int]]:
        """Return the ids of each of `texts`; without `keep` new ones are not remembered."""
        known = self._known if keep else dict(self._known)
        new = list(dict.fromkeys(text for text in texts if text not in known))
        for start in range(0, len(new), _TEXTS_AT_ONCE):
            part = new[start : start + _TEXTS_AT_ONCE]
            # Ids alone: masks and offsets of 50,000 texts would take hundreds of megabytes.
            rows = self.tokenizer(
                part,
                truncation=True,
                max_length=self.max_tokens,
                padding=False,
                return_attention_mask=False,
                return_token_type_ids=False,
                verbose=False,
            )["input_ids"]
            # A tokenizer without special tokens makes nothing of an empty text.
            known |= {
                text: array("i", row or [self.pad_id]) for text, row in zip(part, rows, strict=True)
            }
        return [known[text] for text in texts]


def epoch_batches(
    lengths: Sequence[int], batch_size: int, *, seed: int, epoch: int
) -> list[list[int]]:
    """Return the examples of one epoch by number, in batches; each example is in exactly one.

    Examples are shuffled, sorted by length among some fifty batches' worth, cut into batches, and
    the batches shuffled. The same `seed` and `epoch` give the same batches.
    """
    random = Random(f"{seed} {epoch}")
    order = list(range(len(lengths)))
    random.shuffle(order)
    together = batch_size * _BATCHES_SORTED_TOGETHER
    batches: list[list[int]] = []
    for start in range(0, len(order), together):
        part = sorted(order[start : start + together], key=lengths.__getitem__)
        batches += in_batches(part, batch_size)
    random.shuffle(batches)
    return batches


def batches_by_length(lengths: Sequence[int], batch_size: int) -> list[list[int]]:
    """Return all examples by number, in batches from the shortest to the longest."""
    return in_batches(sorted(range(len(lengths)), key=lengths.__getitem__), batch_size)


def in_batches(numbers: Sequence[int], batch_size: int) -> list[list[int]]:
    """Return `numbers` in order, `batch_size` at a time; only the last may be smaller."""
    starts = range(0, len(numbers), batch_size)
    return [list(numbers[start : start + batch_size]) for start in starts]


def padded(rows: Sequence[Ids[int]], pad_id: int) -> dict[str, Any]:
    """Return `input_ids` and `attention_mask`, [rows, tokens of the longest], for a model."""
    import torch

    shape = (len(rows), max(map(len, rows)))
    ids = torch.full(shape, pad_id, dtype=torch.long)
    mask = torch.zeros(shape, dtype=torch.long)
    for place, row in enumerate(rows):
        ids[place, : len(row)] = torch.frombuffer(row, dtype=torch.int32)
        mask[place, : len(row)] = 1
    return {"input_ids": ids, "attention_mask": mask}
