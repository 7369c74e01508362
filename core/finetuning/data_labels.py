"""What the cells of a label column mean: words, 0 and 1, stars, or words of sentiment."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from enum import StrEnum
from functools import lru_cache

from core.finetuning.data_text import clean

NEGATIVE, NEUTRAL, POSITIVE = SENTIMENTS = ("negative", "neutral", "positive")


class Scheme(StrEnum):
    """How the labels of a table are written."""

    WORDS = "words"
    ZERO_ONE = "zero_one"
    STARS = "stars"
    SENTIMENT = "sentiment"


SCHEME_NAMES = {
    Scheme.WORDS: "Words, as they are",
    Scheme.ZERO_ONE: "0 is negative, 1 is positive",
    Scheme.STARS: "Stars: 1-2 negative, 3 neutral, 4-5 positive",
    Scheme.SENTIMENT: "Sentiment words and signs: pos, neg, neutral, +, -, 1, 0, -1",
}

# What spreadsheets and pandas write where nothing is known.
_NOTHING = frozenset(["", "nan", "null", "n/a", "na", "#n/a", "<na>", "?", "-", "--"])
_STAR = "★⭐🌟"
_ZERO_ONE = {"0": NEGATIVE, "0.0": NEGATIVE, "0,0": NEGATIVE}
_ZERO_ONE |= {"1": POSITIVE, "1.0": POSITIVE, "1,0": POSITIVE}
_OF_FIVE = re.compile(
    r"([1-5])(?:[.,]0+)?\s*(?:(?:/|out of|von|sur|de|di|van)\s*5(?:[.,]0+)?)?"
    r"\s*(?:stars?|sterne?|étoiles?|estrellas?|stell[ae]|sterren|[★⭐🌟])?$"
)
_STARS_DRAWN = re.compile(rf"[{_STAR}]{{1,5}}[☆✩]{{0,4}}$")
_SENTIMENT = {
    word: sentiment
    for sentiment, words in (
        (NEGATIVE, "negative neg negativ négatif negativo negativa bad unhappy - -1 -1.0 👎 😞"),
        (NEUTRAL, "neutral neu neutre neutro neutra mixed 0 0.0 😐"),
        (POSITIVE, "positive pos positiv positif positivo positiva good happy + +1 1 1.0 👍 😊"),
    )
    for word in words.split()
}


def is_missing(cell: str, *, scheme: Scheme | None = None) -> bool:
    """Say whether a cell stands for nothing known; under `SENTIMENT` a lone "-" is a label."""
    folded = cell.strip().casefold()
    return folded in _NOTHING and not (scheme is Scheme.SENTIMENT and folded == "-")


def meaning(cell: str, scheme: Scheme) -> str | None:
    """Return the label that a cell stands for, None where it is no label of the scheme."""
    folded = _folded(cell)
    if scheme is Scheme.ZERO_ONE:
        return _ZERO_ONE.get(folded)
    if scheme is Scheme.SENTIMENT:
        return _SENTIMENT.get(folded)
    if scheme is Scheme.STARS:
        return _of_stars(folded)
    return clean(cell) or None


def guess_scheme(cells: Iterable[str]) -> Scheme:
    """Return the scheme that the labels among the cells fit, words where none does.

    One cell in twenty may be anything: it would be left out, and that is told.
    """
    counts = Counter(
        _folded(cell) for cell in cells if not is_missing(cell, scheme=Scheme.SENTIMENT)
    )
    for scheme in (Scheme.ZERO_ONE, Scheme.SENTIMENT, Scheme.STARS):
        means = {cell: meaning(cell, scheme) for cell in counts}
        fitting = sum(count for cell, count in counts.items() if means[cell])
        # 1 and 2, or 1 to 3, are classes of many public data sets: stars go up to 4 at least.
        if scheme is Scheme.STARS and POSITIVE not in means.values():
            continue
        if counts and fitting >= 0.95 * counts.total():
            return scheme
    return Scheme.WORDS


def merge_spellings(cells: Sequence[str]) -> tuple[dict[str, str], int]:
    """Return the label for each cell, and how many labels were merged into another spelling.

    "Positive", "positive " and "POSITIVE" are one; its commonest spelling, of several the first,
    becomes the label.
    """
    spellings: dict[str, Counter[str]] = {}
    for cell in cells:
        spellings.setdefault(_folded(cell), Counter())[clean(cell)] += 1
    chosen = {
        folded: max(counts, key=lambda spelling: counts[spelling])
        for folded, counts in spellings.items()
    }
    merged = sum(len(counts) - 1 for counts in spellings.values())
    return {cell: chosen[_folded(cell)] for cell in set(cells)}, merged


def in_order(labels: Iterable[str]) -> tuple[str, ...]:
    """Return each label once, in the order in which a model numbers them: bad to good, or A to Z.

    Numbers go by their value.
    """
    different = set(labels)
    if {label.casefold() for label in different} <= set(SENTIMENTS):
        return tuple(sorted(different, key=lambda label: SENTIMENTS.index(label.casefold())))
    return tuple(sorted(different, key=_place))


def _place(label: str) -> tuple[float, str, str]:
    try:
        value = float(label) if label.isascii() and len(label) < 20 else float("inf")
    except ValueError:
        value = float("inf")
    return (value if value == value else float("inf"), label.casefold(), label)


def _of_stars(folded: str) -> str | None:
    if _STARS_DRAWN.match(folded):
        stars = sum(folded.count(star) for star in _STAR)
    elif written := _OF_FIVE.match(folded):
        stars = int(written[1])
    else:
        return None
    return NEGATIVE if stars < 3 else NEUTRAL if stars == 3 else POSITIVE


def _folded(cell: str) -> str:
    # The same few labels come again and again; what is long is none, and fills no memory.
    return _fold_known(cell) if len(cell) <= 60 else _fold(cell)


def _fold(cell: str) -> str:
    # Emoji may carry a mark that asks for a picture of them.
    plain = unicodedata.normalize("NFKC", clean(cell)).replace("\ufe0f", "").casefold()
    return plain.strip()


_fold_known = lru_cache(maxsize=4096)(_fold)
