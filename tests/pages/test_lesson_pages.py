"""Each lesson and the glossary are drawn whole, from `Home.py`, as a visitor gets them."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from core.glossary import glossary
from core.lesson_parts import Code, LiveExample, Table
from core.lessons import Lesson, all_lessons
from core.work.entries import LessonOpened

HOME = Path(__file__).resolve().parent.parent.parent / "Home.py"

each_lesson = pytest.mark.parametrize("lesson", all_lessons(), ids=lambda lesson: lesson.url_path)


def visit(lesson: Lesson) -> AppTest:
    at = AppTest.from_file(str(HOME), default_timeout=20).run()
    # switch_page() takes a file, and all lessons share one: only the address tells them apart.
    at._page_hash = calc_hash(lesson.url_path)
    return at.run()


def visit_glossary() -> AppTest:
    at = AppTest.from_file(str(HOME), default_timeout=20).run()
    return at.switch_page("pages/glossary.py").run()


@each_lesson
def test_a_lesson_is_drawn_whole_without_an_error(lesson: Lesson) -> None:
    at = visit(lesson)
    assert not at.exception
    assert [title.value for title in at.title] == [lesson.title]
    shown = "\n".join(block.value for block in at.markdown)
    assert all(aim in shown for aim in lesson.aims)
    assert "## Your turn" in shown
    code = [s.source for s in lesson.segments if isinstance(s, Code)]
    assert set(code) <= {block.value for block in at.code}
    tables = [list(s.header) for s in lesson.segments if isinstance(s, Table)]
    assert [list(table.value.columns) for table in at.table][: len(tables)] == tables
    headings = [heading.value for heading in at.subheader]
    assert headings == [block.exercise.title for block in lesson.blocks]
    assert [button.label for button in at.button].count("Check") == len(lesson.blocks)


@each_lesson
def test_a_live_example_offers_the_prompt_of_the_lesson(lesson: Lesson) -> None:
    prompts = [s.prompt for s in lesson.segments if isinstance(s, LiveExample)]
    at = visit(lesson)
    typed = [box.value for box in (*at.text_area, *at.text_input)]
    assert set(prompts) <= set(typed)


def test_opening_a_lesson_marks_it_as_read_and_no_other() -> None:
    lesson = all_lessons()[2]
    work = visit(lesson).session_state["visit.book"].work
    assert [opened.number for opened in work.of(LessonOpened)] == [lesson.number]


@each_lesson
def test_a_lesson_has_one_obvious_next_step_to_its_task(lesson: Lesson) -> None:
    at = visit(lesson)
    task = {
        "explore": "Task 1 Explore",
        "test": "Task 2 Test",
        "compare": "Task 3 Compare",
        "finetune": "Task 4 Fine-tune",
    }[lesson.task]
    onward = [button for button in at.button if button.label == f"Go to {task}"]
    assert len(onward) == 1
    onward[0].click().run()
    assert not at.exception
    assert [title.value for title in at.title] != [lesson.title]


def test_the_glossary_shows_every_term() -> None:
    at = visit_glossary()
    assert not at.exception
    assert [heading.value for heading in at.subheader] == [term.term for term in glossary()]


def test_the_glossary_filter_keeps_only_what_matches_and_says_when_nothing_does() -> None:
    at = visit_glossary()
    at.text_input[0].set_value("TOKEN first").run()
    assert "time to first token" in [heading.value for heading in at.subheader]
    assert len(at.subheader) < len(glossary())
    at.text_input[0].set_value("zebra").run()
    assert not at.subheader
    assert at.info
