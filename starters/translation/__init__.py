"""English sentences with their French: an endless stream made by a small grammar.

Conventions that make the French of an English sentence unique: "you" is "vous"; I, you, we and
they are masculine; the simple past is passé composé for actions, imparfait for states; "it" takes
the gender of the noun it stands for.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from random import Random

from starters.splits import Example
from starters.translation.lexicon import load
from starters.translation.sentences import Sentences


@cache
def _sentences() -> Sentences:
    return Sentences(load())


def examples(seed: int) -> Iterator[Example]:
    """Yield English sentences (source and key) with their French (target), for ever.

    The same seed gives the same stream; the same English always has the same French.
    """
    sentences, random = _sentences(), Random(seed)
    while True:
        english, french = sentences.draw(random)
        yield Example(source=english, target=french, key=english)
