"""Customer reviews with their one-sentence summaries."""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from starters.splits import Example
from starters.summaries.wording import draw, listed, load, polish, sentence

COLOURS = ("blue", "red", "green", "black", "white", "grey", "yellow")
OUTCOMES = {
    "happy": {"recommend": "would recommend it", "again": "would choose it again"},
    "unhappy": {"not_recommend": "would not recommend it", "money_back": "wants the money back"},
    "mixed": {},
}
# How many aspects are praised and criticised under each verdict.
BALANCES = {
    "happy": ((1, 0), (2, 0), (2, 0), (3, 0), (2, 1), (2, 1), (3, 1)),
    "mixed": ((1, 1), (2, 1), (1, 2), (2, 2)),
    "unhappy": ((0, 1), (0, 2), (0, 2), (0, 3), (1, 2), (1, 2), (1, 3)),
}


@dataclass(frozen=True)
class Opinion:
    """One aspect that the customer liked (`good`) or not, as said and as summarised."""

    noun: str
    good: bool
    clause: str
    label: str


@cache
def data() -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the aspects and the reviews' other material, read once."""
    folder = Path(__file__).parent
    return load(folder / "aspects.yaml"), load(folder / "reviews.yaml")


def summary(
    who: str, thing: str, verdict: str, good: list[str], bad: list[str], outcome: str
) -> str:
    """Return the house-style sentence that these facts determine."""
    liked, disliked = listed(good), listed(bad)
    if verdict == "mixed":
        text = f"had mixed feelings about the {thing}, praising {liked} but criticising {disliked}"
        return f"The {who} {text}."
    if verdict == "happy":
        acts = [f"was happy with the {thing}", f"praised {liked}"]
        acts += [f"complained about {disliked}"] if bad else []
    else:
        acts = [f"was disappointed with the {thing}", f"complained about {disliked}"]
        acts += [f"liked only {liked}"] if good else []
    return f"The {who} {_joined([*acts, *([outcome] if outcome else [])])}."


def _joined(acts: list[str]) -> str:
    # A comma before the last "and" keeps it apart from the "and" inside a list of aspects.
    return (
        f"{acts[0]} and {acts[1]}" if len(acts) == 2 else f"{', '.join(acts[:-1])}, and {acts[-1]}"
    )


def _opinion(rng: random.Random, aspect: str, good: bool, past: bool) -> Opinion:
    aspects, words = data()
    entry = aspects[aspect]
    shades: dict[str, Any] = entry["good" if good else "bad"]
    noun = entry["noun"]
    if aspect not in words["not_plainly_good_or_bad"] and rng.random() < 0.3:
        plural = entry.get("plural", False)
        be = {(0, 0): "is", (0, 1): "are", (1, 0): "was", (1, 1): "were"}[past, plural]
        clause = draw(rng, words["plain_good" if good else "plain_bad"])
        clause = clause.format(noun=noun, **{"is": be, "needs": "need" if plural else "needs"})
        return Opinion(noun, good, clause, f"the {noun}")
    label = rng.choice(list(shades))
    return Opinion(noun, good, draw(rng, shades[label]), label)


def _body(rng: random.Random, opinions: list[Opinion], relative: str) -> list[str]:
    _, words = data()
    sentences = []
    queue = list(opinions)
    while queue:
        one = queue.pop(0)
        if queue and rng.random() < 0.35:
            two = queue.pop(0)
            kind = "both_same" if one.good == two.good else "both_different"
            slots = {"clause": one.clause, "clause2": two.clause}
        else:
            kind = "around_good" if one.good else "around_bad"
            slots = {"clause": one.clause, "noun": one.noun, "relative": relative}
            if one.noun in one.clause:
                kind = f"{kind}_named"
        sentences.append(draw(rng, words[kind]).format_map(slots))
    return sentences


def review(rng: random.Random) -> Example:
    """Return one review: an opening, opinions, small talk, mostly a verdict, and its summary."""
    _, words = data()
    category = words["categories"][rng.choice(list(words["categories"]))]
    past = category.get("past", False)
    verdict = rng.choice(("happy", "happy", "mixed", "unhappy", "unhappy"))
    n_good, n_bad = rng.choice(BALANCES[verdict])
    chosen = rng.sample(category["aspects"], n_good + n_bad)
    opinions = [_opinion(rng, aspect, i < n_good, past) for i, aspect in enumerate(chosen)]
    rng.shuffle(opinions)
    town, town2 = rng.sample(words["towns"], 2)
    slots = {
        "town": town,
        "town2": town2,
        "thing": rng.choice(category["things"]),
        "colour": rng.choice(COLOURS),
        "company": rng.choice(words["companies"]),
        "time": rng.choice(words["times"]),
        "relative": rng.choice(words["relatives"]),
    }
    opening = draw(rng, category["opening"]).format_map(slots)
    body = _body(rng, opinions, rng.choice(words["relatives"]))
    for _ in range(rng.choice((0, 1, 1, 2))):
        slots["relative"] = rng.choice(words["relatives"])
        kind = category.get("talk", "outing_talk" if past else "small_talk")
        if (talk := draw(rng, words[kind]).format_map(slots)) not in body:
            body.insert(rng.randint(0, len(body)), talk)
    start: list[str] = []
    end: list[str] = []
    # With only praise or only complaints the verdict goes without saying.
    if rng.random() < 0.25:
        start.append(draw(rng, words[f"first_{verdict}"]).format_map(slots))
    elif (n_good and n_bad) or rng.random() < 0.6:
        end.append(draw(rng, words[f"verdict_{verdict}"]).format_map(slots))
    outcome = ""
    if OUTCOMES[verdict] and rng.random() < 0.45:
        kind = rng.choice(list(OUTCOMES[verdict]))
        outcome = OUTCOMES[verdict][kind]
        end.append(draw(rng, words["outcome"][kind]).format_map(slots))
    sentences = [*start, opening, *body, *end]
    document = polish(" ".join(map(sentence, sentences)))
    target = summary(
        category["who"],
        slots["thing"],
        verdict,
        [o.label for o in opinions if o.good],
        [o.label for o in opinions if not o.good],
        outcome,
    )
    return Example(document, target, target)
