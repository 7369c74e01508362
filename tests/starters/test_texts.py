"""What the model of BERT's architecture reads before anybody fine-tunes it."""

from __future__ import annotations

import random
from itertools import chain, islice

from hypothesis import given
from hypothesis import strategies as st

from starters.feedback.data import overlaps_test, rows, words
from starters.opinions import FOLDER, MOODS, opinion, remarks, things
from starters.texts import RUN, examples, halves


@given(st.text("ab .!?", max_size=60))
def test_the_halves_are_the_text(text: str) -> None:
    first, second = halves(text)
    if (first, second) != (text, text):
        assert f"{first}{second}".replace(" ", "") == text.replace(" ", "")
        assert first[-1] in ".!?"


def test_every_thing_has_remarks_of_every_mood_and_none_is_of_two_moods() -> None:
    assert len(things()) == len(list(FOLDER.glob("*.txt"))) >= 50
    for moods in remarks().values():
        assert moods.keys() == MOODS.keys()
        assert all(len(lines) >= 20 for lines in moods.values())
        good, bad = set(moods["good"]), set(moods["bad"])
        assert not good & bad


def test_an_opinion_stays_with_one_thing_in_one_mood() -> None:
    rng = random.Random(0)
    for thing in things():
        said = opinion(rng, thing)
        moods = [
            mood
            for mood, lines in remarks()[thing].items()
            if sum(line.rstrip(".") in said for line in lines) >= 2
        ]
        assert moods


def test_texts_repeat_from_a_seed() -> None:
    some = list(islice(examples(3), 3 * RUN))
    assert some == list(islice(examples(3), 3 * RUN))
    assert some != list(islice(examples(4), 3 * RUN))


def test_texts_on_one_thing_follow_each_other() -> None:
    """Halves find each other by what is said of a thing, so all texts of a run are on the same."""
    told: dict[str, set[str]] = {}
    for thing, moods in remarks().items():
        for remark in chain.from_iterable(moods.values()):
            told.setdefault(remark.rstrip("."), set()).add(thing)
    stream, runs = examples(3), 0
    for _ in range(12):
        run = list(islice(stream, RUN))
        on = [
            told.get(example.source.rstrip("."), set())
            for example in run
            if example.source.rstrip(".") in told
        ]
        if len(on) > 5:
            runs += 1
            assert set.intersection(*on)
    assert runs >= 4


def test_nothing_that_fine_tuning_is_judged_by_is_read() -> None:
    held_back = {words(row.text) for split in ("validation", "test") for row in rows(split)}
    for example in islice(examples(5), 20 * RUN):
        whole = f"{example.source} {example.target}"
        assert words(example.source) not in held_back
        assert words(whole) not in held_back
    for moods in remarks().values():
        assert not [line for lines in moods.values() for line in lines if overlaps_test(line)]
