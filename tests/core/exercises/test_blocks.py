"""Blocks of exercises: what is right is read, and what is wrong is told with its line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import ContentError
from core.exercises.blocks import errors_in, read_exercise
from tests.core.exercises.blocks_of_each_kind import KINDS, block, exercise

FILE = Path("some.md")
LONG = "a right answer that is so much longer than all the others"


@pytest.mark.parametrize("kind", KINDS)
def test_a_block_of_each_kind_is_read(kind: str) -> None:
    read = exercise(kind)
    assert read.id == kind
    assert read.hints == ("Think.", "Think more.")
    assert errors_in(FILE, block(kind), 1) == []


@pytest.mark.parametrize(
    ("kind", "change", "line", "says"),
    [
        ("single", ("kind: choice", "kind: quiz"), 2, "there is no kind 'quiz'"),
        ("single", ("kind: choice\n", ""), 1, "the field 'kind' is missing"),
        ("single", ("title: One of three", "title: "), 3, "'title' must be text"),
        ("single", ("title: One of three", "title: 3"), 3, "quotes"),
        ("single", ("ask: Which?\n", ""), 1, "the field 'ask' is missing"),
        ("single", ("ask: Which?", "ask: Which?\nasks: Who?"), 5, "the field 'asks' is unknown"),
        ("single", ("ask: Which?", "ask: Which?\nask: Who?"), 4, "'ask' stands here twice"),
        ("single", ("ask: Which?", "ask: Which <b>one</b>?"), 4, "HTML"),
        ("single", ("    why: Beta is the second.\n", ""), 9, "options, number 2: the field 'why'"),
        ("single", ("id: single", "id: Not a slug"), 1, "'id'"),
        ("single", ("    right: true\n", ""), 5, "none of the options"),
        ("single", ("third.", "third.\n    right: true"), 5, "more than one option is right"),
        ("single", ("text: gamma", "text: beta"), 11, "stands here twice"),
        ("single", ("text: alpha", f"text: {LONG}"), 6, "gives it away"),
        ("single", ("hints: [Think., Think more.]", "hints: []"), 13, "'hints'"),
        ("several", ("wrong.}", "wrong., right: true}"), 6, "all options are right"),
        ("number", ("answer: 3.5", "answer: .nan"), 5, "'answer'"),
        ("number", ("answer: 3.5", "answer: lots"), 5, "'answer'"),
        ("number", ("value: 14", "value: 3.45"), 9, "counts as right"),
        ("order", ("[dawn, noon, dusk, night]", "[a, b]"), 5, "'items'"),
        ("order", ("dusk, night", "dusk, dusk"), 5, "stands here twice"),
        ("match", (", wrong: Think of two.", ""), 7, "pairs, number 2: the field 'wrong'"),
        ("match", ("left: two", "left: one"), 7, "stands here twice"),
        ("match", ("extra: [tres]", "extra: [dos]"), 9, "so it is not extra"),
        ("text", ("good: [Its", "god: [Its"), 8, "'god' is unknown"),
        ("evidence", ("check: lessons-opened", "check: lessons-red"), 5, "there is no check"),
        ("evidence", ("at_least: 2", "at_least: two"), 6, "at_least"),
        ("predict", ("at_least: 1", "at_leest: 1"), 6, "at_leest"),
        ("card-fact", ("options: [mit, apache", "options: [mit, apatchy"), 7, "licences"),
        ("card-fact", ("fact: licence", "fact: parameters"), 7, "is no number"),
        ("card-fact", ("fact: licence", "fact: verdict"), 7, "is no verdict"),
        ("card-fact", ("options: [mit", 'options: ["The card does not say"'), 7, "offered anyway"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_the_line_of_its_field(
    kind: str, change: tuple[str, str], line: int, says: str
) -> None:
    assert change[0] in block(kind)
    source = block(kind).replace(*change)
    told = [error.message for error in errors_in(FILE, source, 11)]
    assert any(m.startswith(f"some.md:{line + 10}: ") and says in m for m in told), told
    with pytest.raises(ContentError) as caught:
        read_exercise(FILE, source, 11)
    assert caught.value.message == told[0]
    assert caught.value.next_step


def test_all_mistakes_of_a_block_are_told_at_once_by_line() -> None:
    source = block("single").replace("id: single", "id: A B").replace("ask: Which?\n", "")
    found = [error.message for error in errors_in(FILE, source, 1)]
    assert len(found) == 2
    assert all(message.startswith("some.md:1: ") for message in found)


@pytest.mark.parametrize(
    "source", ["", "- a list", "just words", "? [a, b]\n: c", "a: &a [*a]", "a: ["]
)
def test_what_is_no_exercise_at_all_is_told(source: str) -> None:
    (error,) = errors_in(FILE, source, 7)
    assert re.match(r"some\.md:[789]: ", error.message)


@given(
    kind=st.sampled_from(KINDS),
    junk=st.text(max_size=20) | st.sampled_from([": [", "&a *a", "!!python/object:os", "- ", "\t"]),
    place=st.integers(0, 400),
)
def test_no_damage_to_a_block_escapes_as_another_error(kind: str, junk: str, place: int) -> None:
    source = block(kind)
    source = source[:place] + junk + source[place:]
    for error in errors_in(FILE, source, 1):
        found = re.match(r"some\.md:(\d+): ", error.message)
        assert found
        assert 1 <= int(found[1]) <= len(source.splitlines()) + 1
