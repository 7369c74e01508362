"""Noun phrases: determiner, adjective and noun in both languages, agreeing with one another."""

from __future__ import annotations

from random import Random
from typing import NamedTuple

from starters.translation.lexicon import Adjective, Lexicon, Noun
from starters.translation.morphology import (
    adjective_forms,
    english_plural,
    french_plural,
    starts_with_vowel,
)

HE, SHE, THEY, THEY_F = 2, 3, 5, 6
POSSESSIVES = {
    "my": ("mon", "ma", "mes"),
    "your": ("votre", "votre", "vos"),
    "his": ("son", "sa", "ses"),
    "her": ("son", "sa", "ses"),
    "our": ("notre", "notre", "nos"),
    "their": ("leur", "leur", "leurs"),
}
DEFINITE = ("the",) * 6 + ("this", "that") + tuple(POSSESSIVES) + ("my", "my")
DISTANT = ("the", "the", "the", "this", "that")
RESTRICTED = {"person", "place", "animal", "partner"}
FAMILY = (*POSSESSIVES, "my", "my", "my")


class Phrase(NamedTuple):
    """A noun phrase or pronoun; `en_person` and `fr_person` index the seven persons.

    The persons are I, you, he, she, we, they, they (feminine); the French one also tells the
    gender and number that adjectives and participles agree with.
    """

    en: str
    fr: str
    en_person: int
    fr_person: int


class Core(NamedTuple):
    """An adjective and noun without determiner; `kind` is singular, plural or mass."""

    en: str
    fr: str
    kind: str
    en_person: int
    fr_person: int
    vowel: bool
    leading: bool
    counted: bool
    close: bool


class Shape(NamedTuple):
    """What a determiner needs to know of the words after it."""

    vowel: bool
    en_person: int
    fr_person: int


SHAPES = tuple(
    Shape(vowel, en, fr)
    for vowel in (False, True)
    for en in (HE, SHE, THEY)
    for fr in (HE, SHE, THEY, THEY_F)
)


def _determiner(name: str, shape: Shape) -> tuple[str, str]:
    plural = shape.fr_person >= THEY
    feminine = shape.fr_person in {SHE, THEY_F}
    many = shape.en_person >= THEY
    if name == "the":
        return "the", "les" if plural else "la" if feminine else "le"
    if name in {"this", "that"}:
        english = {"this": "these", "that": "those"}[name] if many else name
        french = "ces" if plural else "cette" if feminine else "cet" if shape.vowel else "ce"
        return english, french
    masculine, female, several = POSSESSIVES[name]
    if plural:
        return name, several
    return name, female if feminine and not shape.vowel else masculine


def article(english: str) -> str:
    """Return "a" or "an", whichever `english` asks for."""
    vowel = english[0] in "aeiouAEIO" and not english.startswith(("uni", "use", "Europ", "one"))
    return "an" if vowel or english.startswith("honest") else "a"


class NounPhrases:
    """Draws noun phrases from tables of every noun with every adjective that suits it."""

    def __init__(self, lexicon: Lexicon) -> None:
        self.plain: dict[str, list[Core]] = {}
        self.described: dict[str, list[Core]] = {}
        fitting: dict[str, list[Adjective]] = {}
        for adjective in lexicon.adjectives:
            for category in adjective.categories:
                if adjective.position != "predicate":
                    fitting.setdefault(category, []).append(adjective)
        for noun in lexicon.nouns:
            for category in noun.categories:
                self.plain.setdefault(category, []).extend(cores(noun, None))
                for adjective in fitting.get(category, ()):
                    if noun.number != "d":
                        self.described.setdefault(category, []).extend(cores(noun, adjective))
        self.determiners = {
            (name, shape): _determiner(name, shape) for name in set(DEFINITE) for shape in SHAPES
        }
        self.numbers = tuple((row["en"], row["fr"]) for row in lexicon.numbers[:11])

    def core(self, random: Random, category: str, described: float = 0.3) -> Core:
        """Return a noun of `category`, with an adjective in a share `described` of the draws."""
        table = self.plain[category]
        if random.random() < described:
            table = self.described.get(category, table)
        core = table[int(random.random() * len(table))]
        if core.kind == "plural" and random.random() < 0.3:
            return table[int(random.random() * len(table))]
        return core

    def definite(self, random: Random, category: str, names: tuple[str, ...] = DEFINITE) -> Phrase:
        """Return a phrase such as "the old cat", "this cat" or "my cats"."""
        family = category == "family"
        core = self.core(random, category, 0.0 if family else 0.3)
        if family and names is DEFINITE:
            names = FAMILY if core.close else ("my", "your")
        elif category == "sky" or not (core.close or family):
            names = DISTANT if category != "sky" else ("the",)
        return self.with_definite(core, names[int(random.random() * len(names))])

    def with_definite(self, core: Core, name: str) -> Phrase:
        """Return `core` after the determiner `name`."""
        english, french = self.determiners[name, _shape(core)]
        return Phrase(f"{english} {core.en}", f"{french} {core.fr}", core.en_person, core.fr_person)

    def indefinite(self, random: Random, category: str, *, style: str = "some") -> Phrase:
        """Return "a cat", "some water", "two cats"; `style` is some, any, none or one.

        "any" is for questions, "none" follows a negated verb (French "de"), "one" is never
        partitive, so that it can follow "de" or "à".
        """
        core = self.core(random, category)
        if style == "one":
            while core.kind != "singular":
                core = self.core(random, category)
        en, fr, _, en_person, fr_person, *_ = core
        feminine = fr_person in {SHE, THEY_F}
        if core.kind == "singular":
            french = "de" if style == "none" else "une" if feminine else "un"
            return Phrase(f"{article(en)} {en}", f"{french} {fr}", en_person, fr_person)
        if core.kind == "plural" and fr_person < THEY:  # trousers: one garment in French
            french = "de" if style == "none" else "une" if feminine else "un"
            english = "some" if style == "some" else "any"
            return Phrase(f"{english} {en}", f"{french} {fr}", en_person, fr_person)
        if style == "none":
            return Phrase(f"any {en}", f"de {fr}", en_person, fr_person)
        draw = random.random()
        if draw < 0.15 and core.counted and core.kind == "plural":
            english, french = self.numbers[int(random.random() * len(self.numbers))]
        elif draw < 0.3:
            english = "a lot of" if draw < 0.22 else "many" if core.counted else "a lot of"
            french = "beaucoup de"
        else:
            english = "any" if style == "any" else "some" if draw < 0.75 else ""
            if fr_person >= THEY:
                french = "de" if core.leading else "des"
            else:
                french = "de la" if feminine or core.vowel else "de le"
        text = f"{english} {en}" if english else en
        return Phrase(text, f"{french} {fr}", en_person, fr_person)

    def general(self, random: Random, category: str) -> Phrase:
        """Return a whole kind: "cats" and "les chats", "milk" and "le lait"."""
        described = 0.0 if category == "subject" else 0.1
        core = self.core(random, category, described)
        while core.kind == "singular":
            core = self.core(random, category, described)
        french = self.determiners["the", _shape(core)][1]
        return Phrase(core.en, f"{french} {core.fr}", core.en_person, core.fr_person)


def _shape(core: Core) -> Shape:
    return Shape(core.vowel, core.en_person, core.fr_person)


def cores(noun: Noun, adjective: Adjective | None = None) -> list[Core]:
    """Return `noun` in each number it has, with `adjective` agreeing and in its place."""
    number = noun.number
    singular, plural = (HE, THEY) if noun.gender == "m" else (SHE, THEY_F)
    kinds = {
        "c": (("singular", HE, singular), ("plural", THEY, plural)),
        "m": (("mass", HE, singular),),
        "s": (("singular", HE, singular),),
        "d": (("singular", HE, singular),),
        "p": (("plural", THEY, plural),),
        "sp": (("mass", HE, plural),),
        "ps": (("plural", THEY, singular),),
    }[number]
    person = {"person", "family"} & set(noun.categories)
    found: list[Core] = []
    for kind, en_person, fr_person in kinds:
        en = english_plural(noun) if en_person == THEY else noun.en
        fr = noun.fr
        if fr_person >= THEY:
            fr = noun.fr_plural or french_plural(noun.fr)
        leading = False
        if adjective:
            en = f"{adjective.en} {en}"
            form = agree(adjective, fr_person)
            leading = adjective.position == "pre"
            if leading and fr_person == HE and adjective.before_vowel and starts_with_vowel(fr):
                form = adjective.before_vowel
            fr = f"{form} {fr}" if leading else f"{fr} {form}"
        found.append(
            Core(
                en,
                fr,
                kind,
                fr_person if person and en_person == HE else en_person,
                fr_person,
                starts_with_vowel(fr),
                leading,
                number == "c",
                not RESTRICTED & set(noun.categories) or "close" in noun.categories,
            )
        )
    return found


def agree(adjective: Adjective, person: int) -> str:
    """Return the form of `adjective` that agrees with a French person (I, you: masculine)."""
    masculine, feminine, several, female = adjective_forms(adjective)
    return (masculine, masculine, masculine, feminine, several, several, female)[person]
