"""Waiting for one answer: a spinner and Stop while it is on its way, asked once a question."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

import streamlit as st

from core.jobs import Job

T = TypeVar("T")


def ask(name: str, work: Callable[[Callable[[], bool]], T]) -> None:
    """Begin `work` under `name`, in place of what was asked there before."""
    old: Job[T] | None = st.session_state.get(name)
    if old is not None:
        old.cancel()

    def once(cancelled: Callable[[], bool]) -> Iterator[T]:
        yield work(cancelled)

    st.session_state[name] = Job(once)


def asked(name: str) -> bool:
    """Whether anything was asked under `name`."""
    return name in st.session_state


def answer(name: str, words: str, kind: type[T]) -> T | None:
    """Return what the work under `name` gave, None if it was stopped; `words` say what is awaited.

    Raises:
        LabError: the work failed in a foreseen way; other errors pass as well.
    """
    job: Job[T] = st.session_state[name]
    if not job.ended:
        place = st.empty()
        with place.container(horizontal=True, vertical_alignment="center"):
            st.button("Stop", icon=":material/stop:", on_click=job.cancel, key=f"{name}.stop")
            with st.spinner(words):
                for _ in job.follow():
                    pass
        place.empty()
    if job.cancelled():
        return None
    if job.error is not None:
        raise job.error
    if not isinstance(job.latest, kind):
        raise TypeError(f"{name} gave a {type(job.latest).__name__}")
    return job.latest
