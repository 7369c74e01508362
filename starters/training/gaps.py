"""How good a model of BERT's architecture is at finding hidden words, on the test split alone."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from random import Random

import torch

from starters.splits import Example, split_of
from starters.training.answers import Starter
from starters.training.batches import encode
from starters.training.masking import Masking
from starters.training.scoring import NotHeldOut

BATCH = 32
LIKELIEST = 5
SHOWN = 8


def score_gaps(
    starter: Starter, examples: Sequence[Example]
) -> tuple[dict[str, float], list[dict[str, str]]]:
    """Return how many hidden tokens are found, in percent, and some that were not.

    15 % of the tokens of each held-out text are hidden at once, as whole words. The commonest token
    of the texts is the plainest rival.
    """
    for example in examples:
        if split_of(example.key) != "test":
            raise NotHeldOut(example.key)
    masking = Masking.of(starter.tokenizer)
    random = Random(starter.recipe.seed)
    texts = _texts(starter, examples)
    hidden = [masking.places(text, random) for text in texts]
    right, among, wrong = [], [], []
    for text, places, scores in zip(texts, hidden, _scores(starter, texts, hidden), strict=True):
        likeliest = scores.topk(LIKELIEST).indices.tolist()
        for place, guesses in zip(places, likeliest, strict=True):
            right.append(guesses[0] == text[place])
            among.append(text[place] in guesses)
        missed = [n for n, place in enumerate(places) if likeliest[n][0] != text[place]]
        if missed and len(wrong) < SHOWN:
            place = places[missed[0]]
            wrong.append(_failure(starter, text, place, likeliest[missed[0]][0]))
    common = Counter(number for text in texts for number in text[1:-1]).most_common(1)[0][0]
    wanted = [text[place] for text, places in zip(texts, hidden, strict=True) for place in places]
    scores = {
        "masked tokens": 100 * sum(right) / len(right),
        "among the five likeliest": 100 * sum(among) / len(among),
        "commonest token": 100 * wanted.count(common) / len(wanted),
    }
    return scores, wrong


def pseudo_perplexity(starter: Starter, examples: Sequence[Example]) -> float:
    """Return how many tokens, all alike, it would be as hard to choose from in each place.

    One token is hidden at a time (J. Salazar et al., https://huggingface.co/papers/1910.14659).
    """
    losses = []
    for text in _texts(starter, examples):
        places = range(1, len(text) - 1)
        found = _scores(starter, [text] * len(places), [[place] for place in places])
        for place, scores in zip(places, found, strict=True):
            losses.append(-scores[0].log_softmax(dim=-1)[text[place]].item())
    return math.exp(sum(losses) / len(losses))


def _texts(starter: Starter, examples: Sequence[Example]) -> list[tuple[int, ...]]:
    """Return both halves of each text, and once what has but one sentence."""
    rows = encode(starter.recipe, starter.tokenizer, list(examples))
    return [half for row in rows for half in dict.fromkeys(map(tuple, (row.source, row.target)))]


@torch.no_grad()
def _scores(
    starter: Starter, texts: Sequence[Sequence[int]], hidden: Sequence[Sequence[int]]
) -> list[torch.Tensor]:
    """Return (hidden places, vocabulary) for each text, whose places are masked all at once."""
    tokenizer, found = starter.tokenizer, []
    for start in range(0, len(texts), BATCH):
        rows = [list(text) for text in texts[start : start + BATCH]]
        for row, places in zip(rows, hidden[start : start + BATCH], strict=True):
            for place in places:
                row[place] = tokenizer.mask_token_id
        inputs = tokenizer.pad({"input_ids": rows}, return_tensors="pt")
        scores = starter.model(**inputs).logits
        for row, places in zip(scores, hidden[start : start + BATCH], strict=True):
            found.append(row[list(places)])
    return found


def _failure(starter: Starter, text: list[int], place: int, guess: int) -> dict[str, str]:
    tokenizer = starter.tokenizer
    before = tokenizer.decode(text[max(1, place - 12) : place])
    after = tokenizer.decode(text[place + 1 : place + 13], skip_special_tokens=True)
    return {
        "source": f"… {before} [MASK] {after} …",
        "answer": tokenizer.decode([guess]),
        "reference": tokenizer.decode([text[place]]),
    }
