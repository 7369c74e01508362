"""Run and Stop, as every task offers them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, Protocol

import streamlit as st


class Stoppable(Protocol):
    """A run under way, or one that has ended."""

    @property
    def ended(self) -> bool:
        """Whether nothing more will come."""
        ...

    def cancel(self) -> None:
        """Ask it to stop."""
        ...


def run_and_stop(
    name: str,
    label: str,
    *,
    start: Callable[[], None],
    current: Callable[[], Stoppable | None],
    usable: bool = True,
    kind: Literal["primary", "secondary"] = "primary",
) -> bool:
    """Draw the buttons of the task `name`; `start` is called at a click, with fields up to date.

    Returns whether they were drawn for a run under way, and so want drawing again at its end.

    Not a callback of the button, which would get what stood in the fields before their last change;
    and no second run of the page to grey Run out, which would delay the first words: an impatient
    second click starts nothing.
    """
    busy = _is_running(current())
    pressed = st.button(
        label,
        type=kind,
        icon=":material/play_arrow:",
        disabled=busy or not usable,
        key=f"{name}.run",
    )
    if pressed and not busy:
        start()
    run = current()
    running = _is_running(run)
    st.button(
        "Stop",
        icon=":material/stop:",
        disabled=not running,
        on_click=run.cancel if run is not None else None,
        key=f"{name}.stop",
    )
    return busy or running


def _is_running(run: Stoppable | None) -> bool:
    return run is not None and not run.ended
