"""What a trained model says of somebody's own sentences, and which words made it say so.

These run in the server: the first one imports torch and transformers, some 350 MB.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from core.errors import BadInputError, RefusedModelError
from core.finetuning.evaluation import guess_number
from core.finetuning.memory import guessing_bytes
from core.finetuning.networks import Network, read_network
from core.finetuning.types import Guess, Splits
from core.settings import free_memory_bytes, settings

_MOST_TEXTS = 100
_MOST_CHARACTERS = 5_000
_MOST_WORDS = 64
_loading = threading.Lock()


class Classifier:
    """A trained model for any number of threads, one of which it answers at a time."""

    def __init__(self, network: Network) -> None:
        self._network = network
        # A tokenizer that two threads use at once silently mixes up their settings.
        self._turn = threading.Lock()

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels, in the order of a guess's probabilities."""
        return self._network.labels

    def guess(self, texts: Sequence[str]) -> tuple[Guess, ...]:
        """Return what the model says of each of `texts`.

        Raises:
            BadInputError: there are more than 100, one is too long, or one has no words.
        """
        _check(texts)
        with self._turn:
            return self._network.guess(texts)

    def influences(self, text: str) -> tuple[tuple[str, float], ...]:
        """Return each word of `text` with how much less sure the model is of its guess without it.

        The number is the probability of the guessed label with the word minus that without it:
        above 0 the word speaks for the guess, below 0 against it. Words are what stands between
        blanks; of a long text the first 64 are tried. Influences do not add up: words act together.

        Raises:
            BadInputError: the text is too long or has no words.
        """
        _check([text])
        words = text.split()
        tried = words[:_MOST_WORDS]
        without = [" ".join(words[:place] + words[place + 1 :]) for place in range(len(tried))]
        with self._turn:
            whole, *rest = self._network.guess([" ".join(words), *without])
        label = guess_number(whole)
        sure = whole.probabilities[label]
        return tuple(
            (word, sure - guess.probabilities[label])
            for word, guess in zip(tried, rest, strict=True)
        )


def load_classifier(folder: Path) -> Classifier:
    """Load the trained model in `folder`.

    Raises:
        RefusedModelError: it is broken, or does not fit into the memory that is free.
    """
    from core.inference.engines.transformers_engine import prepare

    needed, free = guessing_bytes(folder), free_memory_bytes(settings())
    if needed > free:
        raise RefusedModelError(
            f"The trained model takes about {needed / 1e6:,.0f} MB of memory, and "
            f"{max(0, free) / 1e6:,.0f} MB are free.",
            next_step="Try again when other models are idle.",
        )
    prepare()
    # The library makes its names on first use, and fails when two threads ask at once.
    with _loading:
        return Classifier(read_network(folder))


def before_training(splits: Splits, texts: Sequence[str]) -> tuple[Guess, ...]:
    """Return the best that can be said of `texts` before training: how common each label is.

    A base model knows words, and nothing of these labels: its new head is random numbers, and what
    it answers differs with the seed. Whoever has seen only the labels of the training split, and
    none of its texts, does best to name the commonest, which is what this says of every text.
    """
    counts = Counter(example.label for example in splits.train)
    total = counts.total() or 1
    shares = tuple(counts[label] / total for label in splits.labels)
    return tuple(Guess(text, shares) for text in texts)


def _check(texts: Sequence[str]) -> None:
    if len(texts) > _MOST_TEXTS:
        raise BadInputError(
            f"That is {len(texts):,} texts at once; the model takes up to {_MOST_TEXTS}.",
            next_step="Give fewer.",
        )
    for text in texts:
        if not text.strip():
            raise BadInputError("One of the texts is empty.", next_step="Write a sentence.")
        if len(text) > _MOST_CHARACTERS:
            raise BadInputError(
                f"A text of {len(text):,} characters is too long; {_MOST_CHARACTERS:,} are the "
                "most.",
                next_step="Shorten it.",
            )
