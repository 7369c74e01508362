"""The head of a task: its title, its guide, and the way back to the lessons behind it."""

from __future__ import annotations

import streamlit as st

from core.lessons import all_lessons, task_guide
from ui.navigation import lesson_page


def show_task_head(name: str, *, title: str, subtitle: str) -> None:
    """Draw the title of the task `name`, and its guide folded away until it is wanted."""
    guide = task_guide(name)
    st.title(title, anchor=False)
    st.markdown(subtitle)
    with st.expander(f"How to do it · {guide.minutes} minutes", icon=":material/checklist:"):
        st.markdown(guide.text)
        with st.container(horizontal=True):
            for lesson in all_lessons():
                if lesson.number in guide.lessons:
                    st.page_link(lesson_page(lesson), icon=":material/menu_book:")
