"""My lab: all that a visitor did, in one place, and the ways out of the lab and back into it."""

from __future__ import annotations

import streamlit as st

from core.lessons import all_lessons
from core.work.entries import Comparison, Run, Trained
from ui.my_lab_answers import show_answers
from ui.my_lab_delete import deleted_just_now, show_delete
from ui.my_lab_files import show_files
from ui.my_lab_restore import show_restore, tell_restored
from ui.my_lab_work import show_comparisons, show_runs, show_trainings
from ui.navigation import go_to, lesson_page, task_pages
from ui.progress import so_far
from ui.record import work

_TABS = {
    "Hand in": show_files,
    "Answers": show_answers,
    "Runs": show_runs,
    "Comparisons": show_comparisons,
    "Trainings": show_trainings,
    "Restore": show_restore,
    "Delete": show_delete,
}


def show_my_lab() -> None:
    """Draw the page: an empty one says what to do first, and lets a passport be restored."""
    st.title("My lab", anchor=False)
    st.markdown(
        "All that you answered, ran and trained is kept by this lab, under the address of this "
        "page: your name is nowhere in it. Whoever has the address can see your work, and you can "
        "take it with you or delete it here."
    )
    tell_restored()
    if deleted_just_now():
        st.success(
            "Everything that you did here is deleted, and this page has a new address. The old one "
            "opens nothing any more.",
            icon=":material/delete:",
        )
    if not work().done:
        _show_empty()
        return
    _show_glance()
    tabs = st.tabs(list(_TABS), key="my_lab.tabs", on_change="rerun")
    for tab, show in zip(tabs, _TABS.values(), strict=True):
        if tab.open:
            with tab:
                show()


def _show_empty() -> None:
    with st.container(border=True):
        st.markdown(
            "**Nothing is here yet.** Read a lesson and answer its questions, or let a model write "
            "something: it appears here by itself."
        )
        with st.container(horizontal=True):
            if st.button(
                "Start with lesson 1",
                type="primary",
                icon=":material/menu_book:",
                key="my_lab.lesson",
            ):
                go_to(lesson_page(all_lessons()[0]))
            if st.button("Run a prompt", icon=":material/play_circle:", key="my_lab.test"):
                go_to(task_pages()["test"])
    st.subheader("Or go on where you were", anchor=False)
    show_restore()


def _show_glance() -> None:
    done = work()
    with st.container(horizontal=True, gap="medium"):
        st.metric(
            "Exercises correct", f"{so_far().correct} of {so_far().exercises}", width="content"
        )
        st.metric("Runs", len(done.of(Run)), width="content")
        st.metric("Comparisons", len(done.of(Comparison)), width="content")
        st.metric("Trainings", len(done.of(Trained)), width="content")
