"""The one list of pages: their sections, addresses and titles.

Every page has an address of its own that can be bookmarked. A page that is not built is not here.
"""

from __future__ import annotations

import streamlit as st
from streamlit.navigation.page import Page

from core.lessons import Lesson, all_lessons
from ui.owner import health_passphrase
from ui.presence import turn_to

_SHOWN = "navigation.shown"


def home_page() -> Page:
    """Return the page on which everybody starts."""
    return st.Page("pages/home.py", title="Home", icon=":material/home:", default=True)


def lesson_page(lesson: Lesson) -> Page:
    """Return the page of `lesson`, at `/lesson-<number>`."""
    return st.Page(
        "pages/lesson.py",
        title=f"{lesson.number} {lesson.title}",
        icon=":material/menu_book:",
        url_path=lesson.url_path,
        help=f"{lesson.minutes} minutes to read",
    )


def glossary_page() -> Page:
    """Return the page that explains each term of the course."""
    return st.Page("pages/glossary.py", title="Glossary", icon=":material/dictionary:")


def health_page() -> Page:
    """Return the page on the state of the lab, for whoever runs it."""
    return st.Page("pages/health.py", title="Health", icon=":material/monitor_heart:")


def task_pages() -> dict[str, Page]:
    """Return the hands-on tasks by the name that lessons use for them, in course order."""
    return {
        "explore": st.Page(
            "pages/tasks/explore.py",
            title="Task 1 Explore",
            icon=":material/travel_explore:",
            help="Search the Hub, read model cards, see what fits this machine.",
        ),
        "test": st.Page(
            "pages/tasks/test.py",
            title="Task 2 Test",
            icon=":material/play_circle:",
            help="Prompt one model, watch it answer, read its timing.",
        ),
        "compare": st.Page(
            "pages/tasks/compare.py",
            title="Task 3 Compare",
            icon=":material/compare_arrows:",
            help="Same inputs, several models: outputs, latency and length side by side.",
        ),
        "finetune": st.Page(
            "pages/tasks/finetune.py",
            title="Task 4 Fine-tune",
            icon=":material/model_training:",
            help="A base model and labelled texts become a model of your own.",
        ),
    }


def choose_page() -> Page:
    """Draw the navigation and return the page that the visitor asked for."""
    pages = {
        "": [home_page()],
        "Learn": [*map(lesson_page, all_lessons()), glossary_page()],
        "Practise": list(task_pages().values()),
    }
    if health_passphrase():
        pages["This lab"] = [health_page()]
    page = st.navigation(pages)
    st.session_state[_SHOWN] = page.url_path
    turn_to(page.url_path)
    return page


def shown_path() -> str:
    """Return the address of the page being drawn, `""` for Home."""
    return str(st.session_state.get(_SHOWN, ""))
