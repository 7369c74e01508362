"""The answers of My lab: by lesson and task, folded away, as they were given."""

from __future__ import annotations

import streamlit as st
from streamlit.navigation.page import Page

from core.lessons import Place, all_exercises, all_lessons
from core.report.answers import AnswerRow, place_answers
from ui.exercise import LOOKS
from ui.navigation import lesson_page, link_to, task_pages
from ui.record import work
from ui.text import counted


def show_answers() -> None:
    """Draw each exercise that was worked on, with the answer and what became of it."""
    places = [place for place in place_answers(all_exercises(), work()) if place.rows]
    if not places:
        st.info(
            "You have not answered anything yet. The questions stand at the end of each lesson and "
            "beside each task.",
            icon=":material/lightbulb:",
        )
    for place in places:
        label = f"{place.title} · {place.correct} of {place.exercises} correct"
        with st.expander(label, key=f"my-lab-{place.place.kind}-{place.place.name}"):
            for row in place.rows:
                _show(row)
            if place.untouched:
                st.caption(f"Not attempted: {counted(len(place.untouched), 'exercise')}")
            link_to(_page(place.place), label="Go on there", icon=":material/arrow_forward:")


def _show(row: AnswerRow) -> None:
    look = LOOKS[row.outcome]
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"**{row.title}**", width="content")
            st.badge(look.word, icon=look.icon, color=look.colour)  # type: ignore[arg-type]
        for line in row.answer_text:
            st.text(line)
        if row.message:
            st.caption(row.message)
        if row.aids:
            st.caption(" · ".join(row.aids))


def _page(place: Place) -> Page:
    if place.kind == "task":
        return task_pages()[place.name]
    return next(lesson_page(one) for one in all_lessons() if str(one.number) == place.name)
