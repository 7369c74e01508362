"""Setting a workbench up for a step of its guide, at a click on "Load this example"."""

from __future__ import annotations

from collections.abc import Collection

import streamlit as st

from core.exercises.types import Setup
from core.explore.pipeline_tags import all_tags
from core.explore.types import Kind
from core.finetuning.failure_presets import Preset
from core.inference.lab import lab
from core.inference.tasks import COMPARED
from core.inference.types import Task
from ui.candidates import Differs
from ui.explore_model import open_tokens
from ui.finetune_settings import begin_with
from ui.form import RANGES
from ui.models import for_task

_REPEATS = range(1, 11)


def apply(setup: Setup) -> None:
    """Fill the fields of a page in; call it before they are drawn, from a button's `on_click`.

    What the page does not offer, such as a model that is not there, is left as it was.
    """
    {"explore": _explore, "test": _test, "compare": _compare, "finetune": _finetune}[setup.page](
        setup
    )


def _explore(setup: Setup) -> None:
    for kind in Kind:
        st.query_params.pop(kind.value, None)
    key = f"explore.{Kind.MODEL}"
    if setup.open is not None:
        st.query_params[Kind.MODEL.value] = setup.open
        if setup.prompt is not None:
            open_tokens(setup.open, setup.prompt)
        return
    if setup.task in {tag.tag for tag in all_tags()}:
        st.session_state[f"{key}.task"] = setup.task
    if setup.search is not None:
        st.session_state[f"{key}.text"] = setup.search


def _test(setup: Setup) -> None:
    task = _choose_task("test", setup, Task.TEXT_GENERATION, tuple(Task))
    if setup.model in _usable(task):
        st.session_state[f"test.{task}.model"] = setup.model
    if setup.prompt is not None:
        st.session_state[f"test.{task}.prompt"] = setup.prompt
        # The example that was chosen before is no longer what stands in the field.
        st.session_state[f"test.{task}.prompt.example"] = None
    if setup.alternatives is not None:
        st.session_state[f"test.{task}.alternatives"] = setup.alternatives
    _set_settings("test", task, setup)


def _compare(setup: Setup) -> None:
    task = _choose_task("compare", setup, Task.TRANSLATION_EN_TO_FR, COMPARED)
    if setup.differs is not None:
        st.session_state["compare.differs"] = Differs[setup.differs.upper()]
    usable = _usable(task)
    models = [model for model in setup.models if model in usable]
    if len(models) > 1:
        st.session_state[f"compare.{task}.models"] = models
    if setup.model in usable and setup.differs in ("engine", "precision"):
        st.session_state[f"compare.{task}.{setup.differs}.model"] = setup.model
    if setup.repeats in _REPEATS:
        st.session_state["compare.repeats"] = setup.repeats
    if setup.equal_length is not None:
        st.session_state["compare.equal_length"] = setup.equal_length
    if setup.blind is not None:
        st.session_state["compare.blind"] = setup.blind
    if setup.inputs:
        _set_inputs(task, setup)
    _set_settings("compare", task, setup)


def _set_inputs(task: Task, setup: Setup) -> None:
    key = f"compare.{task}"
    st.session_state[f"{key}.inputs"] = "\n".join(setup.inputs)
    if setup.references:
        st.session_state[f"{key}.references"] = "\n".join(setup.references)
        return
    # Those that belong to other inputs go, and the lab fills in what it knows of these.
    for name in ("references", "references.filled"):
        st.session_state.pop(f"{key}.{name}", None)


def _finetune(setup: Setup) -> None:
    presets = [str(preset) for preset in Preset]
    if setup.preset in presets:
        begin_with(Preset(setup.preset), labels_used=setup.labels_used)
    if setup.inputs:
        st.session_state["finetune.sentences"] = "\n".join(setup.inputs)


def _choose_task(page: str, setup: Setup, default: Task, offered: Collection[Task]) -> Task:
    """Set the task of `page` if it is one of those offered there, and return what it is then."""
    wanted = next((task for task in offered if task == setup.task), None)
    if wanted is not None:
        st.session_state[f"{page}.task"] = wanted
    task: Task = st.session_state.get(f"{page}.task") or default
    return task


def _usable(task: Task) -> set[str]:
    entries = for_task(lab().catalogue, task)
    return {name for name, entry in entries.items() if entry.usable}


def _set_settings(page: str, task: Task, setup: Setup) -> None:
    for name, (low, high) in RANGES.items():
        value = getattr(setup, name)
        if value is not None and low <= value <= high:
            st.session_state[f"{page}.{task}.{name}"] = value
