"""What a comparison compared and how it was measured, in words for a screen and for a report."""

from __future__ import annotations

import pandas as pd

from core.comparing import ComparePlan
from core.inference.tasks import TASKS
from core.words import counted


def what_was_compared(plan: ComparePlan) -> tuple[str, ...]:
    """Return the task and the settings of `plan`, each in a few words; ids stand as they are."""
    config = plan.config
    one_model = [c.model_id for c in plan.candidates if c.runtime is not None][:1]
    parts = [TASKS[plan.task].label, *one_model, counted(plan.repeats, "repeat")]
    if TASKS[plan.task].writes:
        parts.append(f"max new tokens {config.max_new_tokens}")
        parts.append(f"temperature {config.temperature:g}")
    if config.samples:
        parts += [f"top-p {config.top_p:g}", f"seed {config.seed}"]
    if config.ignore_end:
        parts.append("same output length for all: text past a model's end means nothing")
    return tuple(parts)


def how_it_was_measured(frame: pd.DataFrame) -> str:
    """Say what computed the runs in `frame`, and by which protocol they were timed."""
    ways = frame[["engine", "precision", "threads", "versions", "where"]].drop_duplicates()
    made = "; ".join(
        f"{way.engine} {way.precision}, {counted(way.threads, 'thread')}, {way.versions}"
        for way in ways.itertuples()
    )
    where = " and ".join(dict.fromkeys(ways["where"]))
    return (
        f"Measured {where}: {made}. Each candidate answered once before, unmeasured; then they "
        "took turns. Latency leaves out loading and queue."
    )
