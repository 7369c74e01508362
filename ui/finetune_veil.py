"""A training whose fault was drawn by lot, and is not told until its student has said it."""

from __future__ import annotations

import streamlit as st

from core.finetuning.jobs import Training

_VEILED = "finetune.veiled"


def veil(training: Training) -> None:
    """Keep back what was wrong with `training`, in this visit."""
    veiled: set[str] = st.session_state.setdefault(_VEILED, set())
    veiled.add(training.id)


def is_veiled(training: Training) -> bool:
    """Tell whether the page has to keep back data, settings and name of `training`."""
    drawn = training.id in st.session_state.get(_VEILED, ())
    return drawn and st.session_state.get(diagnosis_key(training)) is None


def diagnosis_key(training: Training) -> str:
    """Return the key of the field in which a student says what went wrong."""
    return f"finetune.{training.id}.diagnosis"
