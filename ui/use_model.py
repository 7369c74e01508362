"""Where a model can be run: alone in Task 2, beside others in Task 3."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import streamlit as st

from core.comparing import MAX_CANDIDATES
from core.inference.tasks import COMPARED
from core.inference.types import Task
from ui.candidates import Differs
from ui.navigation import go_to, task_pages


def offer_testing(
    task: Task,
    model_id: str,
    *,
    key: str,
    which: str = "",
    kind: Literal["primary", "secondary"] = "secondary",
) -> None:
    """Offer to go to Task 2 with the model chosen; `which` says for what, if it can do several."""
    if st.button(
        f"Open in Task 2{which}",
        type=kind,
        icon=":material/play_circle:",
        key=key,
    ):
        st.session_state["test.task"] = task
        st.session_state[f"test.{task}.model"] = model_id
        go_to(task_pages()["test"])


def offer_comparing(
    task: Task, model_id: str, chosen: Sequence[str], *, key: str, which: str = ""
) -> bool:
    """Offer to add the model to those `chosen` in Task 3; tell whether that was pressed.

    Where Task 3 does not compare models for `task`, nothing is offered.
    """
    if task not in COMPARED:
        return False
    added, full = model_id in chosen, len(chosen) >= MAX_CANDIDATES
    return st.button(
        f"In Task 3{which}" if added else f"Add to Task 3{which}",
        icon=":material/check:" if added else ":material/compare_arrows:",
        disabled=added or full,
        help="Task 3 compares four models at most: remove one there." if full else None,
        key=key,
    )


def choose_for_comparing(task: Task, models: Sequence[str]) -> None:
    """Set Task 3 to compare `models`."""
    st.session_state["compare.task"] = task
    st.session_state["compare.differs"] = Differs.MODEL
    st.session_state[f"compare.{task}.models"] = list(models)
