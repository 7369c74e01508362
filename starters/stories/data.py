"""Little stories for the starter story writer, each with one hero, one wish and one good end."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from starters.splits import Example
from starters.summaries.wording import draw, load, polish, sentence

PRONOUNS = {
    "he": {"he": "he", "him": "him", "his": "his"},
    "she": {"he": "she", "him": "her", "his": "her"},
}
SENTENCE_END = re.compile(r'[.!?]"?(?= ["A-Z]|$)')
MIN_WORDS, MAX_WORDS = 40, 100


@cache
def data() -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the worlds and the plots, read once."""
    folder = Path(__file__).parent
    return load(folder / "worlds.yaml"), load(folder / "plots.yaml")


def _named(entry: str) -> tuple[str, str]:
    """Return how "old|owl" is first named and how it is named from then on, without article."""
    adjective, noun = entry.split("|")
    return f"{adjective} {noun}", noun


def _unlike(rng: random.Random, entries: list[str], taken: str) -> str:
    """Return an entry whose noun is not in `taken`, so that no story has two bakers or dragons."""
    return rng.choice([entry for entry in entries if entry.split("|")[1] not in taken])


def _facts(rng: random.Random, world: dict[str, Any], plot: dict[str, Any]) -> dict[str, str]:
    """Return everything that stays the same through one story."""
    worlds, plots = data()
    gender = rng.choice(("he", "she"))
    robots = world is worlds["worlds"]["ai"] and rng.random() < 0.75
    names = worlds["robot_names" if robots else "names"][gender]
    kinds = world["kinds"]
    kind = rng.choice(kinds[gender] if isinstance(kinds, dict) else kinds)
    pronouns = PRONOUNS[gender]
    thing, item = _named(rng.choice(world["things"]))
    far, obstacle, overcome = rng.choice(world["far"]).split("|")
    skill, fail, success = rng.choice(world["skills"]).split("|")
    sound, reveal, solve = rng.choice(world["sounds"]).split("|")
    machine, stopped, cause, repair, works = rng.choice(world["machines"]).split("|")
    new_helper, helper = _named(_unlike(rng, world["helpers"], f"{kind} {reveal} {cause}"))
    adjective, creature, stuck, free, back = _unlike(rng, world["creatures"], kind).split("|")
    where = draw(rng, world["where"])
    # A story that begins in a castle goes on there, not in the palace.
    homes = [home for home in world["homes"] if home.split("|")[0].split()[-1] in where]
    home, in_home = rng.choice(homes or world["homes"]).split("|")
    spot, spot2, spot3 = rng.sample(world["spots"], 3)
    return {
        **pronouns,
        "hero": rng.choice(names),
        "kind": kind,
        "mood": rng.choice(plots["moods"]),
        "where": where,
        "home": home,
        "in_home": in_home,
        "place": rng.choice(world["places"]),
        "a_thing": f"a {thing}",
        "thing": thing,
        "item": item,
        "a_helper": f"a {new_helper}",
        "helper": f"the {helper}",
        "spot": spot,
        "spot2": spot2,
        "spot3": spot3,
        "far": far,
        "obstacle": obstacle,
        "overcome": overcome.format_map(pronouns),
        "skill": skill,
        "fail": fail,
        "success": success,
        "a_creature": f"a {adjective} {creature}",
        "creature": f"the {creature}",
        "stuck": stuck,
        "free": free,
        "return": back.format_map(pronouns),
        "a_sound": sound,
        "reveal": reveal,
        "solve": solve,
        "machine": machine,
        "stopped": stopped,
        "cause": cause,
        "repair": repair,
        "works": works,
    }


def story(rng: random.Random) -> str:
    """Return one story: an opening, the steps of one plot in order, and an ending."""
    worlds, plots = data()
    every = list(worlds["worlds"].values())
    world = rng.choices(every, [entry["share"] for entry in every])[0]
    plot = plots["plots"][rng.choice(list(plots["plots"]))]
    facts = _facts(rng, world, plot)
    steps = [step for name, step in plot["steps"].items() if not _skipped(rng, name, plot)]
    parts = [plots["openings"], *steps]
    if rng.random() < 0.7:
        parts.append(plot.get("endings", plots["endings"]))
    told: list[str] = []
    for part in parts:
        pattern = draw(rng, part)
        # The helper is introduced once: with an adjective and "a", later with "the".
        if "{helper2}" in pattern:
            known = any(facts["a_helper"] in line for line in told)
            pattern = pattern.replace("{helper2}", "{helper}" if known else "{a_helper}")
        told.append(pattern.format_map(facts))
    return polish(" ".join(map(sentence, told)))


def _skipped(rng: random.Random, name: str, plot: dict[str, Any]) -> bool:
    return name in plot["may_skip"] and rng.random() < 0.5


def examples(seed: int) -> Iterator[Example]:
    """Yield stories without end, always the same for one `seed`.

    Each has 40 to 100 words in 4 to 8 sentences. It has no source, as it is learned from its
    first word on, and its key is its whole text.
    """
    rng = random.Random(seed)
    while True:
        text = story(rng)
        if MIN_WORDS <= len(text.split()) <= MAX_WORDS and len(SENTENCE_END.findall(text)) <= 8:
            yield Example("", text, text)
