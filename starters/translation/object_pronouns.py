"""Verbs with an object pronoun: I see her, je la vois; she talked to us, elle nous a parlé."""

from __future__ import annotations

from typing import NamedTuple

from starters.translation.lexicon import Lexicon, Verb
from starters.translation.noun_phrase import HE, SHE, THEY
from starters.translation.verb_phrase import TENSES_OF_KIND, french

DIRECT = {"help", "call", "invite", "thank", "see", "wait for", "know", "follow", "meet", "love"}
INDIRECT = {"talk to", "write to", "reply to"}
TENSES = ("present", "past", "future", "going", "can", "want", "must", "would")
OBJECTS = (
    ("me", 0, "me", "me", ""),
    ("you", 1, "vous", "vous", ""),
    ("him", HE, "~le", "lui", ""),
    ("her", SHE, "~la", "lui", "e"),
    ("us", 4, "nous", "nous", "s"),
    ("them", THEY, "~les", "leur", "s"),
)


class Form(NamedTuple):
    """An English object pronoun, its person, plain or not, and the French verb by person."""

    en: str
    person: int
    mode: str
    fr: tuple[str, ...]


def object_pronouns(lexicon: Lexicon) -> tuple[tuple[tuple[Verb, str], tuple[Form, ...]], ...]:
    """Return, for each verb and tense, its forms with each object pronoun."""
    table = []
    for verb in lexicon.verbs:
        if verb.en not in DIRECT | INDIRECT or "person" not in verb.objects:
            continue
        direct = verb.en in DIRECT
        bare = verb if direct else Verb(**{**vars(verb), "fr": verb.fr.removesuffix(" à")})
        for tense in set(TENSES) & set(TENSES_OF_KIND[verb.kind]):
            forms = []
            for mode in ("plain", "plain", "not") if tense != "must" else ("plain",):
                for en, person, accusative, dative, agreement in OBJECTS:
                    clitic = accusative if direct else dative
                    added = agreement if direct else ""
                    persons = range(7)
                    fr = tuple(french(bare, tense, mode, p, clitic, added) for p in persons)
                    forms.append(Form(en, person, mode, fr))
            table.append(((verb, tense), tuple(forms)))
    return tuple(sorted(table, key=lambda row: (row[0][0].en, row[0][1])))
