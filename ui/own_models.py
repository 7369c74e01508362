"""The models that this visitor may use: those of the lab, and those that they trained."""

from __future__ import annotations

import streamlit as st

from core.catalogue import ModelEntry
from core.finetuning.jobs import Training, trainings
from core.finetuning.trained_models import trained_models
from core.inference.lab import lab
from core.inference.types import Task
from ui.models import for_task
from ui.record import learner

_OPENED = "visit.trainings"


def note_training(training: Training) -> None:
    """Let this visitor use the model of `training`, whose page they have opened.

    Who has its address may see all of it, whoever trained it.
    """
    opened: dict[str, None] = st.session_state.setdefault(_OPENED, {})
    opened[training.id] = None


def offered(task: Task) -> dict[str, ModelEntry]:
    """Return the models for `task` by id, this visitor's own first."""
    if task is Task.TEXT_CLASSIFICATION:
        lab().lend(learner(), trained_models(_trainings()))
    return for_task(lab().catalogue_for(learner()), task)


def tell_of_own(task: Task) -> None:
    """Say where models for `task` come from that are this visitor's own."""
    if task is Task.TEXT_CLASSIFICATION:
        st.caption(
            "Models that you fine-tune in Task 4 are offered here, to you alone. Train one and the "
            "same from scratch, and compare both."
        )


def _trainings() -> tuple[Training, ...]:
    own = {training.id: training for training in trainings().of(learner())}
    opened = filter(None, map(trainings().find, st.session_state.get(_OPENED, ())))
    return tuple({**own, **{training.id: training for training in opened}}.values())
