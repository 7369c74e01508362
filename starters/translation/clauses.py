"""Clauses: a subject, a verb that suits it, an object that suits the verb, a place, a time."""

from __future__ import annotations

from random import Random

from starters.translation.lexicon import Adjective, Lexicon, Verb
from starters.translation.morphology import french_future, french_imperfect, french_present
from starters.translation.noun_phrase import HE, SHE, THEY, THEY_F, NounPhrases, Phrase, agree
from starters.translation.verb_phrase import (
    FRENCH_FORM,
    FREQUENCY,
    MODALS,
    TENSES_OF_KIND,
    Conjugated,
    conjugations,
    english,
    french,
    imperative,
)

Pair = tuple[str, str]
PRONOUNS = tuple(
    Phrase(en, fr, person, person)
    for person, (en, fr) in enumerate(
        (
            ("I", "je"),
            ("you", "vous"),
            ("he", "il"),
            ("she", "elle"),
            ("we", "nous"),
            ("they", "ils"),
        )
    )
)
PRONOUN_SHARE = (*PRONOUNS, PRONOUNS[0], PRONOUNS[0], PRONOUNS[4], PRONOUNS[1])
PEOPLE = {"person", "family"}
TENSE_SHARE = {
    "present": 9,
    "continuous": 8,
    "past": 10,
    "past_state": 8,
    "perfect": 3,
    "past_continuous": 2,
    "used_to": 1,
    "future": 6,
    "going": 4,
    "would_do": 1,
    **dict.fromkeys(MODALS, 1),
    "can": 3,
    "want": 3,
    "would": 3,
    "must": 2,
    "should": 2,
    "like": 2,
    "have_to": 2,
}
TIME_OF_TENSE = {
    "present": "habit",
    "continuous": "now",
    "past": "past",
    "past_state": "past",
    "future": "future",
    "going": "future",
    "would": "future",
    "can": "future",
    "must": "future",
    "want": "future",
    "have_to": "future",
    "should": "future",
}
UNCOMPARED = {"aspect", "subject", "sky", "feature"}
BETTER = ("meilleur",) * 3 + ("meilleure", "meilleurs", "meilleurs", "meilleures")
DEGREES = (
    ("very", "très"),
    ("too", "trop"),
    ("really", "vraiment"),
    ("so", "si"),
    ("a little", "un peu"),
    ("quite", "assez"),
)


class Clauses:
    """Draws clauses; each method returns English and French without capital or full stop."""

    def __init__(self, lexicon: Lexicon) -> None:
        self.nouns = NounPhrases(lexicon)
        self.verbs = tuple(v for v in lexicon.verbs if v.subjects[0] in PEOPLE)
        self.thing_verbs = tuple(v for v in lexicon.verbs if v.subjects[0] not in PEOPLE)
        self.table = conjugations(lexicon)
        self.be = {
            "present": (("am", "are", "is", "is", "are", "are", "are"), french_present("être")),
            "past": (
                ("was", "were", "was", "was", "were", "were", "were"),
                french_imperfect("être"),
            ),
            "future": (("will be",) * 7, french_future("être")),
        }
        self.tenses: dict[str, tuple[str, ...]] = {
            kind: tuple(t for t in tenses for _ in range(TENSE_SHARE[t]))
            for kind, tenses in TENSES_OF_KIND.items()
        }
        self.names = tuple(
            Phrase(row["name"], row["name"], *(((HE, HE), (SHE, SHE))[row["gender"] == "f"]))
            for row in lexicon.names
        )
        self.at = tuple((row["at"], row["fr"]) for row in lexicon.places)
        self.to = tuple((row["to"], row["fr"]) for row in lexicon.places if row["to"])
        self.cities = tuple(
            (row["at"].removeprefix("in "), row["fr"].removeprefix("à "))
            for row in lexicon.places
            if row["at"].startswith("in ") and row["fr"][:3] == f"à {row['fr'][2:3].upper()}"
        )
        self.times: dict[str, list[Pair]] = {}
        for row in lexicon.times:
            for when in ("past", "future") if row["when"] == "any" else (row["when"],):
                self.times.setdefault(when, []).append((row["en"], row["fr"]))
            if row["when"] == "any":
                self.times["now"] = [*self.times.get("now", []), (row["en"], row["fr"])]
        self._add_calendar(lexicon)
        self.predicates: dict[str, list[Adjective]] = {}
        self.forms = {}
        for adjective in lexicon.adjectives:
            self.forms[adjective] = tuple(agree(adjective, person) for person in range(7))
            for category in adjective.categories:
                self.predicates.setdefault(category, []).append(adjective)
        self.comparable = {
            category: [a for a in found if a.comparative != "-"]
            for category, found in self.predicates.items()
        }
        self.things = tuple(c for c in self.predicates if c not in PEOPLE and self.comparable[c])
        self.compared = tuple(
            c for c in self.things if c not in {"aspect", "subject", "sky", "feature"}
        )

    def _add_calendar(self, lexicon: Lexicon) -> None:
        days = [row for row in lexicon.calendar if row["kind"] == "day"]
        for row in days:
            en, fr = row["en"], row["fr"]
            self.times["past"].append((f"last {en}", f"{fr} dernier"))
            self.times["future"].append((f"next {en}", f"{fr} prochain"))
            self.times["future"].append((f"on {en}", fr))
            self.times["habit"].append((f"every {en}", f"tous les {fr}s"))
            self.times["habit"].append((f"on {en}s", f"le {fr}"))
        for row in lexicon.calendar[len(days) :]:
            self.times["future"].append((f"in {row['en']}", f"en {row['fr']}"))

    @staticmethod
    def pick(random: Random, table):
        """Return one entry of `table`."""
        return table[int(random.random() * len(table))]

    def subject(self, random: Random, categories: tuple[str, ...]) -> Phrase:
        """Return a pronoun, a name, a noun phrase or a pair of people."""
        category = self.pick(random, categories)
        if category not in PEOPLE:
            return self.nouns.definite(random, category)
        draw = random.random()
        if draw < 0.42:
            return self.pick(random, PRONOUN_SHARE)
        if draw < 0.56:
            return self.pick(random, self.names)
        if draw < 0.61:
            return self.together(
                self.nouns.definite(random, "family", ("my", "your")), self.pick(random, self.names)
            )
        if draw < 0.65:
            return self.owned(random, "family")
        return self.nouns.definite(random, category)

    @staticmethod
    def together(first: Phrase, second: Phrase) -> Phrase:
        """Return "my sister and Tom", feminine only if both are."""
        feminine = {first.fr_person, second.fr_person} <= {SHE, THEY_F}
        return Phrase(
            f"{first.en} and {second.en}",
            f"{first.fr} et {second.fr}",
            THEY,
            THEY_F if feminine else THEY,
        )

    def owned(self, random: Random, category: str) -> Phrase:
        """Return "Tom's car" or "my sister's car"."""
        core = self.nouns.core(random, category, 0.0)
        while category == "family" and not core.close:
            core = self.nouns.core(random, category, 0.0)
        thing = self.nouns.with_definite(core, "the")
        if random.random() < 0.5:
            owner = self.pick(random, self.names)
        else:
            owner = self.nouns.definite(random, "family", ("my", "your", "our"))
            if owner.en_person == THEY:
                owner = self.pick(random, self.names)
        english_thing = thing.en.removeprefix("the ")
        return Phrase(
            f"{owner.en}'s {english_thing}",
            f"{thing.fr} de {owner.fr}",
            thing.en_person,
            thing.fr_person,
        )

    def object(self, random: Random, verb: Verb, style: str) -> Phrase:
        """Return an object that suits `verb`; `style` is some, any, none or one."""
        category = self.pick(random, verb.objects)
        if category in {"sport", "subject"}:
            return self.nouns.general(random, category)
        if verb.en in {"like", "love", "hate"} and category not in PEOPLE:
            if category == "taste" or random.random() < 0.5:
                return self.nouns.general(random, category)
            return self.nouns.definite(random, category)
        if verb.fr.endswith((" à", " de", " pour")):
            style = "one"
        draw = random.random()
        if category in {"family", "sky", "transport", "secret"} or draw < 0.45:
            return self.nouns.definite(random, category)
        if draw < 0.52 and category not in PEOPLE:
            return self.owned(random, category)
        if verb.kind == "state" and verb.en not in {"have", "own", "want", "need"}:
            return self.nouns.definite(random, category)
        if category in {"aspect", "event", "person"} and style != "one":
            return self.nouns.definite(random, category)
        if style == "one" and category in {"drink", "foodmass", "audio", "clothes", "event"}:
            return self.nouns.definite(random, category)
        return self.nouns.indefinite(random, category, style=style)

    def drawn_verb(self, random: Random, tense: str | None = None) -> Conjugated:
        """Return a verb for people in `tense`, or in any tense that suits it."""
        while True:
            verb = self.pick(random, self.verbs)
            chosen = tense or self.pick(random, self.tenses[verb.kind])
            found = self.table.get((verb, chosen))
            if found and not (chosen == "past" and verb.en == "read"):
                return found

    def complement(
        self, random: Random, verb: Verb, tense: str, style: str, *, when: bool = True
    ) -> Pair:
        """Return object, place and time, each after a space, or nothing."""
        en = fr = ""
        if verb.objects:
            thing = self.object(random, verb, style)
            en, fr = f" {thing.en}", f" {thing.fr}"
        needs_place = verb.en in {"go", "live"}
        if verb.place and (needs_place or random.random() < (0.15 if verb.objects else 0.4)):
            place = self.pick(random, self.to if verb.place == "to" else self.at)
            en, fr = f"{en} {place[0]}", f"{fr} {place[1]}"
        if when and tense in TIME_OF_TENSE and verb.kind != "state" and random.random() < 0.3:
            time = self.pick(random, self.times[TIME_OF_TENSE[tense]])
            en, fr = f"{en} {time[0]}", f"{fr} {time[1]}"
        return en, fr

    def predicate(self, random: Random, subject: Phrase, found: Conjugated, mode: str) -> Pair:
        """Return a verb agreeing with `subject`, and what follows it."""
        style = "none" if mode in {"not", "never"} else "some"
        plain_time = mode in {"plain", "not"}
        en, fr = self.complement(random, found.verb, found.tense, style, when=plain_time)
        return found.en[mode][subject.en_person] + en, found.fr[mode][subject.fr_person] + fr

    def mode(self, random: Random, found: Conjugated) -> str:
        """Return plain, not, never or an adverb of frequency."""
        draw = random.random()
        if draw < 0.72 or len(found.en) == 1:
            return "plain"
        if draw < 0.9:
            return "not"
        extra = tuple(found.en)[1:]
        mode = self.pick(random, extra)
        return "plain" if found.verb.kind == "state" and mode in FREQUENCY else mode

    def statement(
        self, random: Random, *, tense: str | None = None, subject: Phrase | None = None
    ) -> Pair:
        """Return a clause with a verb of action or state."""
        found = self.drawn_verb(random, tense)
        if subject is None:
            subject = self.subject(random, found.verb.subjects)
        en, fr = self.predicate(random, subject, found, self.mode(random, found))
        return f"{subject.en} {en}", f"{subject.fr} {fr}"

    def working(self, random: Random) -> Pair:
        """Return what a thing does: "my phone works well"."""
        verb = self.pick(random, self.thing_verbs)
        found = self.table[verb, self.pick(random, self.tenses[verb.kind])]
        subject = self.subject(random, verb.subjects)
        en, fr = self.predicate(random, subject, found, self.mode(random, found))
        return f"{subject.en} {en}", f"{subject.fr} {fr}"

    def question(self, random: Random, word: Pair = ("", "")) -> Pair:
        """Return a question with est-ce que, after a question word if one is given."""
        while True:
            found = self.drawn_verb(random)
            if found.tense not in {"used_to", "perfect", "would_do", "wanted", "hope"}:
                break
        subject = self.pick(random, PRONOUN_SHARE[1:6])
        if random.random() < 0.3:
            subject = self.subject(random, found.verb.subjects)
        style = "some" if word[0] else "any"
        en, fr = self.complement(random, found.verb, found.tense, style, when=not word[0])
        asked = found.ask[subject.en_person]
        return (
            f"{word[0]} {asked.auxiliary} {subject.en} {asked.main}{en}".strip(),
            f"{word[1]} est-ce que {subject.fr} {found.fr['plain'][subject.fr_person]}{fr}".strip(),
        )

    def infinitive(self, random: Random, person: int = 0) -> Pair:
        """Return "buy a book" and "acheter un livre"."""
        while True:
            verb = self.pick(random, self.verbs)
            if verb.kind in {"action", "event"}:
                break
        en, fr = self.complement(random, verb, "", "some")
        base = english(verb.en, "can", "plain", person).removeprefix("can ")
        modal = french(verb, "going", "plain", person)
        return base + en, modal.partition(" ")[2] + fr

    def command(self, random: Random, *, negative: bool = False, together: bool = False) -> Pair:
        """Return an order to "vous" (or to "nous": let's)."""
        while True:
            verb = self.pick(random, self.verbs)
            if verb.kind in {"action", "event"}:
                break
        person = 4 if together else 1
        style = "none" if negative else "some"
        en, fr = self.complement(random, verb, "", style)
        base = english(verb.en, "can", "plain", person).removeprefix("can ")
        lead = ("let us not " if negative else "let's ") if together else "do not " * negative
        return f"{lead}{base}{en}", imperative(verb, negative=negative, together=together) + fr

    def quality(
        self,
        random: Random,
        *,
        subject: Phrase | None = None,
        category: str | None = None,
        tense: str | None = None,
    ) -> Pair:
        """Return "the shop is not very big": a subject, to be and an adjective."""
        if category is None:
            category = self.pick(random, self.things) if random.random() < 0.6 else "person"
        adjective = self.pick(random, self.predicates[category])
        if subject is None:
            if category == "person":
                subject = self.subject(random, ("person", "family"))
            else:
                subject = (
                    self.nouns.general(random, category)
                    if category == "subject"
                    else self.nouns.definite(random, category)
                )
        tense = (
            tense or ("present", "present", "present", "past", "future")[int(random.random() * 5)]
        )
        return self.linked(random, subject, adjective, tense)

    def linked(self, random: Random, subject: Phrase, adjective: Adjective, tense: str) -> Pair:
        """Return `subject` with to be in `tense` and `adjective`, perhaps negated or graded."""
        english_be, french_be = self.be[tense][0][subject.en_person], self.be[tense][1]
        form = french_be[FRENCH_FORM[subject.fr_person]]
        degree = ("", "")
        if adjective.comparative != "-" and random.random() < 0.4:
            degree = self.pick(random, DEGREES)
        if random.random() < 0.2 and degree[0] not in {"a little", "quite"}:
            auxiliary, _, rest = english_be.partition(" ")
            english_be = f"{auxiliary} not {rest}".strip()
            form = f"ne {form} pas"
        agreed = self.forms[adjective][subject.fr_person]
        en = " ".join(f"{subject.en} {english_be} {degree[0]} {adjective.en}".split())
        fr = " ".join(f"{subject.fr} {form} {degree[1]} {agreed}".split())
        return en, fr

    def comparison(self, random: Random) -> Pair:
        """Return "this phone is faster than my computer"."""
        category = self.pick(random, self.compared) if random.random() < 0.7 else "family"
        adjective = self.pick(random, self.comparable[category])
        if category == "family":
            first, second = self.subject(random, ("family",)), self.pick(random, self.names)
        else:
            core = self.nouns.core(random, category, 0.0)
            first = self.nouns.with_definite(core, "this" if random.random() < 0.5 else "the")
            if core.close:
                first = self.nouns.with_definite(core, self.pick(random, ("my", "our", "this")))
            if core.close and random.random() < 0.5:
                second = self.nouns.with_definite(core, self.pick(random, ("your", "his", "her")))
            else:
                second = self.nouns.with_definite(self.nouns.core(random, category, 0.0), "the")
        form = self.be["present"][1][FRENCH_FORM[first.fr_person]]
        agreed = self.forms[adjective][first.fr_person]
        draw = random.random()
        if draw < 0.15:
            word, than, agreed = f"less {adjective.en}", "than", f"moins {agreed}"
        elif draw < 0.35:
            word, than, agreed = f"as {adjective.en}", "as", f"aussi {agreed}"
        else:
            word, than = adjective.comparative or f"more {adjective.en}", "than"
            better = adjective.fr == "bon"
            agreed = BETTER[first.fr_person] if better else f"plus {agreed}"
        be = self.be["present"][0][first.en_person]
        return (
            f"{first.en} {be} {word} {than} {second.en}",
            f"{first.fr} {form} {agreed} que {second.fr}",
        )
