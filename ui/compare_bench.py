"""The workbench of Task 3: what to compare, the run under way, its results."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from core.comparing import MAX_INPUTS, ComparePlan, CompareProgress, compare
from core.errors import LabError
from core.inference.lab import lab
from core.inference.tasks import COMPARED, TASKS
from core.inference.types import GenerationConfig, Task
from core.jobs import Job
from ui.buttons import run_and_stop
from ui.candidates import choose_candidates, choose_what_differs
from ui.compare_blind import hide_names
from ui.compare_results import show_results
from ui.errors import show_error
from ui.form import choose_settings, choose_task
from ui.presence import watch
from ui.record import (
    compare_job,
    keep_comparison,
    kept_comparison,
    learner,
    set_compare_job,
)
from ui.references import choose_references
from ui.text import counted, plain

_ERROR = "compare.error"


def show_form() -> bool:
    """Draw the choice of task, models, inputs, repeats and parameters, with Run and Stop.

    Returns whether a comparison is under way.
    """
    task = choose_task("compare", default=Task.TRANSLATION_EN_TO_FR, tasks=COMPARED)
    differs = choose_what_differs()
    left, right = st.columns([5, 6], gap="large")
    with left:
        candidates = choose_candidates(task, differs)
        repeats = _choose_repeats()
        blind = _choose_blind(task)
        config = _choose_config(task)
    with right:
        texts = _choose_inputs(task)
        references = choose_references(task, texts)
    return _show_buttons(
        counted(len(candidates), "candidate"),
        counted(len(texts), "input"),
        counted(repeats, "repeat"),
        runs=len(candidates) * len(texts) * repeats,
        plan=lambda: ComparePlan(task, candidates, texts, repeats, config, learner(), references),
        blind=blind,
    )


def show_run(*, running: bool) -> None:
    """Draw the comparison under way or the last one, or what to do first."""
    job = compare_job()
    if (error := st.session_state.get(_ERROR)) is not None:
        show_error(error)
    if running and job is not None:
        _follow(job)
        # Once more from the top, so that Compare is offered again.
        st.rerun()
    if job is not None and job.error is not None:
        show_error(job.error)
    shown = job.latest if job is not None else kept_comparison()
    if shown is not None:
        show_results(shown)
    elif job is None and error is None:
        st.info(
            "Choose what to compare, then press **Compare**. Outputs and charts appear here.",
            icon=":material/lightbulb:",
        )


def _choose_repeats() -> int:
    return st.slider(
        "Repeats",
        1,
        10,
        3,
        key="compare.repeats",
        help="How often each candidate answers each input. A warm-up run before does not count.",
        persist_state="session",
    )


def _choose_config(task: Task) -> GenerationConfig:
    if not TASKS[task].writes:
        return TASKS[task].config
    equal_length = st.toggle(
        "Same output length for all",
        key="compare.equal_length",
        help="Every candidate goes on to max new tokens even when it wants to end, so that latency "
        "does not depend on who writes less. The text past its end means nothing.",
        persist_state="session",
    )
    with st.expander("Parameters", icon=":material/tune:"):
        return choose_settings("compare", task, ignore_end=equal_length)


def _choose_inputs(task: Task) -> tuple[str, ...]:
    key = f"compare.{task}.inputs"
    examples = [text for _, text in TASKS[task].examples]
    st.session_state.setdefault(key, "\n".join(examples[:2]))
    text = st.text_area(
        "Inputs, one a line",
        height=220,
        key=key,
        help=f"Up to {MAX_INPUTS}. Empty lines do not count.",
        persist_state="session",
    )
    inputs = tuple(line.strip() for line in text.splitlines() if line.strip())
    st.caption(counted(len(inputs), "input"))
    return inputs


def _choose_blind(task: Task) -> bool:
    return TASKS[task].writes and st.toggle(
        "Judge blind first",
        key="compare.blind",
        help="Outputs appear without names and figures, in a mixed order, until you have said "
        "which reads best.",
        persist_state="session",
    )


def _show_buttons(*counts: str, runs: int, plan: Callable[[], ComparePlan], blind: bool) -> bool:
    with st.container(horizontal=True, vertical_alignment="center"):
        running = run_and_stop(
            "compare",
            "Compare",
            start=lambda: _start(plan, blind=blind),
            current=compare_job,
        )
        st.caption(f"{' × '.join(counts)} = {counted(runs, 'run')}")
    return running


def _start(planned: Callable[[], ComparePlan], *, blind: bool) -> None:
    st.session_state[_ERROR] = None
    try:
        plan = planned()
        keep = keep_comparison()
        job = Job(lambda cancelled: keep(compare(lab(), plan, cancelled=cancelled)))
        set_compare_job(job)
        if blind:
            hide_names(plan.id)
        # It takes long enough to read a lesson meanwhile; closing the lab ends it.
        watch(job, page=None)
    except LabError as error:
        st.session_state[_ERROR] = error


def _follow(job: Job[CompareProgress]) -> None:
    bar = st.empty()
    for progress in job.follow():
        if progress is None:
            bar.progress(0.0, "Starting …")
            continue
        left = "" if progress.left_s is None else f" · about {progress.left_s:.0f} s left"
        done = f"{progress.done} of {progress.plan.runs} runs{left}"
        bar.progress(progress.share, f"{done} · {plain(progress.doing)}")
