"""What is wrong with a little story: rules for language and for coherence.

The rules know the words of the worlds, but not how stories are put together, so they judge what
a model wrote as strictly as what it learned from.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from starters.stories.data import data

_WORD = re.compile(r"[a-zA-Z]+(?:['-][a-zA-Z]+)*")
_SENTENCE_START = re.compile(r'(?<=[.!?]) (?=["A-Z])|(?<=[.!?]") (?=["A-Z])')
_PRONOUNS = {"he": {"he", "him", "his", "himself"}, "she": {"she", "her", "hers", "herself"}}
_VOWEL_SOUND = re.compile(r"[aeio]|u(?!ni|se|su)|hour", re.IGNORECASE)


@dataclass(frozen=True)
class Lexicon:
    """The words stories are made of, sorted by the part they play."""

    words: frozenset[str]
    gender: dict[str, str]
    helpers: dict[str, str]
    things: dict[str, str]
    homes: frozenset[str]
    scenery: re.Pattern[str]


def _texts(node: Any) -> Iterator[str]:
    if isinstance(node, str):
        yield re.sub(r"\{\w+\}", " ", node)
    elif isinstance(node, dict):
        for value in node.values():
            yield from _texts(value)
    elif isinstance(node, (list, tuple)):
        for value in node:
            yield from _texts(value)


@cache
def lexicon() -> Lexicon:
    """Return the lexicon of all worlds."""
    worlds, plots = data()
    names = [worlds["names"], worlds["robot_names"]]
    every = list(worlds["worlds"].values())
    words = {w.casefold() for text in _texts([worlds, plots]) for w in _WORD.findall(text)}
    words |= {"an", *_PRONOUNS["he"], *_PRONOUNS["she"]}
    # Fixed phrases may mention a stone or a castle that is neither the treasure nor the home.
    fixed = [
        part
        for world in every
        for kind in ("spots", "places", "far", "skills", "creatures", "sounds", "machines")
        for entry in world[kind]
        for part in re.split(r"\||\{\w+\}", entry)
        if " " in part.strip()
    ]
    phrases = sorted({re.escape(part.strip()) for part in fixed}, key=len, reverse=True)
    return Lexicon(
        words=frozenset(words),
        gender={n: g for group in names for g, members in group.items() for n in members},
        helpers=_phrases(every, "helpers"),
        things=_phrases(every, "things"),
        homes=frozenset(home.split("|")[0] for world in every for home in world["homes"]),
        scenery=re.compile(rf"\b(?:{'|'.join(phrases)})\b", re.IGNORECASE),
    )


def _phrases(worlds: list[dict[str, Any]], kind: str) -> dict[str, str]:
    """Return {"old owl": "owl"} for all entries of `kind`."""
    entries = [entry.split("|") for world in worlds for entry in world[kind]]
    return {f"{adjective} {noun}": noun for adjective, noun in entries}


def sentences(story: str) -> list[str]:
    """Return the sentences of `story`."""
    return [part for part in _SENTENCE_START.split(story.strip()) if part]


def problems(story: str) -> list[str]:
    """Return what is wrong with `story`, in plain words; an empty list if nothing is."""
    return [*_language(story), *_hero(story), *_coherence(story)]


def _language(story: str) -> Iterator[str]:
    parts = sentences(story)
    if not 4 <= len(parts) <= 8:
        yield f"It has {len(parts)} sentences instead of 4 to 8."
    if not re.search(r'[.!?]"?$', story.strip()):
        yield "The last sentence is not complete."
    if story.count('"') % 2:
        yield "A quotation mark is missing."
    seen: set[str] = set()
    for part in parts:
        if not re.match(r'"?[A-Z]', part) or re.search(r"[.!?] [a-z]", part):
            yield f"A sentence does not start with a capital letter: {part}"
        if part in seen:
            yield f"A sentence is told twice: {part}"
        seen.add(part)
    words = _WORD.findall(story)
    unknown = {w for w in words if w.casefold() not in lexicon().words}
    yield from (f"Unknown word: {word}" for word in sorted(unknown))
    doubled = re.findall(r"\b([a-z]+) \1\b", story, re.IGNORECASE)
    yield from (f"Doubled word: {word}" for word in doubled)
    for article, word in re.findall(r"\b(an?) ([a-z]+)", story, re.IGNORECASE):
        if (article.casefold() == "an") != bool(_VOWEL_SOUND.match(word)):
            yield f"Wrong article: {article} {word}"


def _hero(story: str) -> Iterator[str]:
    words = _WORD.findall(story)
    gender = lexicon().gender
    names = dict.fromkeys(word for word in words if word in gender)
    if not names:
        yield "Nobody has a name."
        return
    hero, *others = names
    yield from (f"{hero} is suddenly called {other}." for other in others)
    if hero not in sentences(story)[0]:
        yield f"{hero} is not introduced at the beginning."
    wrong = _PRONOUNS["she" if gender[hero] == "he" else "he"]
    if found := sorted({word.casefold() for word in words} & wrong):
        yield f"{hero} is a {gender[hero]}, but the story says: {', '.join(found)}."


def _coherence(story: str) -> Iterator[str]:
    known = lexicon()
    text = known.scenery.sub("…", story)
    # The first sentence is about the hero, who may well be a clever fox or a brave knight.
    after = text.partition(". ")[2]
    for role, phrases in (("helper", known.helpers), ("treasure", known.things)):
        first = [p for p in phrases if re.search(rf"\b{re.escape(p)}\b", after)]
        if len(first) > 1:
            yield f"There is more than one {role}: {', '.join(first)}."
        elif first:
            right = phrases[first[0]]
            nouns = "|".join(sorted(phrases.values(), key=len, reverse=True))
            later = set(re.findall(rf"\b(?:[Tt]he|my) ({nouns})\b", after))
            yield from (f"The {role} {right} turns into the {n}." for n in sorted(later - {right}))
    homes = [home for home in known.homes if re.search(rf"\b{home}\b", text)]
    if len(homes) > 1:
        yield f"The story moves between {', '.join(sorted(homes))}."
