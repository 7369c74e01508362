"""The guide for authors is true: its examples are exercises that can be solved."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from core.exercises.blocks import read_exercise
from core.exercises.reference import failures
from core.exercises.types import AnyExercise, Exercise
from core.lessons import all_exercises

GUIDE = Path(__file__).resolve().parent.parent / "docs" / "authoring.md"
TEXT = GUIDE.read_text(encoding="utf-8")
BLOCKS = [
    (token.map[0] + 2, token.content)
    for token in MarkdownIt("commonmark").parse(TEXT)
    if token.type == "fence" and token.info == "exercise" and token.map
]


def examples() -> list[AnyExercise]:
    return [read_exercise(GUIDE, source, line) for line, source in BLOCKS]


@pytest.mark.parametrize(("line", "source"), BLOCKS, ids=[f"line {line}" for line, _ in BLOCKS])
def test_an_example_is_an_exercise_that_passes_its_own_answers(line: int, source: str) -> None:
    assert list(failures(read_exercise(GUIDE, source, line))) == []


def test_there_is_an_example_of_each_kind() -> None:
    kinds = {kind.model_fields["kind"].annotation.__args__[0] for kind in Exercise.__subclasses__()}  # type: ignore[union-attr]
    assert {example.kind for example in examples()} == kinds
    assert any(getattr(example, "several", False) for example in examples())


def test_examples_take_no_id_of_the_course() -> None:
    ids = [example.id for example in examples()]
    assert len(set(ids)) == len(ids)
    assert not set(ids) & {one.exercise.id for one in all_exercises()}


def test_the_guide_names_every_field_that_all_exercises_have() -> None:
    table = set(re.findall(r"^\| `(\w+)` \|", TEXT, re.MULTILINE))
    assert set(Exercise.model_fields) | {"kind"} <= table
    assert any(example.setup for example in examples())
