"""The runs, comparisons and trainings of My lab."""

from __future__ import annotations

import streamlit as st

from core.comparing import CompareProgress
from core.errors import LabError
from core.finetuning.jobs import trainings
from core.finetuning.words import settings_in_words
from core.report.clock import Clock
from core.work.comparisons import progress_of
from core.work.entries import Comparison, Run, Trained
from ui.compare_results import show_results
from ui.errors import show_error
from ui.learner import address_of_key
from ui.navigation import go_to, task_pages
from ui.record import learner, work
from ui.run_table import show_run_table
from ui.text import counted, duration, plain
from ui.zone import clock

_OPENED = "my_lab.opened"


def show_runs() -> None:
    """Draw a table of all runs, and the whole text of the one that is chosen."""
    timed = work().timed(Run)
    if not timed:
        _offer("test", "No runs yet. Let a model write something in Task 2.", "Run a prompt")
        return
    show_run_table([run for _, run in timed])
    numbers = list(range(len(timed), 0, -1))
    chosen = st.selectbox(
        "Read one whole",
        numbers,
        index=None,
        format_func=lambda number: _run_label(number, *timed[number - 1], clock()),
        placeholder="Choose a run",
        key="my_lab.run",
    )
    if chosen is not None:
        _, run = timed[chosen - 1]
        with st.container(border=True):
            st.caption("Prompt")
            st.text(run.request.inputs)
            st.caption(f"What {plain(run.result.provenance.model_id)} wrote")
            st.text(run.result.output or "(nothing)")


def show_comparisons() -> None:
    """Draw a choice of comparisons, and the one that is chosen as Task 3 drew it."""
    timed = work().timed(Comparison)
    if not timed:
        _offer(
            "compare",
            "No comparisons yet. Give several models the same inputs in Task 3.",
            "Compare models",
        )
        return
    newest = len(timed) - 1
    chosen = st.selectbox(
        f"Your comparisons ({len(timed)})",
        range(newest, -1, -1),
        format_func=lambda place: _comparison_label(*timed[place], clock()),
        key="my_lab.comparison",
    )
    try:
        show_results(_restored(timed[chosen if chosen is not None else newest][1]))
    except LabError as error:
        show_error(error)


def show_trainings() -> None:
    """Draw each training with its figures, and the way to those that are still kept."""
    timed = work().timed(Trained)
    if not timed:
        _offer(
            "finetune", "No trainings yet. Make a model of your own in Task 4.", "Fine-tune a model"
        )
        return
    kept = {training.id for training in trainings().of(learner())}
    for when_s, trained in reversed(timed):
        with st.container(border=True):
            st.markdown(f"**{plain(trained.name) or 'A training'}**")
            st.caption(f"{clock().minute(when_s)} · {_training_words(trained)}")
            _show_figures(trained)
            # An id in a record opens nothing: whose training it is decides.
            if trained.training_id in kept:
                if st.button(
                    "Open in Task 4",
                    icon=":material/model_training:",
                    key=f"my_lab.training.{trained.training_id}",
                ):
                    page = task_pages()["finetune"]
                    address = {**address_of_key(), "training": trained.training_id}
                    st.switch_page(page, query_params=address)
            else:
                st.caption("Its model is not kept in this lab; its figures and curves are.")


def _training_words(trained: Trained) -> str:
    return " · ".join(map(plain, settings_in_words(trained.settings)))


def _show_figures(trained: Trained) -> None:
    with st.container(horizontal=True, gap="medium"):
        if trained.accuracy is not None:
            st.metric("Accuracy", f"{trained.accuracy.value:.0%}", width="content")
        if trained.macro_f1 is not None:
            st.metric("Macro-F1", f"{trained.macro_f1.value:.0%}", width="content")
        st.metric("Time", duration(trained.seconds), width="content")


def _restored(comparison: Comparison) -> CompareProgress:
    """Return the comparison as the screen draws it, the same one at each run of the page."""
    opened = st.session_state.get(_OPENED)
    if opened is None or opened[0] is not comparison:
        opened = (comparison, progress_of(comparison))
        st.session_state[_OPENED] = opened
    progress: CompareProgress = opened[1]
    return progress


def _run_label(number: int, when_s: float, run: Run, times: Clock) -> str:
    prompt = " ".join(run.request.inputs.split())[:50]
    return f"{number} · {times.minute(when_s)} · {run.request.model_id} · {prompt}"


def _comparison_label(when_s: float, comparison: Comparison, times: Clock) -> str:
    names = ", ".join(one.label for one in comparison.candidates)
    inputs = counted(len(comparison.inputs), "input")
    return f"{times.minute(when_s)} · {names} · {inputs}"


def _offer(task: str, words: str, label: str) -> None:
    page = task_pages()[task]
    st.info(words, icon=":material/lightbulb:")
    if st.button(label, icon=page.icon, key=f"my_lab.go.{task}"):
        go_to(page)
