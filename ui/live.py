"""A run inside a lesson: one prompt, one button, the text as it grows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from core.errors import LabError
from core.inference.lab import lab
from core.inference.ticket import Ticket
from core.inference.types import GenerationConfig, Request, Task
from ui.buttons import run_and_stop
from ui.errors import show_error
from ui.form import choose_settings
from ui.navigation import shown_path
from ui.presence import watch
from ui.record import learner, note_run
from ui.run import follow, show_end
from ui.text import plain


@st.fragment
def live_example(
    key: str, task: str, model_id: str, prompt: str, settings: Mapping[str, Any]
) -> None:
    """Let the student run `prompt` on `model_id`; drawn apart, so the lesson stays as it is."""
    name = f"live.{key}"
    with st.container(border=True):
        st.caption(f":material/play_circle: Live: {plain(model_id)} runs on this machine")
        text = st.text_area("Prompt", value=prompt, key=f"{name}.prompt", height=90)
        # The parameters stand below the text that they change, so that Run and text stay together.
        buttons, output = st.container(horizontal=True), st.container()
        with st.expander("Parameters", icon=":material/tune:"):
            config = choose_settings(name, Task(task), default=GenerationConfig(**settings))
        request = Request(Task(task), model_id, text, config, learner=learner())
        with buttons:
            running = run_and_stop(
                name,
                "Run it",
                start=lambda: _start(name, request),
                current=lambda: st.session_state.get(name),
                kind="secondary",
            )
        with output:
            _show_output(name, running=running)


def _show_output(name: str, *, running: bool) -> None:
    ticket: Ticket | None = st.session_state.get(name)
    if isinstance(error := st.session_state.get(f"{name}.error"), LabError):
        show_error(error)
    elif ticket is not None and running:
        follow(ticket)
        # Once more from the top, so that Run is offered again.
        st.rerun(scope="fragment")
    elif ticket is not None:
        show_end(ticket)


def _start(name: str, request: Request) -> None:
    try:
        ticket = lab().submit(request)
        st.session_state[name] = ticket
        note_run(ticket, place=shown_path())
        watch(ticket, page=shown_path())
        st.session_state[f"{name}.error"] = None
    except LabError as error:
        st.session_state[f"{name}.error"] = error
