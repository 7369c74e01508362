"""The phrases of customer feedback, read from `lexicon/`, and how their places are filled."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from starters.summaries.wording import Patterns, draw, load

FOLDER = Path(__file__).parent / "lexicon"
PRODUCT_FILES = ("bus_ticket_app", "coffee_machine", "running_shoes")
SINGULAR = {"it": "it", "obj": "it", "is": "is", "was": "was", "does": "does", "s": "s"}
PLURAL = {"it": "they", "obj": "them", "is": "are", "was": "were", "does": "do", "s": ""}

_DEGREE_BEFORE_NOUN = re.compile(r"\b(?:very|really|so|just|extremely|pretty|totally) (?=an? )")


@dataclass(frozen=True)
class Product:
    """One product and what is said of it; an aspect has patterns for `good` and for `bad`."""

    name: str
    plural: bool
    things: tuple[str, ...]
    nouns: tuple[str, ...]
    emoji: tuple[str, ...]
    openings: Patterns
    aspects: dict[str, dict[str, Patterns]]
    questions: Patterns
    facts: Patterns
    sarcasm: Patterns


@cache
def products() -> tuple[Product, ...]:
    """Return the three products, in the order of their files."""
    return tuple(_product(load(FOLDER / f"{name}.yaml")) for name in PRODUCT_FILES)


@cache
def common() -> dict[str, Any]:
    """Return the phrases that fit every product, by the name of their block."""
    blocks = load(FOLDER / "common.yaml")
    assert isinstance(blocks, dict)
    return blocks


def _product(found: dict[str, Any]) -> Product:
    lists = {name: tuple(found[name]) for name in ("things", "nouns", "emoji")}
    blocks = {name: found[name] for name in ("openings", "aspects", "questions", "facts")}
    return Product(
        name=found["product"], plural=found["plural"], sarcasm=found["sarcasm"], **lists, **blocks
    )


class Places(dict[str, str]):
    """What fills the places of one phrase: given facts, and words drawn when they are asked for.

    A 2 at the end asks for another word of the same list, `_word` for one without a space.
    """

    def __init__(self, rng: random.Random, product: Product, facts: dict[str, str]) -> None:
        super().__init__(PLURAL if product.plural else SINGULAR)
        self._rng, self._product = rng, product
        self["this"] = "these" if product.plural else "this"
        self.update(facts)

    def __missing__(self, place: str) -> str:
        name = place.removesuffix("_word")
        words: Sequence[str]
        kind = name.removesuffix("2")
        if kind in ("thing", "noun"):
            words = self._product.things if kind == "thing" else self._product.nouns
        else:
            words = common()["words"][kind]
        allowed = [word for word in words if " " not in word] if place != name else words
        taken = set(self.values()) if kind != "n" else set()
        self[place] = self._rng.choice([word for word in allowed if word not in taken] or allowed)
        return self[place]


def phrase(rng: random.Random, block: Patterns, product: Product, **facts: str) -> str:
    """Return one phrase of `block` with its places filled."""
    filled = draw(rng, block).format_map(Places(rng, product, facts))
    return _DEGREE_BEFORE_NOUN.sub("", " ".join(filled.split()))
