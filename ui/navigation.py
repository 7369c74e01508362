"""The one list of pages: their sections, addresses and titles.

Every page has an address of its own that can be bookmarked. A page that is not built is not here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NoReturn

import streamlit as st
from streamlit.navigation.page import Page

from core.lessons import Lesson, all_lessons
from ui.learner import address_of_key, book, recognise, show_notices
from ui.owner import health_passphrase
from ui.presence import turn_to

_FIRST, _SHOWN, _ARRIVED = "navigation.first", "navigation.shown", "navigation.arrived"
_ON_PHONE = "navigation.on_phone"


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


def my_lab_page() -> Page:
    """Return the page of all that a visitor did, with what they hand in."""
    return st.Page("pages/my_lab.py", title="My lab", icon=":material/science:")


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


def go_to(page: Page) -> NoReturn:
    """Turn to `page`; the address goes on saying who the visitor is."""
    st.switch_page(page, query_params=address_of_key())


def link_to(
    page: Page,
    *,
    label: str | None = None,
    icon: str | None = None,
    help: str | None = None,
    icon_position: Literal["left", "right"] = "left",
    width: Literal["content", "stretch"] = "content",
) -> None:
    """Draw a link to `page` that also works in a tab of its own: it says who the visitor is."""
    st.page_link(
        page,
        label=label,
        icon=icon,
        help=help,
        icon_position=icon_position,
        width=width,
        query_params=address_of_key(),
    )


def choose_page() -> Page:
    """Draw the navigation and return the page that the visitor asked for."""
    recognise()
    pages = {
        "": [home_page()],
        "Learn": [*map(lesson_page, all_lessons()), glossary_page()],
        "Practise": list(task_pages().values()),
        "My work": [my_lab_page()],
    }
    if health_passphrase():
        pages["This lab"] = [health_page()]
    page = st.navigation(pages, position="sidebar" if on_phone() else "hidden")
    if not on_phone():
        _draw_menu(pages, page)
    st.session_state[_ARRIVED] = st.session_state.get(_SHOWN) != page.url_path
    st.session_state[_SHOWN] = page.url_path
    first = st.session_state.setdefault(_FIRST, page.url_path)
    turn_to(page.url_path, learner=book().learner)
    show_notices(first_page=page.url_path == first)
    return page


def on_phone() -> bool:
    """Whether the visitor's browser says that it is a phone's.

    Streamlit's own menu forgets the rest of the address: it takes two steps back to leave a page,
    and a link in a new tab is a new visitor's. So ours takes its place, but not on a phone, where
    Streamlit's alone folds away after a choice.
    """
    if _ON_PHONE not in st.session_state:
        st.session_state[_ON_PHONE] = "Mobi" in str(st.context.headers.get("User-Agent", ""))
    return bool(st.session_state[_ON_PHONE])


def _draw_menu(pages: Mapping[str, list[Page]], shown: Page) -> None:
    """Draw the sections; on a task they are folded away, and its steps have the room."""
    at_home, at_work = shown in pages[""], shown in pages["Practise"]
    with st.sidebar.container(gap="xsmall", key="menu"):
        for section, listed in pages.items():
            if len(listed) == 1:
                _draw_links(listed)
                continue
            with st.expander(
                section, expanded=at_home or (shown in listed and not at_work), type="compact"
            ):
                _draw_links(listed)


def just_arrived() -> bool:
    """Whether the page is drawn for the first time since the visitor came to it."""
    return bool(st.session_state.get(_ARRIVED))


def _draw_links(pages: list[Page]) -> None:
    with st.container(gap="xxsmall"):
        for page in pages:
            link_to(page, width="stretch")


def shown_path() -> str:
    """Return the address of the page being drawn, `""` for Home."""
    return str(st.session_state.get(_SHOWN, ""))
