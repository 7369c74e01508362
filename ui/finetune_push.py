"""Pushing a trained model to the Hub: a name, the student's token, how it goes, and its page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import streamlit as st

from core.catalogue import ModelEntry
from core.errors import LabError
from core.finetuning.companions import scratch_figures
from core.finetuning.jobs import Training, trainings
from core.finetuning.package import card_of, model_files, package_name
from core.finetuning.pushing import Push, Step, can_push, check_name, push
from core.hub_token import Token
from core.jobs import Job
from ui.buttons import run_and_stop
from ui.errors import show_error
from ui.explore_get import token_input
from ui.presence import watch
from ui.text import plain, size

_NAME = "finetune.push"
_LOOK_S = 1.0


@dataclass(frozen=True)
class _Pushing:
    """A push of this visit."""

    training_id: str
    private: bool
    job: Job[Push]


def show_push(training: Training, base: ModelEntry | None) -> None:
    """Draw what a push of the model of `training` needs, and how it goes."""
    if not can_push():
        st.info("This lab is offline, so nothing can be pushed from here.", icon=":material/block:")
        return
    key = f"{_NAME}.{training.id}.name"
    if key not in st.session_state:
        st.session_state[key] = package_name(training)
    name = st.text_input(
        "Name of the model on the Hub",
        max_chars=200,
        key=key,
        help="A new repository in your account is made for it; none is written over.",
        persist_state="session",
    )
    private = st.toggle(
        "Only I can see it",
        value=True,
        key=f"{_NAME}.private",
        help="Anybody can read what is not private: the card names your file and its labels.",
        persist_state="session",
    )
    st.caption(
        "It needs a token that may write: make one "
        "[in your settings on the Hub](https://huggingface.co/settings/tokens)."
    )
    token = token_input()
    named = False
    try:
        named = bool(check_name(name))
    except LabError as error:
        show_error(error)
    pushing = _of(training)
    running = pushing is not None and not pushing.job.ended

    # Drawn anew while it is sent, so that the rest of the page can be read meanwhile.
    @st.fragment(run_every=_LOOK_S if running else None)
    def draw() -> None:
        _draw(training, base, name, private, token if named else None, was_running=running)

    draw()


def _draw(
    training: Training,
    base: ModelEntry | None,
    name: str,
    private: bool,
    token: Token | None,
    *,
    was_running: bool,
) -> None:
    def start() -> None:
        if token is None:
            return
        job = Job(_work(training, base, name, token, private))
        st.session_state[_NAME] = _Pushing(training.id, private, job)
        # Closing the lab ends it.
        watch(job, page=None)

    with st.container(horizontal=True, vertical_alignment="center"):
        running = run_and_stop(
            _NAME,
            "Push",
            start=start,
            current=lambda: pushing.job if (pushing := _of(training)) else None,
            usable=token is not None,
            kind="secondary",
        )
    if running != was_running:
        st.rerun()
    pushing = _of(training)
    if pushing is not None:
        _show(pushing)


def _work(
    training: Training,
    base: ModelEntry | None,
    name: str,
    token: Token,
    private: bool,
) -> Callable[[Callable[[], bool]], Iterator[Push]]:
    def work(cancelled: Callable[[], bool]) -> Iterator[Push]:
        with trainings().store.using(training.folder):
            card = card_of(training, base=base, scratch=scratch_figures(training))
            files = model_files(training)
            yield from push(files, card, name, token=token, private=private, cancelled=cancelled)

    return work


def _show(pushing: _Pushing) -> None:
    job, latest = pushing.job, pushing.job.latest
    if not job.ended:
        if latest is None or latest.step is Step.CREATING:
            st.progress(0.0, "Making the repository …")
        else:
            words = f"{size(latest.done_bytes)} of {size(latest.total_bytes)}"
            st.progress(latest.share, words if latest.share < 1 else f"{words} · taking it in …")
    elif job.error is not None:
        show_error(job.error)
    elif latest is not None and latest.step is Step.DONE:
        seen = "only you can see it" if pushing.private else "everybody can see it"
        st.success(
            f"It is on the Hub, and {seen}: [{plain(latest.repo_id)}]({latest.url})",
            icon=":material/check_circle:",
        )
    else:
        left = f" What was made is at {plain(latest.repo_id)}." if latest and latest.repo_id else ""
        st.caption(f"Stopped.{left} The same name can be used again.")


def _of(training: Training) -> _Pushing | None:
    pushing: _Pushing | None = st.session_state.get(_NAME)
    return pushing if pushing is not None and pushing.training_id == training.id else None
