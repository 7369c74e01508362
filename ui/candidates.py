"""Choosing what Task 3 compares: several models, or one model run in several ways."""

from __future__ import annotations

from enum import StrEnum

import streamlit as st

from core.catalogue import ModelEntry
from core.comparing import MAX_CANDIDATES, Candidate
from core.inference.types import Engine, Runtime, Task
from core.inference.variants import variants_of
from ui.own_models import offered, tell_of_own
from ui.text import counted


class Differs(StrEnum):
    """What the candidates differ in, as the screen says it."""

    MODEL = "Different models"
    ENGINE = "Same model, another engine"
    PRECISION = "Same model, other precision"


def choose_what_differs() -> Differs:
    """Let the student choose what the candidates differ in."""
    return st.segmented_control(
        "What to compare",
        list(Differs),
        default=Differs.MODEL,
        required=True,
        key="compare.differs",
        wrap=True,
        persist_state="session",
    )


def choose_candidates(task: Task, differs: Differs) -> tuple[Candidate, ...]:
    """Let the student choose two to four candidates for `task`, which differ in that."""
    models = offered(task)
    if differs is Differs.MODEL:
        return _choose_models(task, models)
    choices = {
        name: runtimes
        for name, entry in models.items()
        if entry.usable and len(runtimes := _runtimes(entry, differs)) > 1
    }
    if not choices:
        st.caption(f"No model for this task runs in two {_NOUNS[differs]} here.")
        return ()
    return _choose_runtimes(task, differs, choices)


def _first(models: dict[str, ModelEntry]) -> list[str]:
    """Return what a comparison begins with: two of the lab's or of the student's own."""
    known = [name for name, one in models.items() if one.usable and one.source in _BEGUN_WITH]
    return known[:2]


def _label(entry: ModelEntry) -> str:
    # What tells a student's own models apart is not in their names alone.
    return f"{entry.id} · {entry.summary}" if entry.source == "trained" else entry.id


def _choose_models(task: Task, models: dict[str, ModelEntry]) -> tuple[Candidate, ...]:
    usable = [name for name, entry in models.items() if entry.usable]
    key = f"compare.{task}.models"
    st.session_state.setdefault(key, _first(models))
    chosen = st.multiselect(
        "Models",
        usable,
        max_selections=MAX_CANDIDATES,
        format_func=lambda name: _label(models[name]),
        key=key,
        wrap=True,
        placeholder="Choose two to four models",
        persist_state="session",
    )
    st.caption("Each runs in the way that is fastest here; the results say which.")
    starters = [name for name in usable if models[name].source == "starter"]
    tell_of_own(task)
    if task is not Task.TEXT_CLASSIFICATION and len(starters) < 2:
        st.caption(
            f"This lab ships with {counted(len(starters), 'model')} for this task. "
            "Another comes from the Hub and needs a network; or compare how one model runs, above."
        )
    refused = [entry.refusal for entry in models.values() if not entry.usable]
    if refused:
        with st.expander(f"{len(refused)} more do not fit here", icon=":material/block:"):
            for reason in refused:
                st.text(reason)
    return tuple(map(Candidate, chosen))


def _choose_runtimes(
    task: Task, differs: Differs, choices: dict[str, tuple[Runtime, ...]]
) -> tuple[Candidate, ...]:
    key = f"compare.{task}.{differs.name.lower()}"
    model_id = st.selectbox("Model", list(choices), key=f"{key}.model", persist_state="session")
    if model_id is None:
        return ()
    # Each model has a field of its own: what was chosen of one means nothing for another.
    field = f"{key}.{model_id}"
    fastest, *_, reference = choices[model_id]
    several = list(choices[model_id])[:MAX_CANDIDATES]
    st.session_state.setdefault(
        field, [fastest, reference] if differs is Differs.ENGINE else several
    )
    chosen = st.multiselect(
        _NOUNS[differs].capitalize(),
        choices[model_id],
        max_selections=MAX_CANDIDATES,
        format_func=str,
        key=field,
        wrap=True,
        placeholder=f"Choose two to four {_NOUNS[differs]}",
        persist_state="session",
    )
    st.caption(_HINTS[differs])
    return tuple(Candidate(model_id, runtime) for runtime in chosen)


_BEGUN_WITH = frozenset({"starter", "trained"})
_NOUNS = {Differs.ENGINE: "engines", Differs.PRECISION: "precisions"}
_HINTS = {
    Differs.ENGINE: "The same weights, computed by another program. transformers is the reference.",
    Differs.PRECISION: "The same weights with fewer bits each: smaller and faster, a little less "
    "exact. Does the text change?",
}


def _runtimes(entry: ModelEntry, differs: Differs) -> tuple[Runtime, ...]:
    runtimes = tuple(variant.runtime for variant in variants_of(entry))
    choose = _fastest_of_each_engine if differs is Differs.ENGINE else _most_precisions
    return choose(runtimes)


def _fastest_of_each_engine(runtimes: tuple[Runtime, ...]) -> tuple[Runtime, ...]:
    fastest: dict[Engine, Runtime] = {}
    for runtime in runtimes:
        fastest.setdefault(runtime.engine, runtime)
    return tuple(fastest.values())


def _most_precisions(runtimes: tuple[Runtime, ...]) -> tuple[Runtime, ...]:
    """Return the precisions of the engine that offers most, so that nothing else differs."""
    by_engine = [tuple(r for r in runtimes if r.engine is engine) for engine in Engine]
    return max(by_engine, key=len)
