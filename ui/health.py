"""The health panel: who waits, what is loaded, how fast it goes, what went wrong.

Behind a passphrase from Streamlit's secrets; without one there is no panel at all.
"""

from __future__ import annotations

from datetime import UTC, datetime

import psutil
import streamlit as st

from core.inference.lab import lab
from core.once import Once
from core.passphrase import Door, Passphrase
from core.settings import settings
from ui.owner import health_passphrase
from ui.text import duration, plain, size
from ui.warm import warm_up_starters

_OPEN_WITH = "health.open_with"
_REFRESH_S = 3


@Once
def _door() -> Passphrase:
    return Passphrase()


def show_door() -> bool:
    """Draw the question for the passphrase until it was answered; tell whether it was."""
    secret = health_passphrase()
    # Whoever is inside stays until the passphrase is changed.
    if secret and st.session_state.get(_OPEN_WITH) == secret:
        return True
    st.caption("For whoever runs this lab: who waits, what is loaded, what went wrong.")
    with st.form("health.door", border=False):
        given = st.text_input("Passphrase", type="password", key="health.passphrase")
        pressed = st.form_submit_button("Open", type="primary")
    if pressed:
        match _door().knock(given, secret=secret):
            case Door.OPEN if secret:
                st.session_state[_OPEN_WITH] = secret
                st.rerun()
            case Door.TOO_SOON:
                st.warning(
                    f"Wait {duration(_door().wait_s)} before the next try.",
                    icon=":material/hourglass_top:",
                )
            case _:
                st.error("That is not the passphrase.", icon=":material/lock:")
    return False


@st.fragment(run_every=_REFRESH_S)
def show_panel() -> None:
    """Draw the lab's state, again every few seconds."""
    _show_figures()
    _show_lanes()
    _show_models()
    _show_problems()
    st.caption(f"As of {_clock(datetime.now(UTC).timestamp())}, redrawn every {_REFRESH_S} s.")


def _show_figures() -> None:
    lanes, minute = lab().lanes(), lab().journal.last_minute()
    resident, limits = psutil.Process().memory_info().rss, settings()
    wait = "–" if minute.median_wait_s is None else duration(minute.median_wait_s)
    with st.container(horizontal=True, gap="medium"):
        for label, value, explanation in (
            ("Running", sum(lane.running for lane in lanes), "Requests being answered now."),
            ("Waiting", sum(lane.waiting for lane in lanes), "Requests in line, all models."),
            ("Tokens/s", f"{minute.tokens_per_s:.0f}", "Written in the last minute, by all."),
            ("Runs", minute.runs, "That ended in the last minute."),
            ("Median wait", wait, "In line, of the runs that ended in the last minute."),
            (
                "Memory",
                size(resident),
                f"Of the whole lab, of {size(limits.memory_limit_bytes)} that this machine or "
                "container grants.",
            ),
        ):
            st.metric(label, value, help=explanation, width="content")


def _show_lanes() -> None:
    st.subheader("Who waits", anchor=False)
    rows = [
        {
            "Model and engine": lane.lane,
            "Running": lane.running,
            "At once": lane.width,
            "Waiting": lane.waiting,
            "Learners": lane.learners,
            "Median": None if lane.median_s is None else duration(lane.median_s),
            "Done · stopped · failed": f"{lane.done} · {lane.stopped} · {lane.failed}",
        }
        for lane in lab().lanes()
    ]
    _table(rows, "Nobody has asked for anything yet.", "One row a model: who runs and who waits")


def _show_models() -> None:
    st.subheader("Models in memory", anchor=False)
    budget = settings().memory_budget_bytes
    slots = lab().pool.snapshot()
    rows = [
        {
            "Model and engine": slot.key,
            "Memory": size(slot.memory_bytes),
            "In use by": slot.users,
            "Idle": duration(slot.idle_s),
        }
        for slot in slots
    ]
    used = sum(slot.memory_bytes for slot in slots)
    st.caption(f"{size(used)} of {size(budget)} that models may take together.")
    _table(rows, "None.", "One row a loaded model: its memory and who uses it")
    st.button(
        "Load the starters now",
        icon=":material/local_fire_department:",
        on_click=warm_up_starters,
        help="Before class: each first run is then as quick as the next.",
        key="health.warm_up",
    )


def _show_problems() -> None:
    st.subheader("What went wrong lately", anchor=False)
    rows = [
        {"When": _clock(problem.at), "Model and engine": problem.lane, "What": problem.what}
        for problem in lab().journal.problems
    ]
    _table(rows, "Nothing.", "One row a problem, the latest first")


def _table(rows: list[dict[str, object]], nothing: str, alt: str) -> None:
    if rows:
        st.dataframe(rows, hide_index=True, alt=alt)
    else:
        st.caption(plain(nothing))


def _clock(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%H:%M:%S UTC")
