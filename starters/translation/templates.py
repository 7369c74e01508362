"""Sentence frames kept as data: fixed words around slots that the grammar fills.

A slot is `{n=the:device}` (name, kind, category). `{n}` repeats what was drawn, in either
language; `{n:is/are}` picks by number, four forms pick by gender and number, `{n@être}` conjugates
a French verb and `{n@être.imperfect}` in another tense.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random

from starters.translation.clauses import Clauses, Pair
from starters.translation.lexicon import Lexicon
from starters.translation.morphology import (
    french_conditional,
    french_future,
    french_imperfect,
    french_present,
)
from starters.translation.noun_phrase import HE, THEY, THEY_F, Phrase
from starters.translation.verb_phrase import FRENCH_FORM

SLOT = re.compile(r"\{(\w+)(?:=(\w+)(?::([\w ]+))?)?(?:([:@])([^}]*))?\}")
BY = (("car", "voiture"), ("bus", "bus"), ("train", "train"), ("plane", "avion"), ("taxi", "taxi"))
GENDER_NUMBER = (0, 0, 0, 1, 2, 2, 3)
TENSES = {
    "": french_present,
    "imperfect": french_imperfect,
    "future": french_future,
    "conditional": french_conditional,
}
Fill = Callable[[dict[str, Phrase]], str]


class TemplateError(ValueError):
    """A frame in templates.csv names a slot that it does not draw."""


class Templates:
    """Draws sentences from the frames of templates.csv, by weight."""

    def __init__(self, lexicon: Lexicon, clauses: Clauses) -> None:
        self.clauses = clauses
        self.hours = tuple((row["en"], row["fr"]) for row in lexicon.numbers[:9])
        self.numbers = tuple((row["en"], row["fr"]) for row in lexicon.numbers)
        self.calendar = {
            kind: tuple((r["en"], r["fr"]) for r in lexicon.calendar if r["kind"] == kind)
            for kind in ("day", "month")
        }
        self.frames = tuple(
            self._frame(en, fr) for en, fr, weight in lexicon.templates for _ in range(weight)
        )

    def draw(self, random: Random) -> Pair:
        """Return a sentence with its end mark, before elision."""
        draws, english, french = self.frames[int(random.random() * len(self.frames))]
        while True:
            drawn = {name: self._slot(random, kind, category) for name, kind, category in draws}
            if len({phrase.fr for phrase in drawn.values()}) == len(drawn):
                break
        return (
            "".join([part if isinstance(part, str) else part(drawn) for part in english]),
            "".join([part if isinstance(part, str) else part(drawn) for part in french]),
        )

    def _slot(self, random: Random, kind: str, category: str) -> Phrase:
        nouns, clauses = self.clauses.nouns, self.clauses
        if category:
            category = clauses.pick(random, category.split())
        if kind in {"the", "a", "some", "any", "none"}:
            if kind == "the":
                return nouns.definite(random, category)
            style = "one" if kind == "a" else kind
            return nouns.indefinite(random, category, style=style)
        if kind in {"my", "our", "your"}:
            return nouns.definite(random, category, (kind,))
        if kind == "only":
            return nouns.definite(random, category, ("the",))
        if kind == "kind":
            return nouns.general(random, category)
        if kind == "this":
            return nouns.definite(random, category, ("this", "that"))
        if kind == "counted":
            core = nouns.core(random, category)
            while core.kind != "plural" or not core.counted:
                core = nouns.core(random, category)
            return Phrase(core.en, core.fr, core.en_person, core.fr_person)
        if kind == "bare":
            core = nouns.core(random, category, 0.0)
            while core.kind != "singular":
                core = nouns.core(random, category, 0.0)
            bare = nouns.with_definite(core, "the")
            return bare._replace(en=core.en)
        if kind == "subject":
            return clauses.subject(random, ("person", "family"))
        if kind == "name":
            return clauses.pick(random, clauses.names)
        if kind == "do":
            pair = clauses.infinitive(random)
        else:
            table = {
                "at": clauses.at,
                "to": clauses.to,
                "hour": self.hours,
                "number": self.numbers,
                "age": self.numbers[3:18],
                "by": BY,
                "city": clauses.cities,
                **self.calendar,
                **clauses.times,
            }[kind]
            pair = clauses.pick(random, table)
        return Phrase(*pair, THEY, THEY)

    def _frame(self, english: str, french: str) -> tuple[list, list, list]:
        draws = [(m[1], m[2], m[3] or "") for m in SLOT.finditer(english) if m[2]]
        known = {name for name, *_ in draws}
        used = {found[1] for text in (english, french) for found in SLOT.finditer(text)}
        if used - known:
            raise TemplateError(f"templates.csv: {english}: {sorted(used - known)} is not drawn")
        return draws, self._parts(english, english=True), self._parts(french, english=False)

    def _parts(self, text: str, *, english: bool) -> list[str | Fill]:
        parts: list[str | Fill] = []
        end = 0
        for found in SLOT.finditer(text):
            parts.append(text[end : found.start()])
            parts.append(_fill(found, english=english))
            end = found.end()
        parts.append(text[end:])
        return [part for part in parts if part != ""]


def _fill(found: re.Match[str], *, english: bool) -> Fill:
    name, sign, argument = found[1], found[4], found[5]
    if sign == "@":
        verb, _, tense = argument.partition(".")
        forms = TENSES[tense](verb)
        return lambda drawn: forms[FRENCH_FORM[drawn[name].fr_person]]
    if sign == ":":
        options = argument.split("/")
        if english and len(options) == 3:
            return lambda drawn: options[(0, 1, 2, 2, 1, 1, 1)[drawn[name].en_person]]
        if english:
            return lambda drawn: options[drawn[name].en_person not in {HE, HE + 1}]
        if len(options) == 4:
            return lambda drawn: options[GENDER_NUMBER[drawn[name].fr_person]]
        return lambda drawn: options[drawn[name].fr_person in {THEY, THEY_F}]
    if english:
        return lambda drawn: drawn[name].en
    return lambda drawn: drawn[name].fr
