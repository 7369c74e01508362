"""A measurement inside a lesson: one model on each engine and precision that it has here."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from core import charts
from core.comparing import (
    MAX_CANDIDATES,
    Candidate,
    ComparePlan,
    CompareProgress,
    compare,
    summarise,
    to_frame,
)
from core.errors import LabError
from core.inference.lab import lab
from core.inference.types import GenerationConfig, Task
from core.inference.variants import Variant, variants_of, weights_bytes
from core.jobs import Job
from ui.buttons import run_and_stop
from ui.errors import show_error
from ui.models import runtime_label
from ui.navigation import shown_path
from ui.presence import watch
from ui.record import learner
from ui.text import plain

REPEATS = 3


@st.fragment
def engine_race(key: str, task: str, model_id: str, prompt: str, max_new_tokens: int) -> None:
    """Let the student measure `model_id` on all its engines; drawn apart from the lesson."""
    name = f"race.{key}"
    with st.container(border=True):
        st.caption(f":material/speed: Live: {plain(model_id)} on every engine of this machine")
        st.text(prompt)
        config = GenerationConfig(max_new_tokens=max_new_tokens, ignore_end=True)
        with st.container(horizontal=True):
            running = run_and_stop(
                name,
                "Measure here",
                start=lambda: _start(name, Task(task), model_id, prompt, config),
                current=lambda: st.session_state.get(name),
                kind="secondary",
            )
        _show(name, running=running)


def _start(name: str, task: Task, model_id: str, prompt: str, config: GenerationConfig) -> None:
    *fast, reference = variants_of(lab().find(task, model_id))
    taking_part = (*fast[: MAX_CANDIDATES - 1], reference)
    candidates = tuple(Candidate(model_id, variant.runtime) for variant in taking_part)
    try:
        plan = ComparePlan(task, candidates, (prompt,), REPEATS, config, learner())
        job = Job(lambda cancelled: compare(lab(), plan, cancelled=cancelled))
        st.session_state[name] = job
        watch(job, page=shown_path())
        st.session_state[f"{name}.error"] = None
    except LabError as error:
        st.session_state[f"{name}.error"] = error


def _show(name: str, *, running: bool) -> None:
    job: Job[CompareProgress] | None = st.session_state.get(name)
    if isinstance(error := st.session_state.get(f"{name}.error"), LabError):
        show_error(error)
    elif job is not None and running:
        _follow(job)
        # Once more from the top, so that the button is offered again.
        st.rerun(scope="fragment")
    elif job is not None:
        if job.error is not None:
            show_error(job.error)
        if job.latest is not None and job.latest.measured:
            _show_results(job.latest)


def _follow(job: Job[CompareProgress]) -> None:
    bar = st.empty()
    for progress in job.follow():
        if progress is not None:
            bar.progress(progress.share, plain(progress.doing))


def _show_results(progress: CompareProgress) -> None:
    frame = to_frame(progress.measured)
    finding = charts.speed_finding(frame)
    st.markdown(f"**{plain(finding)}**")
    st.altair_chart(charts.speed_chart(frame), width="stretch", alt=f"Speed: {finding}.")
    st.dataframe(
        _table(progress, frame),
        hide_index=True,
        column_config={
            "Tokens/s": st.column_config.NumberColumn(format="%.0f"),
            "Weights (MB)": st.column_config.NumberColumn(format="%.1f"),
        },
        alt="One row an engine: speed, speed against the reference, size, whether the text is "
        "the reference's",
    )


def _table(progress: CompareProgress, frame: pd.DataFrame) -> pd.DataFrame:
    speeds = summarise(frame).set_index("candidate")["tokens_per_s"]
    outputs = frame.drop_duplicates("candidate").set_index("candidate")["output"]
    # The reference is the last: it is the slowest way, and every model has it.
    reference = progress.plan.candidates[-1].label
    rows = []
    for candidate in progress.plan.candidates:
        if candidate.label not in speeds or candidate.runtime is None:
            continue
        variant = Variant(lab().catalogue.find(candidate.model_id), candidate.runtime)
        compared = reference in speeds
        rows.append(
            {
                "Engine": runtime_label(candidate.runtime),
                "Tokens/s": speeds[candidate.label],
                "Speed": f"{speeds[candidate.label] / speeds[reference]:.1f}x" if compared else "",
                "Weights (MB)": weights_bytes(variant) / 1e6,
                "Same text": (
                    ("yes" if outputs[candidate.label] == outputs[reference] else "no")
                    if compared
                    else ""
                ),
            }
        )
    return pd.DataFrame(rows)
