"""Small local news items with their one-sentence summaries."""

from __future__ import annotations

import random
from functools import cache
from pathlib import Path
from typing import Any

from starters.splits import Example
from starters.summaries.wording import draw, load, polish, sentence

ARROW = " => "
COUNTS = (12, 15, 18, 24, 30, 36, 45, 52, 60, 75, 80, 90)
SUMS = ("2,000", "5,000", "8,000", "12,000", "20,000", "35,000", "60,000", "90,000")
CROWDS = ("800", "900", "1,200", "3,000", "7,000", "9,000", "15,000")


@cache
def data() -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the shared words and the events, read once."""
    folder = Path(__file__).parent
    return load(folder / "news.yaml"), load(folder / "events.yaml")


def _slots(rng: random.Random, event: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the facts as worded in the document, and as worded in the summary."""
    words, _ = data()
    town, town2 = rng.sample(words["towns"], 2)
    first, first2 = rng.sample(words["first_names"], 2)
    last, last2 = rng.sample(words["last_names"], 2)
    document = {
        "town": town,
        "town2": town2,
        "first": first,
        "first2": first2,
        "last": last,
        "last2": last2,
        "day": rng.choice(words["days"]),
        "month": rng.choice(words["months"]),
        "cry": rng.choice(words["cries"]),
        "people": rng.choice(CROWDS),
        "cost": rng.choice(SUMS),
        "number": rng.choice(COUNTS),
    }
    summary = dict(document)
    for name, values in event["slots"].items():
        said, _, told = str(rng.choice(values)).partition(ARROW)
        document[name], summary[name] = said, told or said
    return document, summary


def news(rng: random.Random) -> Example:
    """Return one news item: a scene-setting lead, facts, details, and its summary."""
    words, events = data()
    event = events[rng.choice(list(events))]
    document, short = _slots(rng, event)
    body = [draw(rng, fact).format_map(document) for fact in event["facts"]]
    details = rng.sample(event["extras"], rng.choice((1, 2, 2, 3)))
    talk = words["festive_talk"] + words["talk"] if event.get("festive") else words["talk"]
    details += rng.sample(talk, rng.choice((0, 1, 1, 2)))
    for detail in details:
        body.insert(rng.randint(1, len(body)), rng.choice(detail).format_map(document))
    # The summary names the town, so the document has to.
    if rng.random() < 0.85 or not any(document["town"] in line for line in body):
        body.insert(0, draw(rng, words["lead"]).format_map(document))
    target = polish(sentence(draw(rng, event["summary"]).format_map(short)))
    return Example(polish(" ".join(map(sentence, body))), target, target)
