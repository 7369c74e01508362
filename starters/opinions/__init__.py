"""What people say of things and services that the lab asks nobody about: remarks, by mood.

`remarks/*.txt` are written by hand: a line each, under the thing (`#`) and the mood (`##`).
"""

from __future__ import annotations

import random
from functools import cache
from pathlib import Path

from starters.feedback.data import overlaps_test

FOLDER = Path(__file__).parent / "remarks"
MOODS = {"good": 0.38, "bad": 0.38, "neutral": 0.24}
LENGTHS = {2: 0.4, 3: 0.3, 4: 0.3}


@cache
def remarks() -> dict[str, dict[str, tuple[str, ...]]]:
    """Return the remarks by thing and mood, without any that is too near to a test text."""
    found: dict[str, dict[str, list[str]]] = {}
    thing: dict[str, list[str]] = {}
    section: list[str] = []
    for file in sorted(FOLDER.glob("*.txt")):
        for line in filter(None, map(str.strip, file.read_text(encoding="utf-8").splitlines())):
            if line.startswith("## "):
                section = thing[line[3:]] = []
            elif line.startswith("# "):
                thing = found.setdefault(line[2:], {})
            elif not overlaps_test(line):
                section.append(line)
    return {
        thing: {mood: tuple(lines) for mood, lines in moods.items()}
        for thing, moods in found.items()
    }


def things() -> tuple[str, ...]:
    """Return all that there are remarks on."""
    return tuple(remarks())


def opinion(rng: random.Random, thing: str) -> str:
    """Return some remarks on one thing in one mood."""
    mood = rng.choices(list(MOODS), list(MOODS.values()))[0]
    count = rng.choices(list(LENGTHS), list(LENGTHS.values()))[0]
    return " ".join(map(_ended, rng.sample(remarks()[thing][mood], count)))


def _ended(remark: str) -> str:
    return remark if remark[-1] in ".!?" else f"{remark}."
