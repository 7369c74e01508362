"""The first screen: one button to continue, the way through the day, the state of the lab."""

from __future__ import annotations

import streamlit as st
from streamlit.navigation.page import Page

from core.catalogue import catalogue
from core.inference.tasks import TASKS
from core.inference.types import Task
from core.lessons import all_lessons, task_guide
from core.settings import settings
from ui.navigation import go_to, lesson_page, link_to, task_pages
from ui.record import measured_runs, read_lessons, read_pages, tickets, trained
from ui.text import counted, plain, size


def show_welcome() -> None:
    """Say what this is, and offer the next step."""
    st.title("Open Model Lab", anchor=False)
    st.markdown(
        "Day 9: open-source models and Hugging Face. Read a short lesson, then try it on real "
        "models that run right here."
    )
    st.caption(
        "What you do is kept until you close or reload this page. Download your figures in Task 3."
    )
    label, page = _next_step()
    if st.button(label, type="primary", icon=":material/arrow_forward:"):
        go_to(page)


def show_progress() -> None:
    """List the lessons and tasks in order, with what has been done in this visit."""
    read = read_lessons()
    learn, practise = st.columns(2, gap="large")
    with learn:
        st.subheader("Learn", anchor=False)
        st.caption(f"{len(read)} of {len(all_lessons())} lessons opened in this visit")
        for lesson in all_lessons():
            link_to(
                lesson_page(lesson),
                label=f"{lesson.number} {lesson.title} · {lesson.minutes} min",
                icon=_mark(lesson.number in read),
            )
    with practise:
        st.subheader("Practise", anchor=False)
        runs = len(tickets()) + measured_runs()
        pages = len(read_pages())
        st.caption(f"{counted(pages, 'page')} read and {counted(runs, 'run')} made in this visit")
        done = {
            "explore": pages,
            "test": len(tickets()),
            "compare": measured_runs(),
            "finetune": len(trained()),
        }
        for name, page in task_pages().items():
            link_to(
                page,
                label=f"{page.title} · {task_guide(name).minutes} min",
                icon=_mark(bool(done[name])),
            )


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


def _mark(done: bool) -> str:
    return ":material/check_circle:" if done else ":material/radio_button_unchecked:"


def _next_step() -> tuple[str, Page]:
    read = read_lessons()
    lesson = next((lesson for lesson in all_lessons() if lesson.number not in read), None)
    if lesson is None:
        page = task_pages()["compare"]
        return f"Continue with {page.title}", page
    verb = "Continue with" if read else "Start with"
    return f"{verb} lesson {lesson.number}: {lesson.title}", lesson_page(lesson)
