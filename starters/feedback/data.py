"""Customer feedback with its sentiment: an endless stream, and the data set's fixed splits."""

from __future__ import annotations

import csv
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from starters.feedback.composition import LABELS, compose
from starters.feedback.lexicon import products
from starters.feedback.voices import draw_voice, speak
from starters.splits import Example, Split
from starters.summaries.wording import polish

FOLDER = Path(__file__).parent / "dataset"
COLUMNS = ("text", "label", "product", "source")
LABEL_SHARES = {"negative": 0.35, "neutral": 0.25, "positive": 0.40}
SHARED_WORDS = 6


@dataclass(frozen=True)
class Feedback:
    """One composed text. `form` is how it says what it says, `key` the text before its voice."""

    text: str
    label: str
    product: str
    voice: str
    form: str
    key: str


@dataclass(frozen=True)
class Row:
    """One row of the data set; `source` is `generated` or `hand-written`."""

    text: str
    label: str
    product: str
    source: str


def feedback(seed: int) -> Iterator[Feedback]:
    """Yield feedback without end, always the same for one `seed`, held-out texts among it."""
    rng = random.Random(seed)
    while True:
        label = rng.choices(LABELS, [LABEL_SHARES[label] for label in LABELS])[0]
        voice = draw_voice(rng, label)
        product = rng.choice(products())
        draft = compose(rng, label, product, curt=voice == "curt", long=voice == "long")
        text = polish(speak(rng, draft, voice))
        key = " ".join(draft.sentences)
        yield Feedback(text, label, product.name, voice, draft.form, key)


def examples(seed: int) -> Iterator[Example]:
    """Yield texts to pre-train on without end: `source` is the text, `target` its label.

    No text of the data set's validation or test split is among them, nor one that has six words
    in a row in common with a test text. The key is the text before its voice, so that a text with
    and without its typos falls into the same split.
    """
    for one in feedback(seed):
        if not held_out(one.text):
            yield Example(one.text, one.label, one.key)


def words(text: str) -> tuple[str, ...]:
    """Return the words of `text` without case, punctuation and apostrophes."""
    return tuple(re.findall(r"\w+", text.casefold().replace("'", "").replace("’", "")))


def runs(text: str) -> set[tuple[str, ...]]:
    """Return all runs of `SHARED_WORDS` words of `text`, or the whole of a shorter text."""
    found = words(text)
    ends = range(SHARED_WORDS, max(len(found), SHARED_WORDS) + 1)
    return {found[end - SHARED_WORDS : end] for end in ends}


def held_out(text: str) -> bool:
    """Return whether `text` is a validation text, or too near to a test text to be trained on."""
    return words(text) in _validation_texts() or overlaps_test(text)


def overlaps_test(text: str) -> bool:
    """Return whether `text` has six words in a row, or all it has, in common with a test text."""
    return not _test_runs().isdisjoint(runs(text))


@cache
def _validation_texts() -> frozenset[tuple[str, ...]]:
    return frozenset(words(row.text) for row in rows("validation"))


@cache
def _test_runs() -> frozenset[tuple[str, ...]]:
    return frozenset(run for row in rows("test") for run in runs(row.text))


def rows(split: Split) -> tuple[Row, ...]:
    """Return the rows of one split of the data set, in the order of its file."""
    with (FOLDER / f"{split}.csv").open(encoding="utf-8", newline="") as file:
        return tuple(Row(**row) for row in csv.DictReader(file))
