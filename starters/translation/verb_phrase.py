"""Verb phrases: every verb in every tense, person, negation and adverb, in both languages.

Tables are made once, so that drawing a sentence only looks words up.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from starters.translation.lexicon import Lexicon, Verb
from starters.translation.morphology import (
    ETRE,
    english_gerund,
    english_participle,
    english_past,
    english_third_person,
    french_conditional,
    french_future,
    french_imperfect,
    french_participle,
    french_present,
)
from starters.translation.noun_phrase import HE, SHE

FRENCH_FORM = (0, 4, 2, 2, 3, 5, 5)
PARTITIVE = re.compile(r"^(une?|des|du|de la|de l') ?")
REFLEXIVE = ("me", "vous", "se", "se", "nous", "se", "se")
AGREEMENT = ("", "", "", "e", "s", "s", "es")
EN_POSSESSIVE = ("my", "your", "his", "her", "our", "their", "their")
FR_POSSESSIVE = {
    "ma": ("ma", "votre", "sa", "sa", "notre", "leur", "leur"),
    "mes": ("mes", "vos", "ses", "ses", "nos", "leurs", "leurs"),
}

# Each modal: English (I form, he form, question word or none), French verb, form, link.
MODALS = {
    "can": ("can", "can", "can", "pouvoir", french_present, ""),
    "could": ("could", "could", "could", "pouvoir", french_conditional, ""),
    "must": ("must", "must", "must", "devoir", french_present, ""),
    "should": ("should", "should", "should", "devoir", french_conditional, ""),
    "would": ("would like to", "would like to", "would", "vouloir", french_conditional, ""),
    "want": ("want to", "wants to", None, "vouloir", french_present, ""),
    "wanted": ("wanted to", "wanted to", None, "vouloir", french_imperfect, ""),
    "like": ("like to", "likes to", None, "aimer", french_present, ""),
    "love": ("love to", "loves to", None, "adorer", french_present, ""),
    "hate": ("hate to", "hates to", None, "détester", french_present, ""),
    "prefer": ("prefer to", "prefers to", None, "préférer", french_present, ""),
    "hope": ("hope to", "hopes to", None, "espérer", french_present, ""),
    "try": ("try to", "tries to", None, "essayer", french_present, "de"),
    "need": ("need to", "needs to", None, "avoir besoin", french_present, "de"),
    "have_to": ("have to", "has to", None, "devoir", french_present, ""),
    "can_future": ("will be able to", "will be able to", "will", "pouvoir", french_future, ""),
}
NO_NEGATIVE = {"must", "hope", "have_to", "try"}
SIMPLE = ("present", "continuous", "past", "perfect", "past_continuous", "used_to", "future")
TENSES = (*SIMPLE, "going", "would_do", *MODALS)
FREQUENCY = {
    "always": "toujours",
    "often": "souvent",
    "sometimes": "parfois",
    "rarely": "rarement",
    "also": "aussi",
    "really": "vraiment",
    "still": "encore",
}
TENSES_OF_KIND = {
    "action": tuple(tense for tense in TENSES),
    "event": tuple(t for t in TENSES if t not in {"continuous", "past_continuous"}),
    "mishap": ("present", "past", "perfect", "future", "going"),
    "arrival": (
        *("present", "past", "perfect", "future", "going"),
        *("can", "could", "must", "should", "want", "wanted", "would", "hope", "have_to"),
    ),
    "state": ("present", "past", "future", "used_to", "going"),
    "thing": ("present", "past_state", "future"),
    "breakdown": ("past", "perfect", "future", "going"),
}


class English(NamedTuple):
    """An English verb split for questions: "does" and "eat", or "" and "eats"."""

    auxiliary: str
    main: str


class Conjugated(NamedTuple):
    """One verb in one tense: strings indexed by person, objects left to the caller."""

    verb: Verb
    tense: str
    en: dict[str, tuple[str, ...]]
    fr: dict[str, tuple[str, ...]]
    ask: tuple[English, ...]


def conjugate(verb: Verb, tense: str) -> Conjugated:
    """Return `verb` in `tense`, plain, negated and with adverbs, for the seven persons."""
    modes = ["plain"]
    if tense not in NO_NEGATIVE:
        modes.append("not")
    if tense in {"present", "past", "perfect", "future"}:
        modes.append("never")
    if tense == "present":
        modes.extend(FREQUENCY)
    persons = range(7)
    return Conjugated(
        verb,
        tense,
        {mode: tuple(english(verb.en, tense, mode, p) for p in persons) for mode in modes},
        {mode: tuple(french(verb, tense, mode, p) for p in persons) for mode in modes},
        tuple(english_question(verb.en, tense, p) for p in persons),
    )


def _english_parts(base: str, tense: str, person: int) -> tuple[str, str, str]:
    """Return the auxiliary used in not and questions, what follows it, and the plain form."""
    head, _, tail = base.partition(" ")
    tail = f" {tail}" if tail else ""
    third = person in {HE, SHE}
    be = "am" if person == 0 else "is" if third else "are"
    was = "was" if third or person == 0 else "were"
    if head == "be" and tense in {"present", "past"}:
        form = be if tense == "present" else was
        return form, tail.strip(), form + tail
    if tense in MODALS:
        mine, his, asked, *_ = MODALS[tense]
        plain = his if third else mine
        if asked:
            rest = plain.removeprefix(asked).strip()
            return asked, f"{rest} {base}".strip(), f"{plain} {base}"
        if tense == "wanted":
            return "did", f"want to {base}", f"wanted to {base}"
        return "does" if third else "do", f"{mine} {base}", f"{plain} {base}"
    gerund = english_gerund(head) + tail
    participle = english_participle(head) + tail
    have = "has" if third else "have"
    plain_third = english_third_person(head) + tail
    table = {
        "present": ("does" if third else "do", base, plain_third if third else base),
        "past": ("did", base, english_past(head) + tail),
        "used_to": ("did", f"use to {base}", f"used to {base}"),
        "continuous": (be, gerund, f"{be} {gerund}"),
        "past_continuous": (was, gerund, f"{was} {gerund}"),
        "perfect": (have, participle, f"{have} {participle}"),
        "future": ("will", base, f"will {base}"),
        "would_do": ("would", base, f"would {base}"),
        "going": (be, f"going to {base}", f"{be} going to {base}"),
    }
    return table["past" if tense == "past_state" else tense]


def english(base: str, tense: str, mode: str, person: int) -> str:
    """Return an English verb after its subject."""
    auxiliary, rest, plain = _english_parts(base, tense, person)
    if mode == "plain":
        text = plain
    elif mode == "not":
        text = f"{auxiliary} not {rest}"
    elif tense in {"present", "past", "past_state"} and not base.startswith("be "):
        text = f"{mode} {plain}"
    else:
        text = f"{auxiliary} {mode} {rest}"
    return text.replace("{my}", EN_POSSESSIVE[person])


def english_question(base: str, tense: str, person: int) -> English:
    """Return what stands before and after the subject of a question."""
    auxiliary, rest, _ = _english_parts(base, tense, person)
    return English(auxiliary, rest.replace("{my}", EN_POSSESSIVE[person]))


class _French(NamedTuple):
    head: str
    tail: str
    reflexive: bool
    well: bool


def _french_parts(text: str) -> _French:
    well = text.startswith("bien ")
    text = text.removeprefix("bien ")
    reflexive = text.startswith(("se ", "s'"))
    text = text.removeprefix("se ").removeprefix("s'")
    head, _, tail = text.partition(" ")
    return _French(head, tail, reflexive, well)


def participle(head: str, tail: str, reflexive: bool, person: int) -> str:
    """Return the past participle, agreeing where the auxiliary is être.

    After a reflexive with a direct object ("se laver les mains") nothing agrees.
    """
    form = french_participle(head)
    agrees = head in ETRE or (reflexive and not tail.startswith("les "))
    return form + AGREEMENT[person] if agrees else form


def _negated(head: str, tail: str) -> str:
    """Return "de sport" for "du sport"; instruments and places keep their article."""
    return tail if head in {"jouer", "partir"} else PARTITIVE.sub("de ", tail)


def french(
    verb: Verb, tense: str, mode: str, person: int, clitic: str = "", agreement: str = ""
) -> str:
    """Return a French verb after its subject, with clitics, negation and adverb in place.

    `clitic` is an object pronoun, `agreement` what it adds to a participle after avoir.
    """
    head, tail, reflexive, well = _french_parts(verb.fr)
    form = FRENCH_FORM[person]
    if mode in {"not", "never"}:
        tail = _negated(head, tail)
    pronoun = REFLEXIVE[person] if reflexive else clitic
    well_word = "bien" if well and not (mode == "not" and head == "aimer") else ""
    infinitive = f"{well_word} {pronoun} {head}"
    if tense == "past_state" or (tense == "past" and verb.kind == "state"):
        tense = "used_to"
    if tense in MODALS or tense == "going":
        modal, build, link = "aller", french_present, ""
        if tense in MODALS:
            modal, build, link = MODALS[tense][3:]
        modal, _, modal_tail = modal.partition(" ")
        finite, rest, before = build(modal)[form], f"{link} {infinitive}", ""
        after = modal_tail
    elif tense in {"past", "perfect"}:
        auxiliary = "être" if reflexive or head in ETRE else "avoir"
        finite = french_present(auxiliary)[form]
        rest = f"{well_word} {participle(head, tail, reflexive, person)}{agreement}"
        before, after = pronoun, ""
    else:
        build = {
            "future": french_future,
            "would_do": french_conditional,
            "used_to": french_imperfect,
            "past_continuous": french_imperfect,
        }.get(tense, french_present)
        finite, rest, before, after = build(head)[form], well_word, pronoun, ""
    adverb = {"not": "pas", "never": "jamais"}.get(mode, FREQUENCY.get(mode, ""))
    ne = "ne" if mode in {"not", "never"} else ""
    parts = f"{ne} {before} {finite} {adverb} {after} {rest} {tail}".split()
    text = " ".join(parts)
    for mark, forms in FR_POSSESSIVE.items():
        text = text.replace(f"{{{mark}}}", forms[person])
    return text


def imperative(verb: Verb, *, negative: bool = False, together: bool = False) -> str:
    """Return the French imperative for vous, or for nous if `together`."""
    head, tail, reflexive, well = _french_parts(verb.fr)
    person = 4 if together else 1
    finite = french_present(head)[FRENCH_FORM[person]]
    pronoun = REFLEXIVE[person] if reflexive else ""
    well_word = "bien" if well else ""
    if negative:
        tail = _negated(head, tail)
        text = " ".join(f"ne {pronoun} {finite} pas {well_word} {tail}".split())
    else:
        joined = f"{finite}-{pronoun}" if pronoun else finite
        text = " ".join(f"{joined} {well_word} {tail}".split())
    for mark, forms in FR_POSSESSIVE.items():
        text = text.replace(f"{{{mark}}}", forms[person])
    return text


def conjugations(lexicon: Lexicon) -> dict[tuple[Verb, str], Conjugated]:
    """Return the table of every verb in every tense that suits it."""
    return {
        (verb, tense): conjugate(verb, tense)
        for verb in lexicon.verbs
        for tense in TENSES_OF_KIND[verb.kind]
    }
