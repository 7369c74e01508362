"""The workbench of Task 2: a form, one run at a time, and what was run before."""

from __future__ import annotations

import streamlit as st

from core.errors import LabError
from core.inference.lab import lab
from core.inference.tasks import TASKS
from core.inference.ticket import Ticket
from core.inference.types import Engine, GenerationConfig, Request, Result, Task
from core.show_code import script_for
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
from ui.record import add_ticket, latest_ticket, learner, tickets
from ui.run import follow, show_end

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
    if ticket is None:
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
    if ticket.request.task is not task:
        st.caption(f"Your last run, of another task: {TASKS[ticket.request.task].label}")
    if running:
        follow(ticket)
        # Once more from the top, so that Run is offered again.
        st.rerun()
    show_end(ticket)
    if ticket.outcome is not None:
        if ticket.outcome.choices:
            show_choices(ticket.outcome.choices)
        if ticket.outcome.fillings:
            show_fillings(ticket.outcome.fillings)
        if ticket.outcome.labels:
            show_labels(ticket.outcome.labels)
        with st.expander("Show the code", icon=":material/code:"):
            _show_code(ticket.request, ticket.outcome)


def show_history() -> None:
    """Draw the runs of this visit, the latest first."""
    rows = [row for number, run in enumerate(tickets(), start=1) if (row := _row(number, run))]
    if not rows:
        return
    st.subheader(f"Your runs ({len(rows)})", anchor=False)
    st.dataframe(
        rows[::-1],
        hide_index=True,
        column_config={
            # Narrow, so that the figures are in sight.
            "Prompt": st.column_config.TextColumn(width=120),
            "Output": st.column_config.TextColumn(width=160),
            "TTFT (ms)": st.column_config.NumberColumn(format="%.3g"),
            "Tokens/s": st.column_config.NumberColumn(format="%.0f"),
            "Load (s)": st.column_config.NumberColumn(format="%.1f"),
        },
        alt="Your runs: model, prompt, output, timing, lengths, settings, the latest first",
    )


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
        add_ticket(ticket)
        watch(ticket, page=shown_path())
    except LabError as error:
        st.session_state[_ERROR] = error


def _show_code(request: Request, result: Result) -> None:
    entry = lab().catalogue_for(request.learner).get(request.model_id)
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


def _row(number: int, ticket: Ticket) -> dict[str, object] | None:
    request, result = ticket.request, ticket.outcome
    if result is None:
        return None
    return {
        "Run": number,
        "Model": result.provenance.model_id,
        "Engine": f"{result.provenance.engine} {result.provenance.precision}",
        "Prompt": request.inputs,
        "Output": result.output.strip(),
        "TTFT (ms)": result.timing.ttft_s * 1000,
        "Tokens/s": result.tokens_per_s,
        "Tokens in": result.tokens_in,
        "Tokens out": result.tokens_out,
        "Temperature": request.config.temperature,
        "Seed": request.config.seed if request.config.samples else None,
        "Load (s)": result.timing.load_s or None,
    }
