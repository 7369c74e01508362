"""Fields that Task 2 and Task 3 share. What is chosen and typed lasts for the whole visit."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.inference.tasks import TASKS
from core.inference.types import GenerationConfig, Task

# What the fields of the settings take.
RANGES: dict[str, tuple[float, float]] = {
    "max_new_tokens": (1, 300),
    "temperature": (0.0, 2.0),
    "top_p": (0.05, 1.0),
    "seed": (0, 2**32 - 1),
}


def choose_task(page: str, *, default: Task, tasks: Sequence[Task] = tuple(Task)) -> Task:
    """Let the student choose what the models are to do, one of `tasks`."""
    return st.segmented_control(
        "Task",
        tasks,
        default=default,
        required=True,
        format_func=lambda task: TASKS[task].label,
        key=f"{page}.task",
        help="Named by its Hugging Face pipeline tag: " + ", ".join(tasks),
        wrap=True,
        persist_state="session",
    )


def choose_settings(
    page: str,
    task: Task,
    *,
    default: GenerationConfig | None = None,
    ignore_end: bool = False,
    alternatives: int = 0,
) -> GenerationConfig:
    """Let the student set how tokens are chosen; each parameter says in a line what it does."""
    default = default or TASKS[task].config
    # Each task has fields of its own, so that its defaults do not depend on what came before.
    key = f"{page}.{task}"
    tokens = st.slider(
        "Max new tokens",
        *RANGES["max_new_tokens"],
        default.max_new_tokens,
        key=f"{key}.max_new_tokens",
        persist_state="session",
    )
    st.caption("The model stops after this many tokens, or earlier when it ends by itself.")
    temperature = st.slider(
        "Temperature",
        *RANGES["temperature"],
        default.temperature,
        0.1,
        key=f"{key}.temperature",
        persist_state="session",
    )
    st.caption("0 always takes the likeliest token. Higher gives unlikely tokens more of a chance.")
    top_p = st.slider(
        "Top-p",
        *RANGES["top_p"],
        default.top_p,
        0.05,
        key=f"{key}.top_p",
        disabled=temperature == 0,
        persist_state="session",
    )
    st.caption("Draw only from the likeliest tokens that together have this probability.")
    seed = st.number_input(
        "Seed",
        *RANGES["seed"],
        default.seed,
        key=f"{key}.seed",
        disabled=temperature == 0,
        persist_state="session",
    )
    st.caption("The same seed and settings give the same text again. Change it for another text.")
    return GenerationConfig(
        max_new_tokens=tokens,
        temperature=temperature,
        top_p=top_p,
        seed=int(seed),
        ignore_end=ignore_end,
        alternatives=alternatives,
    )
