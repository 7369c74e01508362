"""The workbench of Task 2: a form, one run at a time, and what was run before."""

from __future__ import annotations

import streamlit as st

from core.errors import LabError
from core.inference.lab import lab
from core.inference.tasks import TASKS
from core.inference.ticket import Ticket
from core.inference.types import Engine, GenerationConfig, Request, Result, Task
from core.show_code import script_for
from core.work.entries import Run
from ui.buttons import run_and_stop
from ui.choices import show_choices, show_fillings, show_labels
from ui.errors import show_error
from ui.form import choose_settings
from ui.models import (
    choose_runtime,
    describe_model,
    describe_refused,
    first_usable,
    model_label,
)
from ui.navigation import shown_path
from ui.own_models import offered, tell_of_own
from ui.presence import watch
from ui.record import latest_ticket, learner, set_ticket, test_runs
from ui.run import follow, show_end, show_result
from ui.run_table import show_run_table

ALTERNATIVES = 4
_ERROR = "test.error"


def show_form(task: Task) -> bool:
    """Draw the choice of model, prompt and parameters for `task`, with Run and Stop.

    Returns whether a run is under way.
    """
    models = offered(task)
    model_id = st.selectbox(
        "Model",
        list(models),
        index=first_usable(tuple(models.values())),
        format_func=lambda name: model_label(models[name]),
        key=f"test.{task}.model",
        persist_state="session",
    )
    if model_id is None:
        st.warning("No model for this task is installed.", icon=":material/block:")
        return False
    describe_model(models[model_id])
    describe_refused(lab().catalogue)
    tell_of_own(task)
    runtime = choose_runtime(models[model_id], key=f"test.{task}")
    text = _choose_prompt(task)
    # Run stands right below the text, within sight on a small screen, and reads what follows it.
    buttons = st.container(horizontal=True)
    config = _choose_config(task)
    request = Request(task, model_id, text, config, runtime, learner())
    with buttons:
        return run_and_stop(
            "test",
            "Run",
            start=lambda: _start(request),
            current=latest_ticket,
            usable=models[model_id].usable,
        )


def show_output(task: Task, *, running: bool) -> None:
    """Draw the run under way or the last one, or what to do first."""
    ticket = latest_ticket()
    if (error := st.session_state.get(_ERROR)) is not None:
        show_error(error)
        return
    if running and ticket is not None:
        follow(ticket)
        # Once more from the top, so that Run is offered again.
        st.rerun()
    if ticket is not None and ticket.outcome is None:
        show_end(ticket)
        return
    run = _last_run(ticket)
    if run is None:
        st.info(
            "Choose an example or write a prompt of your own, then press **Run**. "
            + (
                "The text appears here as the model writes it."
                if TASKS[task].writes
                else "What the model says appears here."
            ),
            icon=":material/lightbulb:",
        )
        return
    if run.request.task is not task:
        st.caption(f"Your last run, of another task: {TASKS[run.request.task].label}")
    show_result(run.request, run.result)
    if run.result.choices:
        show_choices(run.result.choices)
    if run.result.fillings:
        show_fillings(run.result.fillings)
    if run.result.labels:
        show_labels(run.result.labels)
    with st.expander("Show the code", icon=":material/code:"):
        _show_code(run.request, run.result)


def show_history() -> None:
    """Draw the runs that were made so far, the latest first."""
    runs = test_runs()
    if not runs:
        return
    st.subheader(f"Your runs ({len(runs)})", anchor=False)
    show_run_table(runs)


def _choose_prompt(task: Task) -> str:
    key = f"test.{task}.prompt"
    info = TASKS[task]
    examples = dict(info.examples)

    def take_example() -> None:
        if chosen := st.session_state.get(f"{key}.example"):
            st.session_state[key] = examples[chosen]

    st.session_state.setdefault(key, info.examples[0][1])
    st.pills("Examples", list(examples), key=f"{key}.example", on_change=take_example)
    text: str = st.text_area(
        info.input_label,
        height=150 if task is Task.SUMMARIZATION else 90,
        key=key,
        persist_state="session",
    )
    return text


def _choose_config(task: Task) -> GenerationConfig:
    if not TASKS[task].writes:
        return TASKS[task].config
    with st.expander("Parameters", icon=":material/tune:"):
        return choose_settings("test", task, alternatives=_choose_alternatives(task))


def _choose_alternatives(task: Task) -> int:
    shown = st.toggle(
        "Show how sure the model was",
        key=f"test.{task}.alternatives",
        help="For each token: its probability, and the likeliest ones at that place. It takes a "
        "little time, so leave it off when you measure.",
        persist_state="session",
    )
    return ALTERNATIVES if shown else 0


def _start(request: Request) -> None:
    st.session_state[_ERROR] = None
    try:
        ticket = lab().submit(request)
        set_ticket(ticket)
        watch(ticket, page=shown_path())
    except LabError as error:
        st.session_state[_ERROR] = error


def _show_code(request: Request, result: Result) -> None:
    entry = lab().catalogue_for(learner()).get(request.model_id)
    if entry is None:
        st.caption("The model of this run is no longer kept.")
        return
    st.caption(
        "Plain transformers, without this lab. Run it from the folder of this repository. "
        + _what_it_prints(request, result)
    )
    if result.notices:
        st.caption("The lab shortened or cleaned your text, as said above; the script does not.")
    script = script_for(request, entry, threads=result.provenance.threads)
    st.code(script, language="python")


def _what_it_prints(request: Request, result: Result) -> str:
    made = result.provenance
    if made.engine == Engine.TRANSFORMERS:
        return "It prints the same text."
    if request.config.samples:
        return f"{made.engine} draws its random numbers in another way, so the text differs."
    return f"{made.engine} rounds in {made.precision}, so now and then a word may differ."


def _last_run(ticket: Ticket | None) -> Run | None:
    """Return the run of `ticket`, or else the last one that was kept."""
    if ticket is not None and ticket.outcome is not None:
        return Run(ticket.request, ticket.outcome)
    runs = test_runs()
    return runs[-1] if runs else None
