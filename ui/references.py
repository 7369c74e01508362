"""The field of Task 3 for good answers, which outputs are compared with."""

from __future__ import annotations

import streamlit as st

from core.inference.tasks import TASKS
from core.inference.types import Task
from core.references import known_references, read_references
from ui.text import counted


def choose_references(task: Task, inputs: tuple[str, ...]) -> tuple[str, ...]:
    """Let the student write a good answer to each input, where the task has such; the lab begins.

    Returns one an input, "" where there is none, or nothing; a wrong number is left to the plan.
    """
    if not TASKS[task].references:
        return ()
    key = f"compare.{task}.references"
    filled = f"{key}.filled"
    # What a student wrote stays. What the lab filled in follows the inputs, or it would judge
    # other texts than those that it answers.
    if st.session_state.get(key) == st.session_state.get(filled):
        st.session_state[key] = st.session_state[filled] = known_references(task, inputs)
    with st.expander("Compare with a good answer", icon=":material/task_alt:"):
        text = st.text_area(
            "References, one a line",
            height=120,
            key=key,
            help="A reference is an answer that you hold for good. In the order of the inputs; "
            "leave a line empty where you have none.",
            persist_state="session",
        )
        references = read_references(text, len(inputs))
        if references and len(references) != len(inputs):
            st.warning(
                f"{counted(len(inputs), 'input')}, but {counted(len(references), 'line')} here.",
                icon=":material/warning:",
            )
        else:
            st.caption(
                f"For {sum(map(bool, references))} of {counted(len(inputs), 'input')}. "
                "Each output gets a score for how near it comes: chrF."
            )
    return references
