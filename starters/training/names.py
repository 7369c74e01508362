"""Put made-up names into examples, so that a model learns to copy a name it has never seen."""

from __future__ import annotations

import csv
import re
from functools import cache
from random import Random

from starters.splits import Example
from starters.training.recipes import STARTERS, Recipe

SHARE = 0.2  # of the examples that hold a name
CONSONANTS = "bcdfgjklmnprstvz"
VOWELS = "aeiou"
ENDINGS = {"f": ("a", "ia", "ina", "elle", "ie"), "m": ("o", "an", "ek", "us", "or")}
KNOWN_TO_ALL = re.compile(r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|.*(?:ary|ber)|March|April")


def with_made_up_names(recipe: Recipe, example: Example, random: Random) -> Example:
    """Return `example` with its names exchanged in source and target alike, or as it was.

    A new name keeps the first letter's kind and a ending that fits its gender, so that the French
    around it (d'Anna, de Paul; contente, content) stays right.
    """
    names = _names_in(recipe, example)
    if not names or random.random() > SHARE:
        return example
    source, target = example.source, example.target
    for name, gender in names.items():
        other = _made_up(random, name[0] in "AEIOUY", gender)
        source = re.sub(rf"\b{name}\b", other, source)
        target = re.sub(rf"\b{name}\b", other, target)
    return Example(source, target, example.key)


def _names_in(recipe: Recipe, example: Example) -> dict[str, str]:
    words = dict.fromkeys(re.findall(r"[A-Z][a-z]+", example.source))
    if recipe.task == "translation":
        people = _people()
        return {w: people[w] for w in words if w in people}
    if recipe.task == "summarization":
        # A capital inside the summary can only be a name that the document gave.
        named = set(re.findall(r"(?<=\w )[A-Z][a-z]+", example.target))
        return {w: "m" for w in words if w in named and not KNOWN_TO_ALL.fullmatch(w)}
    return {}


@cache
def _people() -> dict[str, str]:
    with (STARTERS / "translation" / "lexicon" / "names.csv").open(encoding="utf-8") as lines:
        return {row["name"]: row["gender"] for row in csv.DictReader(lines)}


def _made_up(random: Random, starts_with_vowel: bool, gender: str) -> str:
    first = random.choice(VOWELS) if starts_with_vowel else ""
    syllables = [random.choice(CONSONANTS) + random.choice(VOWELS) for _ in range(2)]
    middle = "".join(syllables[: random.choice((1, 1, 2))])
    name = first + middle + random.choice(CONSONANTS) + random.choice(ENDINGS[gender])
    return name.capitalize()
