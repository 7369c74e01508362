"""What a model reads while it learns: examples of the training split, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from random import Random

from starters.splits import Example, Split, only
from starters.training.names import with_made_up_names
from starters.training.recipes import Recipe

CHUNK_BATCHES = 50


def chunk(recipe: Recipe, index: int) -> list[Example]:
    """Return the `index`-th chunk of the training stream, enough for `CHUNK_BATCHES` steps.

    Each chunk has a seed of its own, so that a resumed run finds its place at once.
    """
    random = Random(f"{recipe.seed}/{index}")
    taught = only("train", recipe.examples(random.getrandbits(32)))
    enough = islice(taught, CHUNK_BATCHES * recipe.batch_size)
    return [with_made_up_names(recipe, example, random) for example in enough]


def held_out(recipe: Recipe, split: Split, count: int) -> list[Example]:
    """Return `count` different examples of a split that is never trained on."""
    if split == "train":
        raise ValueError("Held-out examples come from the validation or the test split.")
    return list(islice(_different(only(split, recipe.examples(recipe.seed))), count))


def _different(examples: Iterator[Example]) -> Iterator[Example]:
    seen: set[str] = set()
    for example in examples:
        if example.key not in seen:
            seen.add(example.key)
            yield example
