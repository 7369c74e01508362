"""The first screen: one button to continue, the way through the day, the state of the lab."""

from __future__ import annotations

import streamlit as st
from streamlit.navigation.page import Page

from core.catalogue import catalogue
from core.inference.tasks import TASKS
from core.inference.types import Task
from core.lessons import all_lessons, task_guide
from core.progress import PlaceProgress, Progress
from core.settings import settings
from ui.navigation import go_to, lesson_page, link_to, my_lab_page, task_pages
from ui.progress import so_far
from ui.text import plain, size


def show_welcome() -> None:
    """Say what this is, and offer the next step."""
    st.title("Open Model Lab", anchor=False)
    st.markdown(
        "Day 9: open-source models and Hugging Face. Read a short lesson, then try it on real "
        "models that run right here."
    )
    _show_whose()
    label, page = _next_step(so_far())
    if st.button(label, type="primary", icon=":material/arrow_forward:"):
        go_to(page)


def show_progress() -> None:
    """Draw how far the visitor has come with each lesson and each task."""
    done = so_far()
    st.subheader("Your way through the day", anchor=False)
    st.progress(
        done.correct / max(1, done.exercises),
        f"{done.correct} of {done.exercises} exercises done",
    )
    learn, practise = st.columns(2, gap="large")
    with learn:
        st.markdown("**Learn**")
        for lesson in all_lessons():
            _show_place(
                lesson_page(lesson),
                f"{lesson.number} {lesson.title}",
                lesson.minutes,
                done.of("lesson", str(lesson.number)),
            )
    with practise:
        st.markdown("**Practise**")
        for name, page in task_pages().items():
            _show_place(page, page.title, task_guide(name).minutes, done.of("task", name))


def show_machine() -> None:
    """Say what the lab can do on this machine right now."""
    limits, models = settings(), catalogue()
    st.subheader("This machine, right now", anchor=False)
    ready = [entry for entry in models.entries if entry.usable and entry.source != "hub"]
    with st.container(horizontal=True, gap="medium"):
        st.metric("Models ready, offline", len(ready), width="content")
        st.metric(
            "Processor cores",
            limits.threads,
            help="A large model computes on all of them, a small one on one, which is faster.",
            width="content",
        )
        st.metric(
            "Memory for models",
            size(limits.memory_budget_bytes),
            help="Loaded models share this much. OPEN_MODEL_LAB_MEMORY_MB changes it.",
            width="content",
        )
    for task, info in TASKS.items():
        able = [entry.id for entry in ready if task in entry.tasks]
        hub = sum(
            entry.usable and entry.source == "hub" and not entry.gated
            for entry in models.for_task(task)
        )
        more = f" · {hub}{' more' if able else ''} from the Hub, with a network" if hub else ""
        none = "train one in Task 4" if task is Task.TEXT_CLASSIFICATION else "none on this machine"
        names = ", ".join(plain(name) for name in able) or none
        st.markdown(f"**{info.label}** — {names}{more}")


def _show_whose() -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(
            "What you do is kept under the address of this page: bookmark it, and you can go on "
            "later or elsewhere. Whoever has it can see, change and delete your work."
        )
        if st.context.url:
            with st.popover("Invite others", icon=":material/group_add:", type="tertiary"):
                st.caption("Give others this address: there each begins a work of their own.")
                st.code(st.context.url, language=None, wrap_lines=True)


def _show_place(page: Page, title: str, minutes: int, done: PlaceProgress | None) -> None:
    """Draw a link with how much of what is behind it is done, as a bar."""
    of = f" · {done.correct} of {done.exercises}" if done is not None else ""
    with st.container(gap="xxsmall"):
        link_to(page, label=f"{title} · {minutes} min{of}", icon=_mark(done))
        if done is not None:
            st.progress(done.correct / max(1, done.exercises))


def _mark(done: PlaceProgress | None) -> str:
    if done is None or not done.opened:
        return ":material/radio_button_unchecked:"
    return ":material/check_circle:" if done.done else ":material/pending:"


def _next_step(done: Progress) -> tuple[str, Page]:
    """Return the first place in course order where something is left to do."""
    lessons = {str(lesson.number): lesson for lesson in all_lessons()}
    verb = "Continue with" if done.lessons_opened else "Start with"
    for one in done.places:
        if one.done:
            continue
        if one.place.kind == "lesson":
            lesson = lessons[one.place.name]
            return f"{verb} lesson {lesson.number}: {lesson.title}", lesson_page(lesson)
        page = task_pages()[one.place.name]
        return f"{verb} {page.title}", page
    page = my_lab_page()
    return f"All done. See {page.title}", page
