"""Where a model that was trained in Task 4 can be run: alone in Task 2, beside others in Task 3."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.comparing import MAX_INPUTS
from core.finetuning.companions import scratch_of
from core.finetuning.jobs import Training
from core.finetuning.trained_models import has_model, model_id_of
from core.inference.types import Task
from ui.navigation import go_to, task_pages
from ui.own_models import note_training
from ui.text import plain
from ui.use_model import choose_for_comparing, offer_comparing, offer_testing

_TASK = Task.TEXT_CLASSIFICATION


def show_use(training: Training) -> None:
    """Offer to run the model of `training`, which has ended, in Task 2 and in Task 3."""
    if not has_model(training):
        return
    note_training(training)
    model_id = model_id_of(training)
    st.subheader("Use it", anchor=False)
    st.caption(
        f"In this lab your model is called {plain(model_id)}. It is offered to you alone, and kept "
        "as long as this training."
    )
    with st.container(horizontal=True):
        offer_testing(_TASK, model_id, key=f"use.{training.id}.test")
        chosen: list[str] = st.session_state.get(f"compare.{_TASK}.models") or []
        if offer_comparing(_TASK, model_id, chosen, key=f"use.{training.id}.compare"):
            _compare([*chosen, model_id])
            st.rerun()
        _offer_twins(training, model_id)


def _offer_twins(training: Training, model_id: str) -> None:
    """Offer the comparison that shows what the base model is worth."""
    twin = scratch_of(training) if training.settings.pretrained else None
    if twin is None or not has_model(twin):
        return
    if st.button(
        "Compare with the one from scratch",
        icon=":material/compare_arrows:",
        key=f"use.{training.id}.twins",
    ):
        _compare([model_id_of(twin), model_id])
        go_to(task_pages()["compare"])


def _compare(models: Sequence[str]) -> None:
    choose_for_comparing(_TASK, models)
    # The student's own sentences of Task 4 are what they want to see there.
    typed = str(st.session_state.get("finetune.sentences", ""))
    lines = [line.strip() for line in typed.splitlines() if line.strip()]
    if lines:
        st.session_state.setdefault(f"compare.{_TASK}.inputs", "\n".join(lines[:MAX_INPUTS]))
