"""The guide to a task: its head, and its steps beside the workbench, one in view at a time.

The steps stand in the sidebar, where they stay in sight while the workbench scrolls; on a phone,
which has no room beside, they stand below it.
"""

from __future__ import annotations

import streamlit as st

from core.exercises.checking import check
from core.exercises.outcome import Outcome
from core.lessons import TaskGuide, all_lessons, task_guide
from ui import setup
from ui.exercise import show_exercise
from ui.navigation import just_arrived, lesson_page, link_to, on_phone
from ui.record import work

_SHOWN = "guide.shown"
_MARKS = {
    Outcome.CORRECT: ":material/check_circle:",
    Outcome.NOT_YET: ":material/pending:",
    Outcome.NOT_ATTEMPTED: ":material/radio_button_unchecked:",
}


def show_task_head(name: str, *, title: str, subtitle: str) -> None:
    """Draw the title of the task `name`, and its steps beside what follows."""
    st.title(title, anchor=False)
    st.markdown(subtitle)
    where = "below" if on_phone() else "in the sidebar"
    st.caption(f":material/checklist: The steps of this task stand {where}.")
    if on_phone():
        return
    st.session_state[_SHOWN] = work()
    with st.sidebar:
        _show_steps(task_guide(name))


def show_task_foot(name: str) -> None:
    """End the page of the task `name`: its steps know all that was done on it by then."""
    if on_phone():
        st.divider()
        _show_steps(task_guide(name))
    elif st.session_state[_SHOWN] is not work():
        # The workbench was drawn after them, and opening a page of it may be what a step asks for.
        st.rerun()


def _show_steps(guide: TaskGuide) -> None:
    if guide.steps:
        _show_step(guide)
    with st.expander(f"About this task · {guide.minutes} minutes", icon=":material/info:"):
        st.markdown(guide.text)
    for lesson in all_lessons():
        if lesson.number in guide.lessons:
            link_to(lesson_page(lesson), icon=":material/menu_book:")


def _show_step(guide: TaskGuide) -> None:
    outcomes = [check(step, work()).outcome for step in guide.steps]
    done = outcomes.count(Outcome.CORRECT)
    st.subheader("Steps", anchor=False)
    st.progress(done / len(outcomes), f"{done} of {len(outcomes)} done")
    key = f"guide.{guide.name}"
    first_open = next(
        (number for number, one in enumerate(outcomes) if one is not Outcome.CORRECT), 0
    )
    # A step that is done stays until the student goes on, or comes back to the page later.
    if just_arrived() or key not in st.session_state:
        st.session_state[key] = first_open
    number: int = st.segmented_control(
        "Step",
        range(len(guide.steps)),
        format_func=lambda number: f"{_MARKS[outcomes[number]]} {number + 1}",
        key=key,
        required=True,
        label_visibility="collapsed",
        wrap=True,
        persist_state="session",
    )
    step = guide.steps[number]
    if step.setup is not None:
        st.button(
            "Load this example",
            icon=":material/input:",
            key=f"{key}.setup.{step.id}",
            on_click=setup.apply,
            args=(step.setup,),
        )
    show_exercise(step, key=f"{key}.{step.id}")
    if outcomes[number] is Outcome.CORRECT and number + 1 < len(guide.steps):
        st.button(
            f"Next: {guide.steps[number + 1].title}",
            type="primary",
            icon=":material/arrow_forward:",
            key=f"{key}.next.{number}",
            on_click=_turn_to,
            args=(key, number + 1),
        )


def _turn_to(key: str, number: int) -> None:
    st.session_state[key] = number
