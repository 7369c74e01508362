"""Short texts, checked for the points that they make and not for their wording."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from core.exercises.outcome import NOT_ATTEMPTED, CheckResult, Outcome
from core.exercises.types import Text
from core.work.entries import Value

_WORD = re.compile(r"[^\W_]+")
_APOSTROPHES = re.compile("['’]")
# An ending is what a word has beyond another one that it begins with: model, models, modelled.
# Short words are other words then: the, them, these.
_LONGEST_ENDING = 2
_SHORTEST_STEM = 4
# More than this says nothing more to the point, and would only take time to read.
_MOST_CHARACTERS = 5000


def check_text(exercise: Text, answer: Value | None) -> CheckResult:
    """Look for each point in a text, and name the first that is missing."""
    if not isinstance(answer, str):
        return NOT_ATTEMPTED
    words = words_of(answer[:_MOST_CHARACTERS])
    if not words:
        return NOT_ATTEMPTED
    made = [
        any(_contains(words, words_of(phrase)) for phrase in point.words)
        for point in exercise.points
    ]
    if all(made):
        return CheckResult(
            Outcome.CORRECT, "You made the point. Compare your words with the solution."
        )
    missing = exercise.points[made.index(False)].missing
    if any(made):
        missing = f"You are on the way: {sum(made)} of {len(made)} points are made. {missing}"
    return CheckResult(Outcome.NOT_YET, missing)


def words_of(text: str) -> list[str]:
    """Return the words of a text without case, accents and apostrophes."""
    bare = unicodedata.normalize("NFKD", _APOSTROPHES.sub("", text)).casefold()
    return _WORD.findall("".join(c for c in bare if not unicodedata.combining(c)))


def _contains(words: Sequence[str], phrase: Sequence[str]) -> bool:
    """Return whether the words of `phrase` come in a row."""
    length = len(phrase)
    return length > 0 and any(
        all(map(_same, words[start : start + length], phrase))
        for start in range(len(words) - length + 1)
    )


def _same(word: str, other: str) -> bool:
    short, long = sorted((word, other), key=len)
    if short == long:
        return True
    ending = len(long) - len(short)
    return (
        len(short) >= _SHORTEST_STEM
        and ending <= _LONGEST_ENDING
        and short.isalpha()
        and long.startswith(short)
    )
