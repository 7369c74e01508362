"""Each term of the course in a sentence or two."""

import streamlit as st

from core.glossary import glossary
from core.lessons import all_lessons
from ui.lesson import READING_WIDTH_PX
from ui.navigation import lesson_page, link_to

lessons = {lesson.number: (lesson, lesson_page(lesson)) for lesson in all_lessons()}

with st.container(horizontal_alignment="center"), st.container(width=READING_WIDTH_PX):
    st.title("Glossary", anchor=False)
    wanted = st.text_input(
        "Find a term",
        key="find",
        bind="query-params",
        placeholder="token, licence, seed …",
        live=True,
        icon=":material/search:",
    )
    words = (wanted or "").casefold().split()
    shown = [
        term
        for term in glossary()
        if all(word in f"{term.term} {term.meaning}".casefold() for word in words)
    ]
    st.caption(f"{len(shown)} of {len(glossary())} terms")
    if not shown:
        st.info("No term matches. Try a shorter word, or clear the box to see them all.")
    for term in shown:
        with st.container(gap=None):
            st.subheader(term.term, anchor=term.anchor)
            st.markdown(term.meaning)
            lesson, page = lessons[term.lesson]
            link_to(page, label=f"Lesson {lesson.number}: {lesson.title}")
