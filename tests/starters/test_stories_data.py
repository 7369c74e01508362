"""The stories keep their promises, and the checker catches stories that do not."""

from __future__ import annotations

import re
from itertools import islice

import pytest

from starters.splits import split_of
from starters.stories import examples
from starters.stories.check import lexicon, problems, sentences

STORIES = [example.target for example in islice(examples(seed=7), 1500)]

GOOD = (
    "Once upon a time in AI world, there lived a curious robot named Pixel. "
    "She loved her golden token more than anything else. But one day the token was gone. "
    '"Can I help you?" asked a wise computer in a gentle voice. '
    '"I saw the token in the data lake," said the computer. '
    "They ran there together, and there lay the token!"
)


def test_the_same_seed_tells_the_same_stories_and_another_seed_others():
    again = [example.target for example in islice(examples(seed=7), 50)]
    other = [example.target for example in islice(examples(seed=8), 50)]
    assert again == STORIES[:50]
    assert not set(again) & set(other)


def test_a_story_is_its_own_key_and_has_no_source():
    for example in islice(examples(seed=3), 50):
        assert example.source == ""
        assert example.key == example.target


def test_no_generated_story_has_a_problem():
    assert {story: found for story in STORIES if (found := problems(story))} == {}


def test_length_and_number_of_sentences_stay_within_bounds():
    for story in STORIES:
        assert 40 <= len(story.split()) <= 100
        assert 4 <= len(sentences(story)) <= 8


def test_no_slot_or_choice_is_left_open():
    assert not [story for story in STORIES if re.search(r"[{}()|<>_]|  | [,.!?]", story)]


def test_hardly_any_story_comes_twice():
    assert len(set(STORIES)) > 0.99 * len(STORIES)


def test_every_split_gets_stories_and_they_are_disjoint():
    parts = {"train": set(), "validation": set(), "test": set()}
    for story in STORIES:
        parts[split_of(story)].add(story)
    assert all(parts.values())
    assert sum(map(len, parts.values())) == len(set(STORIES))


def test_about_a_quarter_to_a_third_of_the_stories_are_set_among_robots_and_models():
    words = r"\b(AI world|robot|chatbot|model|program|drone)\b"
    share = sum(bool(re.search(words, s.partition(". ")[0])) for s in STORIES) / len(STORIES)
    assert 0.2 < share < 0.4


@pytest.mark.parametrize(
    "opening",
    ["Once upon a time in AI world,", "Once upon a time in a small village,", "Long ago,"],
)
def test_well_known_openings_occur(opening: str):
    assert any(story.startswith(opening) for story in STORIES)


def test_the_vocabulary_is_small():
    words = {w.casefold() for story in STORIES for w in re.findall(r"[A-Za-z'-]+", story)}
    assert 800 <= len(words) <= 1500
    assert len(lexicon().words) <= 1700


def test_a_sound_story_has_no_problem():
    assert problems(GOOD) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("She loved her", "He loved his", "but the story says"),
        ("She loved her golden", "Ruby loved her golden", "suddenly called Ruby"),
        ("the data lake", "the data banana-lake", "Unknown word"),
        ("a wise computer", "an wise computer", "Wrong article"),
        ("lay the token!", "lay the", "not complete"),
        ("lay the token!", "lay the battery!", "turns into the battery"),
        ("said the computer", "said the owl", "turns into the owl"),
        ("asked a wise computer", "asked a wise computer and an old owl", "more than one helper"),
        ("But one day", "but one day", "sentence"),
        ("was gone", "was was gone", "Doubled word"),
        ('"Can I', "Can I", "quotation mark"),
        ("They ran there together", "They ran through the castle", "moves between"),
        ("robot named Pixel", "robot", "Nobody has a name"),
        ("But one day the token was gone. ", "But one day the token was gone. " * 2, "told twice"),
    ],
)
def test_a_broken_story_is_caught(old: str, new: str, said: str):
    assert old in GOOD
    assert any(said in problem for problem in problems(GOOD.replace(old, new)))


def test_a_story_cut_short_or_empty_is_caught():
    assert problems("")
    assert problems(GOOD[: len(GOOD) // 2])
