"""Documents to summarise: customer reviews and small news items, half of each."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator

from starters.splits import Example
from starters.summaries.news import news
from starters.summaries.reviews import review

SENTENCE_END = re.compile(r'[.!?]"?(?= ["A-Z]|$)')


def examples(seed: int) -> Iterator[Example]:
    """Yield documents with one-sentence summaries without end, always the same for one `seed`.

    The key is the summary, so a summary that judges a model was never trained on.
    """
    rng = random.Random(seed)
    while True:
        example = rng.choice((review, news))(rng)
        count = len(SENTENCE_END.findall(example.source))
        if 30 <= len(example.source.split()) <= 110 and 3 <= count <= 8:
            yield example
