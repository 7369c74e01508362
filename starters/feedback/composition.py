"""What a customer says, sentence by sentence, before it gets a voice."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from starters.feedback.lexicon import Product, common, phrase
from starters.summaries.wording import Patterns, sentence

Side = Literal["good", "bad"]
Form = Literal[
    "plain", "doubts", "nearly", "sarcasm", "both sides", "lukewarm", "question", "fact", "curt"
]

LABELS = ("negative", "neutral", "positive")
SIDES: dict[str, Side] = {"positive": "good", "negative": "bad"}

# A clause without a verb of its own stands alone: "no grip at all".
_FRAGMENT = re.compile(
    r"(?:no|a|an|far|much|way|totally|over|worth|well|really worth|comfortable|finally|at last"
    r"|cheap|poor|thin|cheaper|better|nothing but|never|one|set|three|two|for that|for the"
    r"|simply|by far|the best|the worst|keep|stay|avoid|do not|save|shame|thanks"
    r"|thank|many|all I|how) "
)


@dataclass(frozen=True)
class Draft:
    """Sentences that say what a label means of a product, in the `form` they say it."""

    label: str
    product: Product
    form: Form
    sentences: tuple[str, ...]


class Talk:
    """One customer on one product: no aspect is judged twice before each was judged once."""

    def __init__(self, rng: random.Random, product: Product) -> None:
        self.rng, self.product = rng, product
        self._aspects: list[str] = []

    def say(self, block: str, **facts: str) -> str:
        """Return a phrase of a block that fits every product."""
        return phrase(self.rng, common()[block], self.product, **facts)

    def own(self, block: Patterns) -> str:
        """Return a phrase of a block of this product."""
        return phrase(self.rng, block, self.product)

    def clause(self, side: Side, *, whole: bool = False) -> str:
        """Return an opinion of one aspect; a `whole` one has a subject and a verb."""
        if not self._aspects:
            self._aspects = self.rng.sample(list(self.product.aspects), len(self.product.aspects))
        aspect = self.product.aspects[self._aspects.pop()]
        while _FRAGMENT.match(clause := self.own(aspect[side])) and whole:
            continue
        return clause

    def opinion(self, side: Side) -> str:
        """Return one sentence of praise or of complaint."""
        if self.rng.random() < 0.45:
            name = f"{side}_by_negation" if self.rng.random() < 0.3 else side
            return f"{self.say(name)}."
        clause = self.clause(side)
        if _FRAGMENT.match(clause):
            return f"{clause}."
        return self.say(f"around_{side}", clause=clause, clause2=self.clause(side, whole=True))


def compose(rng: random.Random, label: str, product: Product, *, curt: bool, long: bool) -> Draft:
    """Return what a customer with this verdict says; `curt` and `long` decide how much."""
    talk = Talk(rng, product)
    side = SIDES.get(label)
    if curt:
        parts = [talk.say(f"curt_{side or 'neutral'}", question=talk.own(product.questions))]
        if side and rng.random() < 0.4:
            parts.append(talk.say(f"curt_{side}"))
        return _draft(label, product, "curt", parts)
    if side:
        form, parts = _verdict(talk, side, more=long)
        asked = False
    else:
        form, parts = _no_verdict(talk)
        asked = form in ("question", "fact")
    if rng.random() < (0.7 if long else 0.3):
        parts.insert(0, talk.own(product.openings))
    if long:
        for _ in range(rng.choice((1, 2, 2))):
            parts.insert(rng.randint(0, len(parts)), talk.say("small_talk"))
        if rng.random() < 0.3:
            parts.insert(0, talk.say("long_start"))
    if not asked and rng.random() < 0.5:
        parts.append(talk.say(f"end_{side or 'neutral'}"))
    return _draft(label, product, form, parts)


def _verdict(talk: Talk, side: Side, *, more: bool) -> tuple[Form, list[str]]:
    rng = talk.rng
    forms: dict[Form, float] = {"plain": 0.72, "doubts": 0.18, "nearly": 0.1}
    if side == "bad":
        forms = {"plain": 0.57, "doubts": 0.16, "nearly": 0.09, "sarcasm": 0.18}
    form = rng.choices(list(forms), list(forms.values()))[0]
    count = rng.choices((1, 2, 3), (0.35, 0.42, 0.23))[0] + more
    if form == "sarcasm":
        rest = [talk.opinion(side)] if more or rng.random() < 0.35 else []
        return form, [talk.own(talk.product.sarcasm), *rest]
    if form == "plain":
        return form, [talk.opinion(side) for _ in range(count)]
    good, bad = talk.clause("good", whole=True), talk.clause("bad", whole=True)
    clauses = {"clause_good": good, "clause_bad": bad}
    if form == "doubts":
        block = "doubts_gone" if side == "good" else "hopes_gone"
        first = talk.say(block, clause=talk.clause(side, whole=True), **clauses)
        return form, [first, *(talk.opinion(side) for _ in range(count - 1))]
    block = "small_complaint" if side == "good" else "small_praise"
    opinions = [talk.opinion(side) for _ in range(min(count, 2) + 1)]
    opinions.insert(rng.randint(1, len(opinions)), talk.say(block, **clauses))
    return form, opinions


def _no_verdict(talk: Talk) -> tuple[Form, list[str]]:
    rng, product = talk.rng, talk.product
    forms: dict[Form, Callable[[], str]] = {
        "both sides": lambda: talk.say(
            "both_sides",
            clause_good=talk.clause("good", whole=True),
            clause_bad=talk.clause("bad", whole=True),
        ),
        "lukewarm": lambda: talk.say("lukewarm"),
        "question": lambda: talk.say("plain_question", question=talk.own(product.questions)),
        "fact": lambda: talk.own(product.facts) if rng.random() < 0.7 else talk.say("plain_fact"),
    }
    form = rng.choices(list(forms), (0.4, 0.2, 0.2, 0.2))[0]
    parts = [forms[form]()]
    if rng.random() < {"both sides": 0.25, "lukewarm": 0.35}.get(form, 0.3):
        other: Form = {"both sides": "lukewarm", "lukewarm": "both sides"}.get(form, "fact")
        if (added := forms[other]()) not in parts:
            parts.insert(rng.randint(0, 1), added)
    return form, parts


def _draft(label: str, product: Product, form: Form, parts: list[str]) -> Draft:
    return Draft(label, product, form, tuple(map(_sentences, dict.fromkeys(parts))))


def _sentences(text: str) -> str:
    """Return `text`, of one sentence or several, each with a capital letter at its start."""
    text = re.sub(r"([.!?]) ([a-z])", lambda found: f"{found[1]} {found[2].upper()}", text)
    return sentence(re.sub(r"([!?])\.$", r"\1", text))
