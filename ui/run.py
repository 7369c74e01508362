"""A run on the screen: its place in the queue, its text as it grows, its timing."""

from __future__ import annotations

import streamlit as st

from core.inference.ticket import State, Ticket
from core.inference.types import Request, Result, Task
from ui.errors import show_error
from ui.text import counted, duration, plain

# Of a longer prompt only the end is drawn, so that the answer is in sight.
_MAX_PROMPT_SHOWN = 500


def follow(ticket: Ticket) -> None:
    """Draw the run as it goes, until it ends; a click elsewhere interrupts only the drawing."""
    status, output = st.empty(), st.empty()
    for text in ticket.follow():
        _draw_status(status, ticket)
        with output.container(border=True):
            _draw_text(ticket.request, text)


def show_end(ticket: Ticket) -> None:
    """Draw how a run ended: with a result, with what went wrong, or before it began."""
    if ticket.error is not None:
        show_error(ticket.error)
    elif ticket.outcome is None:
        st.info("Stopped before the model began.", icon=":material/stop_circle:")
    else:
        show_result(ticket.request, ticket.outcome)


def show_result(request: Request, result: Result) -> None:
    """Draw a finished run: who wrote it, the text, what was cut, the figures and how they came."""
    made = result.provenance
    with st.container(horizontal=True, gap="small"):
        st.badge(plain(made.model_id), icon=":material/smart_toy:", color="blue")
        st.badge(f"{made.engine} {made.precision}", icon=":material/memory:", color="gray")
        st.badge(made.where, icon=":material/bolt:", color="gray")
    with st.container(border=True):
        _draw_text(request, result.output)
        if not result.output.strip():
            st.caption("The model ended without writing anything.")
    if result.stopped:
        st.caption(":material/stop_circle: Stopped before the end.")
    for notice in result.notices:
        st.info(notice, icon=":material/content_cut:")
    _show_timing(result)


def speed(result: Result) -> str:
    """Return the decoding speed, or a dash when a single token leaves nothing to time."""
    return "–" if result.tokens_per_s is None else f"{result.tokens_per_s:.0f}"


def _show_timing(result: Result) -> None:
    timing, made = result.timing, result.provenance
    with st.container(horizontal=True, gap="medium"):
        for label, value, explanation in (
            (
                "Time to first token",
                duration(timing.ttft_s),
                "From the start of the computation to the first token. Loading and waiting in the "
                "queue are not in it.",
            ),
            (
                "Tokens/s",
                speed(result),
                "Tokens after the first, divided by the time they took. Reading the prompt is not "
                "in it.",
            ),
            ("Tokens in", f"{result.tokens_in}", "The prompt as the model reads it."),
            ("Tokens out", f"{result.tokens_out}", "What the model wrote, its end token included."),
        ):
            st.metric(label, value, help=explanation, width="content")
    load = f"loading the model took {duration(timing.load_s)}, apart from these figures; "
    st.caption(
        f"{'Cold run: ' + load if timing.cold else 'Warm run: the model was in memory; '}"
        f"{duration(timing.total_s)} in all, {duration(timing.queue_s)} in the queue. "
        f"Engine {made.engine}, {made.precision}, {made.device}, "
        f"{counted(made.threads, 'thread')}, revision {made.revision}, "
        f"{', '.join(' '.join(pair) for pair in made.versions)}."
    )


def _draw_status(place: st.delta_generator.DeltaGenerator, ticket: Ticket) -> None:
    match ticket.state:
        case State.QUEUED if ticket.position > 0:
            wait = "" if ticket.wait_s is None else f", about {duration(ticket.wait_s)}"
            text = f"You are number {ticket.position} in line{wait}."
            place.info(text, icon=":material/hourglass_top:")
        case State.QUEUED:
            place.caption(":material/hourglass_top: Waiting for another model to finish …")
        case State.LOADING if (share := ticket.download_progress) is not None:
            place.progress(share, f"Downloading {plain(ticket.request.model_id)}: {share:.0%}")
        case State.LOADING:
            place.info("Loading the model …", icon=":material/downloading:")
        case State.RUNNING if ticket.tokens == 0:
            place.caption(":material/bolt: Reading your text …")
        case State.RUNNING:
            place.caption(f":material/bolt: {ticket.tokens} tokens")
        case _:
            place.empty()


def _draw_text(request: Request, text: str) -> None:
    """Draw plain text: what a model or a stranger wrote is never rendered as Markdown."""
    if request.task is Task.TEXT_GENERATION:
        prompt, whose = request.inputs, "Your prompt"
        if len(prompt) > _MAX_PROMPT_SHOWN:
            prompt, whose = f"… {prompt[-_MAX_PROMPT_SHOWN:]}", "The end of your prompt"
        st.caption(f"{whose}, then what the model wrote")
        st.text(prompt + text)
    else:
        st.text(text or "…")
