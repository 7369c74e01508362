"""Sentences: the patterns, their shares, and the last touches of spelling."""

from __future__ import annotations

from random import Random

from starters.translation.clauses import PEOPLE, PRONOUNS, TIME_OF_TENSE, Clauses, Pair
from starters.translation.lexicon import Lexicon
from starters.translation.morphology import join_french
from starters.translation.noun_phrase import HE, SHE, THEY, THEY_F, Phrase
from starters.translation.object_pronouns import object_pronouns
from starters.translation.templates import Templates
from starters.translation.wording import (
    ASKED,
    HOPES,
    LINKS,
    LOCATED,
    OPENERS,
    PREPOSITIONS,
    REASONS,
    SAYINGS,
    SHORT_ENDINGS,
    WEATHER,
    WORDS,
    shorten,
)


class Sentences:
    """Draws finished sentences in both languages.

    "You" is always "vous"; I, you, we and they are masculine; the simple past is passé composé
    for actions and imparfait for states.
    """

    def __init__(self, lexicon: Lexicon) -> None:
        self.clauses = Clauses(lexicon)
        self.templates = Templates(lexicon, self.clauses)
        self.phrases = lexicon.phrases
        shares = (
            (self._statement, 26),
            (self._quality, 10),
            (self._framed, 26),
            (self._question, 8),
            (self._command, 4),
            (self._comparison, 3),
            (self._located, 4),
            (self._two_clauses, 7),
            (self._antecedent, 3),
            (self._opened, 5),
            (self._reported, 5),
            (self._conditional, 3),
            (self._what, 2),
            (self._who, 2),
            (self._pronoun_object, 4),
            (self._working, 1),
            (self._phrase, 4),
        )
        self.objects = object_pronouns(lexicon)
        self.patterns = tuple(pattern for pattern, share in shares for _ in range(share))

    def draw(self, random: Random) -> Pair:
        """Return an English sentence and its French, spelled and punctuated."""
        pattern = self.patterns[int(random.random() * len(self.patterns))]
        english, french = pattern(random)
        if random.random() < 0.5:
            english = shorten(english)
        english, french = finish(english), finish(join_french(french))
        if random.random() < 0.05 and len(english) < 60:
            ending = SHORT_ENDINGS[int(random.random() * len(SHORT_ENDINGS))]
            english, french = f"{english} {ending[0]}", f"{french} {ending[1]}"
        return english, french

    def _statement(self, random: Random) -> Pair:
        return self.clauses.statement(random)

    def _quality(self, random: Random) -> Pair:
        en, fr = self.clauses.quality(random)
        if random.random() < 0.2 and " will be " in en:
            time = self.clauses.pick(random, self.clauses.times["future"])
            return f"{en} {time[0]}", f"{fr} {time[1]}"
        return en, fr

    def _working(self, random: Random) -> Pair:
        return self.clauses.working(random)

    def _framed(self, random: Random) -> Pair:
        return self.templates.draw(random)

    def _phrase(self, random: Random) -> Pair:
        return self.clauses.pick(random, self.phrases)

    def _comparison(self, random: Random) -> Pair:
        return self.clauses.comparison(random)

    def _question(self, random: Random) -> Pair:
        word = self.clauses.pick(random, WORDS) if random.random() < 0.4 else ("", "")
        en, fr = self.clauses.question(random, word)
        return f"{en}?", f"{fr} ?"

    def _command(self, random: Random) -> Pair:
        negative = random.random() < 0.3
        together = not negative and random.random() < 0.25
        en, fr = self.clauses.command(random, negative=negative, together=together)
        if together or random.random() < 0.4:
            return en, fr
        if random.random() < 0.5:
            return f"please {en}", f"{fr}, s'il vous plaît"
        return f"{en}, please", f"{fr}, s'il vous plaît"

    def _located(self, random: Random) -> Pair:
        pick, nouns = self.clauses.pick, self.clauses.nouns
        where = pick(random, PREPOSITIONS)
        home = nouns.definite(random, where[2], ("the", "the", "my", "this"))
        category = pick(random, LOCATED)
        draw = random.random()
        if draw < 0.45:
            thing = nouns.indefinite(random, category)
            be = "is" if thing.en_person == HE else "are"
            en, fr = f"there {be} {thing.en}", f"il y a {thing.fr}"
        elif draw < 0.55:
            thing = nouns.indefinite(random, category, style="none")
            be = "is" if thing.en_person == HE else "are"
            en, fr = f"there {be} not {thing.en}", f"il n'y a pas {thing.fr}"
        else:
            thing = nouns.definite(random, category)
            if draw > 0.9:
                be = "is" if thing.en_person == HE else "are"
                form = "sont" if thing.fr_person >= THEY else "est"
                return f"where {be} {thing.en}?", f"où {form} {thing.fr} ?"
            be = "is" if thing.en_person == HE else "are"
            form = "sont" if thing.fr_person >= THEY else "est"
            en, fr = f"{thing.en} {be}", f"{thing.fr} {form}"
        return f"{en} {where[0]} {home.en}", f"{fr} {where[1]} {home.fr}"

    def _two_clauses(self, random: Random) -> Pair:
        subject = self.clauses.subject(random, ("person", "family"))
        again = self._again(subject)
        first = self.clauses.statement(random, subject=subject)
        link = self.clauses.pick(random, LINKS)
        if random.random() < 0.5:
            second = self.clauses.statement(random, subject=again)
        else:
            second = self.clauses.quality(random, category="person", subject=again)
        return self._joined(first, link, second)

    @staticmethod
    def _joined(first: Pair, link: Pair, second: Pair) -> Pair:
        comma = "," if link[0] in {"but", "so"} else ""
        return (
            f"{first[0]}{comma} {link[0]} {second[0]}",
            f"{first[1]}{comma} {link[1]} {second[1]}",
        )

    def _antecedent(self, random: Random) -> Pair:
        """Return a clause about a thing, and another in which it is "it" or "they"."""
        clauses = self.clauses
        while True:
            found = clauses.drawn_verb(random)
            categories = [c for c in found.verb.objects if c in clauses.compared]
            if categories and not found.verb.fr.endswith((" à", " de")):
                break
        category = clauses.pick(random, tuple(categories))
        thing = clauses.nouns.definite(random, category)
        subject = clauses.subject(random, ("person",))
        plural = thing.fr_person >= THEY
        if plural != (thing.en_person >= THEY):
            return clauses.quality(random)
        french = ("elle", "elles")[plural] if thing.fr_person in {SHE, 6} else ("il", "ils")[plural]
        pronoun = Phrase("they" if plural else "it", french, thing.en_person, thing.fr_person)
        adjective = clauses.pick(random, clauses.predicates[category])
        mode = "plain" if random.random() < 0.8 or "not" not in found.en else "not"
        en = f"{subject.en} {found.en[mode][subject.en_person]} {thing.en}"
        fr = f"{subject.fr} {found.fr[mode][subject.fr_person]} {thing.fr}"
        second = clauses.linked(random, pronoun, adjective, "present")
        return self._joined((en, fr), clauses.pick(random, REASONS), second)

    def _opened(self, random: Random) -> Pair:
        if random.random() < 0.4:
            opener = self.clauses.pick(random, OPENERS)
            tense = None
        else:
            tense, when = self.clauses.pick(
                random,
                (
                    ("past", "past"),
                    ("future", "future"),
                    ("present", "habit"),
                    ("continuous", "now"),
                ),
            )
            time = self.clauses.pick(random, self.clauses.times[when])
            opener = (f"{time[0]},", f"{time[1]},")
        found = self.clauses.drawn_verb(random, tense)
        while found.verb.kind == "state":
            found = self.clauses.drawn_verb(random, tense)
        subject = self.clauses.subject(random, found.verb.subjects)
        mode = "plain" if random.random() < 0.85 or "not" not in found.en else "not"
        style = "some" if mode == "plain" else "none"
        en, fr = self.clauses.complement(random, found.verb, found.tense, style, when=False)
        return (
            f"{opener[0]} {subject.en} {found.en[mode][subject.en_person]}{en}",
            f"{opener[1]} {subject.fr} {found.fr[mode][subject.fr_person]}{fr}",
        )

    def _reported(self, random: Random) -> Pair:
        if random.random() < 0.15:
            saying = self.clauses.pick(random, HOPES)
            clause = self.clauses.statement(random, tense="future")
        else:
            saying = self.clauses.pick(random, SAYINGS)
            if random.random() < 0.5:
                clause = self.clauses.statement(random)
            else:
                clause = self.clauses.quality(random)
        mark = ("?", " ?") if saying[0].startswith("do ") else ("", "")
        lead = saying[0]
        if random.random() < 0.4 and not clause[0].startswith(("that ", "those ")):
            lead = lead.removesuffix(" that")
        return f"{lead} {clause[0]}{mark[0]}", f"{saying[1]} {clause[1]}{mark[1]}"

    def _conditional(self, random: Random) -> Pair:
        """Return "if it rains, I will stay at home" or "when I am tired, I sleep"."""
        clauses = self.clauses
        subject = clauses.subject(random, ("person", "family"))
        again = self._again(subject)
        if random.random() < 0.4:
            first = clauses.quality(random, category="person", subject=subject, tense="present")
        else:
            first = clauses.statement(random, tense="present", subject=subject)
        if random.random() < 0.2:
            first = clauses.pick(random, WEATHER)
            again = subject
        if random.random() < 0.5:
            second = clauses.statement(random, tense="future", subject=again)
            return f"if {first[0]}, {second[0]}", f"si {first[1]}, {second[1]}"
        second = clauses.statement(random, tense="present", subject=again)
        return f"when {first[0]}, {second[0]}", f"quand {first[1]}, {second[1]}"

    @staticmethod
    def _again(subject: Phrase) -> Phrase:
        """Return the pronoun that takes up `subject` in a second clause."""
        person = subject.fr_person
        return PRONOUNS[person] if person < THEY_F else Phrase("they", "elles", THEY, THEY_F)

    def _what(self, random: Random) -> Pair:
        """Return "what do you want to buy?"."""
        clauses = self.clauses
        while True:
            found = clauses.drawn_verb(random)
            direct = found.verb.objects and not found.verb.fr.endswith((" à", " de", " pour"))
            people = PEOPLE & set(found.verb.objects) or {"sport"} & set(found.verb.objects)
            if direct and not people and found.tense in ASKED and found.verb.kind == "action":
                break
        subject = clauses.subject(random, ("person", "person", "family"))
        asked = found.ask[subject.en_person]
        return (
            f"what {asked.auxiliary} {subject.en} {asked.main}?",
            f"qu'est-ce que {subject.fr} {found.fr['plain'][subject.fr_person]} ?",
        )

    def _who(self, random: Random) -> Pair:
        """Return "who is eating the cake?"."""
        found = self.clauses.drawn_verb(random)
        while found.tense not in {*ASKED, "would"} or "{" in found.verb.en:
            found = self.clauses.drawn_verb(random)
        en, fr = self.clauses.complement(random, found.verb, found.tense, "some")
        return f"who {found.en['plain'][HE]}{en}?", f"qui {found.fr['plain'][HE]}{fr} ?"

    def _pronoun_object(self, random: Random) -> Pair:
        """Return "I will call her tomorrow": a verb with an object pronoun."""
        clauses = self.clauses
        (verb, tense), forms = clauses.pick(random, self.objects)
        while True:
            subject = clauses.subject(random, ("person", "family"))
            en, person, mode, french_forms = clauses.pick(random, forms)
            speakers = {person, subject.fr_person}
            if not speakers <= {0, 4} and speakers != {1}:
                break
        time = ("", "")
        if tense in TIME_OF_TENSE and verb.kind != "state" and random.random() < 0.4:
            time = clauses.pick(random, clauses.times[TIME_OF_TENSE[tense]])
        found = clauses.table[verb, tense]
        return (
            f"{subject.en} {found.en[mode][subject.en_person]} {en} {time[0]}".strip(),
            f"{subject.fr} {french_forms[subject.fr_person]} {time[1]}".strip(),
        )


def finish(text: str) -> str:
    """Return `text` with a capital and an end mark."""
    text = text[0].upper() + text[1:]
    return text if text[-1] in ".?!" else text + "."
