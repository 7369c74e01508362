"""The command for authors tells every mistake of every file, or what is there."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.lessons import LESSONS_FOLDER
from core.lessons_check import look_through
from tests.core.exercises.blocks_of_each_kind import block
from tools.lessons_check import main

LESSON = "---\ntitle: T\nminutes: 5\naims: [one]\ntask: test\n---\n"
GUIDE = "---\ntitle: T\nminutes: 5\nlessons: [1]\n---\n"


def fenced(source: str) -> str:
    return f"```exercise\n{source}```\n"


def test_the_course_is_in_order(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    told = capsys.readouterr().out
    assert "6 lessons and 4 guides are in order." in told
    assert "exercises" in told
    assert look_through(LESSONS_FOLDER).problems == ()


def test_every_mistake_of_every_file_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = block("single").replace("ask: Which?\n", "").replace("title: One", "titel: One")
    poor = block("text").replace("It is secret.", "Its training data is secret.")
    (tmp_path / "01-one.md").write_text(LESSON + fenced(broken) + fenced(block("number")))
    (tmp_path / "02-two.md").write_text(LESSON.replace("title: T", "tilte: T"))
    (tmp_path / "03-three.md").write_text(LESSON + fenced(poor))
    (tmp_path / "task-1-do.md").write_text(GUIDE + fenced(block("order") + "more: 1\n"))
    assert main([str(tmp_path)]) == 1
    told = capsys.readouterr().out.splitlines()
    assert all(line.split(": ")[0].count(":") == 1 for line in told)
    assert [line for line in told if line.startswith("01-one.md:8: the field 'ask' is missing")]
    assert [line for line in told if line.startswith("01-one.md:10: the field 'titel' is unknown")]
    assert [line for line in told if line.startswith("02-two.md:2: unknown key 'tilte'")]
    assert [line for line in told if line.startswith("03-three.md:7: 'text': the answer")]
    assert [line for line in told if line.startswith("task-1-do.md:14: the field 'more'")]
    assert len(told) == len(set(told))


def test_ids_that_are_taken_are_told(tmp_path: Path) -> None:
    for number in (1, 2):
        (tmp_path / f"0{number}-some.md").write_text(LESSON + fenced(block("number")))
    (told,) = look_through(tmp_path).problems
    assert told.startswith("02-some.md:7: the id 'number' is taken")
