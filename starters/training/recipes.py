"""Everything that decides what a starter model becomes, one frozen recipe a model."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from starters.splits import Example

STARTERS = Path(__file__).resolve().parents[1]
MODELS = STARTERS / "models"
WORK = STARTERS.parent / "build" / "starters"


@dataclass(frozen=True)
class Shape:
    """The size of a transformer; a T5 has `layers` in the encoder and as many in the decoder."""

    layers: int
    width: int
    heads: int
    feed_forward: int
    positions: int = 256


@dataclass(frozen=True)
class Recipe:
    """One starter model: the same recipe, data and library versions give the same weights.

    `data` names a function `examples(seed)`, as `package.module:function`. `bar` is the least
    value of `metric` on the test split; a model without a bar is only compared with its larger
    sister.
    """

    name: str
    title: str
    architecture: Literal["t5", "gpt2", "bert"]
    task: Literal["translation", "summarization", "text-generation", "fill-mask"]
    languages: tuple[str, ...]
    prefix: str
    data: str
    vocabulary: int
    shape: Shape
    steps: int
    batch_size: int
    learning_rate: float
    metric: Literal["chrF", "ROUGE-L", "sound stories", "masked tokens"]
    bar: float | None
    max_new_tokens: int
    distinct_chunks: int  # of the training stream; a run that needs more starts over
    warmup_steps: int = 200
    tokenizer_chunks: int = 1  # of the training stream, from which the vocabulary is made
    bfloat16: bool = True  # arithmetic; a processor without it takes many times as long
    seed: int = 9

    def examples(self, seed: int) -> Iterator[Example]:
        """Stream this model's data, of every split."""
        return pkgutil.resolve_name(self.data)(seed)


def _translator(name: str, title: str, shape: Shape, *, steps: int, bar: float | None) -> Recipe:
    return Recipe(
        name=name,
        title=title,
        architecture="t5",
        task="translation",
        languages=("en", "fr"),
        prefix="translate English to French: ",
        data="starters.translation:examples",
        vocabulary=3072,
        shape=shape,
        steps=steps,
        batch_size=128,
        learning_rate=3e-3,
        metric="chrF",
        bar=bar,
        max_new_tokens=96,
        distinct_chunks=48,
    )


def _summariser(name: str, title: str, shape: Shape, *, steps: int, bar: float | None) -> Recipe:
    return Recipe(
        name=name,
        title=title,
        architecture="t5",
        task="summarization",
        languages=("en",),
        prefix="summarize: ",
        data="starters.summaries:examples",
        vocabulary=3072,
        shape=shape,
        steps=steps,
        batch_size=64,
        learning_rate=3e-3,
        metric="ROUGE-L",
        bar=bar,
        max_new_tokens=64,
        distinct_chunks=120,
    )


MICRO = Shape(layers=3, width=144, heads=4, feed_forward=512)
NANO = Shape(layers=1, width=96, heads=3, feed_forward=256)
# Summaries are easier to learn: at the width of the small translator both would be about as good.
NARROW_NANO = Shape(layers=1, width=48, heads=2, feed_forward=96)

# In the order in which they are built: what the lessons lean on most comes first.
RECIPES = {
    recipe.name: recipe
    for recipe in (
        _translator("t5-en-fr-micro", "T5 English to French, micro", MICRO, steps=3500, bar=85),
        _summariser("t5-summary-micro", "T5 summary, micro", MICRO, steps=1500, bar=60),
        Recipe(
            name="gpt2-stories",
            title="GPT-2 stories",
            architecture="gpt2",
            task="text-generation",
            languages=("en",),
            prefix="",
            data="starters.stories:examples",
            vocabulary=2048,
            shape=Shape(layers=4, width=128, heads=4, feed_forward=512),
            steps=1500,
            batch_size=64,
            learning_rate=3e-3,
            metric="sound stories",
            bar=90,
            max_new_tokens=160,
            distinct_chunks=120,
        ),
        Recipe(
            name="bert-feedback",
            title="BERT feedback",
            architecture="bert",
            task="fill-mask",
            languages=("en",),
            prefix="",
            data="starters.texts:examples",
            vocabulary=5000,
            shape=Shape(layers=2, width=128, heads=2, feed_forward=512, positions=128),
            steps=2000,
            batch_size=32,
            learning_rate=4e-3,
            metric="masked tokens",
            bar=30,
            max_new_tokens=1,
            distinct_chunks=120,
            warmup_steps=100,
            bfloat16=False,
            tokenizer_chunks=6,
        ),
        _translator("t5-en-fr-nano", "T5 English to French, nano", NANO, steps=2500, bar=None),
        _summariser("t5-summary-nano", "T5 summary, nano", NARROW_NANO, steps=1200, bar=None),
    )
}
