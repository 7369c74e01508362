"""After a reload of Task 4: the form as the training of the address had it, and its data."""

from __future__ import annotations

import streamlit as st

from core.errors import LabError
from core.finetuning.failure_presets import Preset, preset_of
from core.finetuning.feedback import customer_feedback
from core.finetuning.jobs import Training
from ui.finetune_data import keep_data
from ui.finetune_run import current
from ui.finetune_settings import take_settings

_DONE = "finetune.restored"
# Their training texts are no longer those that the student chose.
_CHANGE_DATA = (Preset.IMBALANCED, Preset.WRONG_LABELS)


def restore_form() -> None:
    """Fill the form in from the training of the address, once, when a visit begins with one."""
    if _DONE in st.session_state:
        return
    st.session_state[_DONE] = True
    training = current()
    if training is None:
        return
    preset = preset_of(training.order.name)
    take_settings(training.settings, preset)
    if preset not in _CHANGE_DATA:
        _keep(training)


def _keep(training: Training) -> None:
    try:
        splits = training.splits()
    except LabError:
        return
    built_in = customer_feedback()
    if (splits.name, splits.test) != (built_in.name, built_in.test):
        keep_data(splits)
