"""What is in a passport, or in anybody's work, in a few words: shown before it is restored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from core.work.record import Record

# By kinds of records; those that are not named here are small things on the way.
_NOUNS = {
    "answer": ("answer", "answers"),
    "prediction": ("prediction", "predictions"),
    "run": ("run", "runs"),
    "comparison": ("comparison", "comparisons"),
    "training": ("training", "trainings"),
    "judged": ("vote", "votes"),
    "page": ("page read", "pages read"),
    "tokens": ("text cut into tokens", "texts cut into tokens"),
    "lesson": ("lesson opened", "lessons opened"),
}


def contents(records: Iterable[Record]) -> tuple[str, ...]:
    """Return what `records` are, with how many of each: `("3 answers", "1 run")`."""
    counts = Counter(record.kind for record in records)
    return tuple(
        f"{counts[kind]:,} {nouns[counts[kind] != 1]}"
        for kind, nouns in _NOUNS.items()
        if counts[kind]
    )
