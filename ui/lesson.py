"""One lesson on the screen: its aims, its body, and the way on."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from core.exercises.types import AnyExercise
from core.lesson_parts import (
    Code,
    Diagram,
    EngineRace,
    ExerciseBlock,
    LiveExample,
    Prose,
    Segment,
    Table,
)
from core.lessons import Lesson, all_lessons
from core.work.entries import LessonOpened
from ui.engine_race import engine_race
from ui.exercise import show_exercise
from ui.live import live_example
from ui.navigation import go_to, lesson_page, link_to, task_pages
from ui.record import note, read_lessons
from ui.warm import warm_up

READING_WIDTH_PX = 780


def show_lesson(lesson: Lesson) -> None:
    """Draw `lesson` in a column of readable width and remember that it was opened."""
    if lesson.number not in read_lessons():
        note(LessonOpened(lesson.number))
    warm_up(lesson)
    with st.container(horizontal_alignment="center"), st.container(width=READING_WIDTH_PX):
        _header(lesson)
        for index, segment in enumerate(lesson.segments):
            _show(segment, key=f"{lesson.url_path}.{index}")
        _way_on(lesson)


def _header(lesson: Lesson) -> None:
    st.caption(
        f":material/menu_book: Lesson {lesson.number} of {len(all_lessons())}"
        f" · :material/schedule: {lesson.minutes} minutes"
    )
    st.title(lesson.title, anchor=False)
    with st.container(border=True):
        aims = "\n".join(f"- {aim}" for aim in lesson.aims)
        st.markdown(f"**After this lesson you can**\n\n{aims}")


def _show(segment: Segment, *, key: str) -> None:
    match segment:
        case Prose(text):
            st.markdown(text)
        case Table(header, rows):
            # A Markdown table would push a phone's whole page sideways; this one scrolls by itself.
            st.table(pd.DataFrame(rows, columns=header), hide_index=True)
        case Code(language, source):
            st.code(source, language=language, wrap_lines=True)
        case Diagram(source, alt):
            st.mermaid_chart(source, alt=alt)
        case LiveExample(task, model_id, prompt, settings):
            live_example(key, task, model_id, prompt, settings)
        case EngineRace(task, model_id, prompt, max_new_tokens):
            engine_race(key, task, model_id, prompt, max_new_tokens)
        case ExerciseBlock(exercise):
            _exercise(exercise, f"exercise.{exercise.id}")


@st.fragment
def _exercise(exercise: AnyExercise, key: str) -> None:
    """Draw an exercise apart, so that an answer leaves the rest of the lesson as it is."""
    show_exercise(exercise, key=key)


def _way_on(lesson: Lesson) -> None:
    """Draw the one obvious next step, the paired task, and the neighbouring lessons."""
    task = task_pages()[lesson.task]
    if st.button(
        f"Go to {task.title}", type="primary", icon=":material/arrow_forward:", width="stretch"
    ):
        go_to(task)
    lessons = all_lessons()
    place = lessons.index(lesson)
    with st.container(horizontal=True, horizontal_alignment="distribute"):
        if place > 0:
            before = lessons[place - 1]
            link_to(lesson_page(before), label=before.title, icon=":material/arrow_back:")
        if place + 1 < len(lessons):
            after = lessons[place + 1]
            link_to(
                lesson_page(after),
                label=f"Next: {after.title}",
                icon=":material/arrow_forward:",
                icon_position="right",
                help=lesson.next,
            )
