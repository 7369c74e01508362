"""What the model of BERT's architecture reads: opinions, customer feedback, news and stories.

Nobody labels it. A text comes in two halves, which say something of one thing in one mood, as
people's texts do: that they belong together is learned beside the words themselves.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator

from starters.feedback.data import feedback, held_out
from starters.feedback.lexicon import products
from starters.opinions import opinion, things
from starters.splits import Example
from starters.stories.data import story
from starters.summaries.news import news
from starters.summaries.reviews import review

SHARES = {"opinion": 0.6, "feedback": 0.34, "review": 0.02, "news": 0.02, "story": 0.02}
# So many texts on one thing follow each other: what tells them apart is what they say of it.
RUN = 64
_BETWEEN_SENTENCES = re.compile(r"(?<=[.!?])\s+")


def examples(seed: int) -> Iterator[Example]:
    """Yield texts without end, always the same for one `seed`: the halves as source and target.

    A text of one sentence is both halves. What the customer feedback's data set holds back is held
    back here: none of its texts, nor one that has six words in a row in common with a test text.
    """
    rng = random.Random(seed)
    kinds, shares = list(SHARES), list(SHARES.values())
    while True:
        yield from _RUNS[rng.choices(kinds, shares)[0]](rng)


def halves(text: str) -> tuple[str, str]:
    """Return `text` cut between the two sentences nearest to its middle, or twice if it has one."""
    ends = [found.start() for found in _BETWEEN_SENTENCES.finditer(text)]
    if not ends:
        return text, text
    middle = min(ends, key=lambda end: abs(end - len(text) / 2))
    return text[:middle], text[middle:].strip()


def _feedback(rng: random.Random) -> Iterator[Example]:
    product, found = rng.choice(products()).name, 0
    for one in feedback(rng.getrandbits(32)):
        if found == RUN:
            return
        if one.product == product and not held_out(one.text):
            found += 1
            # The key is without the voice, so that a text with and without typos stays in a split.
            yield Example(*halves(one.text), one.key)


def _opinions(rng: random.Random) -> Iterator[Example]:
    thing = rng.choice(things())
    return (_example(opinion(rng, thing)) for _ in range(RUN))


def _example(text: str) -> Example:
    return Example(*halves(text), text)


_RUNS = {
    "feedback": _feedback,
    "opinion": _opinions,
    "review": lambda rng: (_example(review(rng).source) for _ in range(RUN)),
    "news": lambda rng: (_example(news(rng).source) for _ in range(RUN)),
    "story": lambda rng: (_example(story(rng)) for _ in range(RUN)),
}
