"""Forms of English and French words, and how French words meet: elision and contraction."""

from __future__ import annotations

import re
from functools import cache

from starters.translation.lexicon import Adjective, Noun, load

VOWELS = "aeiouàâäéèêëîïôöùûüœhAEIOUÀÂÉÈÊÎÔÛŒ"
ETRE = {"aller", "venir", "revenir", "arriver", "partir", "sortir", "rentrer", "rester", "tomber"}
ENDINGS_IMPERFECT = ("ais", "ais", "ait", "ions", "iez", "aient")
ENDINGS_FUTURE = ("ai", "as", "a", "ons", "ez", "ont")

_ELIDED = re.compile(
    rf"(?<![-\w'])([jJdDnNsSmMtTlL]|[qQ]u|[jJ]usqu|[lL]orsqu|[pP]arce qu)e (?=~?[{VOWELS}])"
)
_ARTICLE = re.compile(rf"(?<![-\w'])([lL])a (?=[{VOWELS}])")
_IF_HE = re.compile(r"(?<![-\w'])([sS])i (?=ils?\b)")
_JOINED = re.compile(r"(?<![-\w'])([dD]e|[àÀ]) (les?) ")
_FUSED = {
    "de le": "du ",
    "De le": "Du ",
    "de les": "des ",
    "De les": "Des ",
    "à le": "au ",
    "À le": "Au ",
    "à les": "aux ",
    "À les": "Aux ",
}


def join_french(text: str) -> str:
    """Return `text` with elisions and contractions made and marks removed.

    `*` marks a word that refuses elision, `~` an object pronoun that refuses contraction.
    """
    text = _ELIDED.sub(r"\1'", text)
    text = _ARTICLE.sub(r"\1'", text)
    text = _IF_HE.sub(r"\1'", text)
    if " le" in text:
        text = _JOINED.sub(lambda found: _FUSED[f"{found[1]} {found[2]}"], text)
    return text.replace("*", "").replace("~", "")


def starts_with_vowel(french: str) -> bool:
    """Say whether the French word asks for elision, "cet" or "mon" before a feminine."""
    return french[0] in VOWELS


def english_plural(noun: Noun) -> str:
    """Return the English plural of `noun`."""
    word = noun.en
    if noun.en_plural:
        return noun.en_plural
    if word.endswith(("s", "x", "ch", "sh")):
        return word + "es"
    if word.endswith("y") and word[-2] not in "aeiou":
        return word[:-1] + "ies"
    return word + "s"


def french_plural(word: str) -> str:
    """Return the regular French plural of `word`."""
    if word.endswith(("s", "x", "z")):
        return word
    if word.endswith(("eau", "eu")):
        return word + "x"
    return word[:-2] + "aux" if word.endswith("al") else word + "s"


def adjective_forms(adjective: Adjective) -> tuple[str, str, str, str]:
    """Return masculine, feminine, masculine plural and feminine plural."""
    word = adjective.fr
    feminine = adjective.feminine or _feminine(word)
    invariable = feminine == word and adjective.masculine_plural == word
    plural = adjective.masculine_plural or (word + "s" if word == "bleu" else french_plural(word))
    return word, feminine, plural, feminine if invariable else feminine + "s"


def _feminine(word: str) -> str:
    for ending, replaced in (("er", "ère"), ("eux", "euse"), ("if", "ive"), ("el", "elle")):
        if word.endswith(ending):
            return word.removesuffix(ending) + replaced
    if word.endswith(("en", "on")):
        return word + "ne"
    return word if word.endswith("e") else word + "e"


def english_third_person(base: str) -> str:
    """Return the form after he, she or it."""
    if base in {"have", "be"}:
        return {"have": "has", "be": "is"}[base]
    if base.endswith(("s", "x", "ch", "sh", "o")):
        return base + "es"
    if base.endswith("y") and base[-2] not in "aeiou":
        return base[:-1] + "ies"
    return base + "s"


def english_past(base: str) -> str:
    """Return the simple past."""
    known = load().english_verbs.get(base)
    return known["past"] if known else _with_ed(base)


def english_participle(base: str) -> str:
    """Return the past participle."""
    known = load().english_verbs.get(base)
    return known["participle"] if known else _with_ed(base)


def english_gerund(base: str) -> str:
    """Return the -ing form."""
    known = load().english_verbs.get(base)
    if known:
        return known["gerund"]
    return base[:-1] + "ing" if base.endswith("e") and not base.endswith("ee") else base + "ing"


def _with_ed(base: str) -> str:
    if base.endswith("e"):
        return base + "d"
    if base.endswith("y") and base[-2] not in "aeiou":
        return base[:-1] + "ied"
    return base + "ed"


@cache
def french_present(infinitive: str) -> tuple[str, ...]:
    """Return the six present forms: je, tu, il, nous, vous, ils."""
    known = load().french_verbs.get(infinitive)
    if known:
        return tuple(known[person] for person in ("je", "tu", "il", "nous", "vous", "ils"))
    stem = infinitive[:-2]
    if infinitive.endswith("er"):
        soft = {"g": stem + "e", "c": stem[:-1] + "ç"}.get(stem[-1], stem)
        return (stem + "e", stem + "es", stem + "e", soft + "ons", stem + "ez", stem + "ent")
    if infinitive.endswith("ir"):
        return tuple(stem + end for end in ("is", "is", "it", "issons", "issez", "issent"))
    return tuple(stem + end for end in ("s", "s", "", "ons", "ez", "ent"))


@cache
def french_imperfect(infinitive: str) -> tuple[str, ...]:
    """Return the six imperfect forms."""
    stem = "ét" if infinitive == "être" else french_present(infinitive)[3][:-3]
    forms = [stem + ending for ending in ENDINGS_IMPERFECT]
    for place in (3, 4):
        forms[place] = forms[place].replace("gei", "gi").replace("çi", "ci")
    return tuple(forms)


@cache
def french_future(infinitive: str) -> tuple[str, ...]:
    """Return the six future forms."""
    return tuple(_future_stem(infinitive) + ending for ending in ENDINGS_FUTURE)


@cache
def french_conditional(infinitive: str) -> tuple[str, ...]:
    """Return the six conditional forms."""
    return tuple(_future_stem(infinitive) + ending for ending in ENDINGS_IMPERFECT)


def _future_stem(infinitive: str) -> str:
    known = load().french_verbs.get(infinitive)
    return known["future"] if known else infinitive.removesuffix("e")


@cache
def french_participle(infinitive: str) -> str:
    """Return the masculine singular past participle."""
    known = load().french_verbs.get(infinitive)
    if known:
        return known["participle"]
    ending = {"er": "é", "ir": "i", "re": "u"}[infinitive[-2:]]
    return infinitive[:-2] + ending
