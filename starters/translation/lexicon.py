"""The words of the starter translators: data files, read and checked once."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "lexicon"
NUMBERS = {"c", "m", "s", "p", "sp", "ps", "d"}
KINDS = {"action", "event", "mishap", "arrival", "state", "thing", "breakdown"}


class LexiconError(ValueError):
    """A data file says something the grammar cannot use."""


@dataclass(frozen=True)
class Noun:
    """A noun in both languages; `*` before a French word marks an h (or a vowel) without elision.

    `number`: c counted, m uncounted, s singular only, p plural only, sp singular in English but
    plural in French, ps the other way round, d only with "the".
    """

    en: str
    fr: str
    gender: str
    categories: tuple[str, ...]
    number: str
    en_plural: str
    fr_plural: str


@dataclass(frozen=True)
class Adjective:
    """An adjective; `position` is pre, post or predicate, `comparative` is "-" where none fits."""

    en: str
    fr: str
    position: str
    categories: tuple[str, ...]
    feminine: str
    masculine_plural: str
    before_vowel: str
    comparative: str


@dataclass(frozen=True)
class Verb:
    """A verb with the categories of its subjects and objects, and the places it goes with."""

    en: str
    fr: str
    kind: str
    subjects: tuple[str, ...]
    objects: tuple[str, ...]
    place: str


@dataclass(frozen=True)
class Lexicon:
    """Everything the data files hold."""

    nouns: tuple[Noun, ...]
    adjectives: tuple[Adjective, ...]
    verbs: tuple[Verb, ...]
    english_verbs: dict[str, dict[str, str]]
    french_verbs: dict[str, dict[str, str]]
    names: tuple[dict[str, str], ...]
    places: tuple[dict[str, str], ...]
    times: tuple[dict[str, str], ...]
    numbers: tuple[dict[str, str], ...]
    calendar: tuple[dict[str, str], ...]
    adverbs: tuple[dict[str, str], ...]
    phrases: tuple[tuple[str, str], ...]
    templates: tuple[tuple[str, str, int], ...]


def rows(name: str) -> list[dict[str, str]]:
    """Return the rows of `lexicon/name.csv`; a blank or missing field is an empty string."""
    path = FOLDER / f"{name}.csv"
    with path.open(encoding="utf-8", newline="") as handle:
        table = list(csv.DictReader(handle, restval=""))
    for line, row in enumerate(table, start=2):
        if None in row:
            raise LexiconError(f"{path.name}:{line}: too many fields")
    return table


@cache
def load() -> Lexicon:
    """Return the checked lexicon; raises LexiconError with file and entry if it is not sound."""
    nouns = tuple(
        Noun(**{**row, "categories": tuple(row["categories"].split())}) for row in rows("nouns")
    )
    adjectives = tuple(
        Adjective(**{**row, "categories": tuple(row["categories"].split())})
        for row in rows("adjectives")
    )
    verbs = tuple(
        Verb(
            **{
                **row,
                "subjects": tuple(row["subjects"].split()),
                "objects": tuple(row["objects"].split()),
            }
        )
        for row in rows("verbs")
    )
    _check(nouns, adjectives, verbs)
    return Lexicon(
        nouns,
        adjectives,
        verbs,
        {row["base"]: row for row in rows("english_verbs")},
        {row["infinitive"]: row for row in rows("french_verbs")},
        *(
            tuple(rows(name))
            for name in ("names", "places", "times", "numbers", "calendar", "adverbs")
        ),
        tuple((row["en"], row["fr"]) for row in rows("phrases")),
        tuple((row["en"], row["fr"], int(row["weight"] or 1)) for row in rows("templates")),
    )


def _check(
    nouns: tuple[Noun, ...], adjectives: tuple[Adjective, ...], verbs: tuple[Verb, ...]
) -> None:
    known = {category for noun in nouns for category in noun.categories}
    for noun in nouns:
        if noun.gender not in {"m", "f"} or noun.number not in NUMBERS:
            raise LexiconError(f"nouns.csv: {noun.en}: gender or number")
    for adjective in adjectives:
        if adjective.position not in {"pre", "post", "predicate"}:
            raise LexiconError(f"adjectives.csv: {adjective.en}: position {adjective.position!r}")
    for verb in verbs:
        if verb.kind not in KINDS:
            raise LexiconError(f"verbs.csv: {verb.en}: kind {verb.kind!r}")
    users = [(a.en, a.categories) for a in adjectives]
    users += [(v.en, v.subjects + v.objects) for v in verbs]
    for name, categories in users:
        unknown = set(categories) - known
        if unknown:
            raise LexiconError(f"{name}: no noun has the category {sorted(unknown)}")
