"""Getting a model onto this machine: a button, a true progress bar, Stop, and where to run it."""

from __future__ import annotations

import streamlit as st

from core.catalogue import ModelEntry
from core.errors import BadInputError
from core.explore.getting import Getting, Progress, Step, downloads
from core.hub import begun, is_here
from core.hub_token import Token, endpoint_host
from core.inference.lab import lab
from core.inference.tasks import TASKS
from core.inference.types import Task
from ui.buttons import run_and_stop
from ui.errors import show_error
from ui.presence import watch
from ui.text import duration, plain, size
from ui.use_model import choose_for_comparing, offer_comparing, offer_testing

_FIELD = "visit.token"
_LOOK_S = 1.0


def token_field(model_id: str) -> Token | None:
    """Let a visitor type a token of their own for a gated model; return it once it can be one."""
    with st.container(border=True):
        st.markdown(
            f"**{plain(model_id)} is behind a gate.** Accept its terms on "
            f"[its page](https://huggingface.co/{model_id}), make a token that may read "
            "[in your settings](https://huggingface.co/settings/tokens), and type it here: then "
            "you can read its card."
        )
        return token_input()


def token_input() -> Token | None:
    """Draw the field of a visitor's own token; return it once it can be one."""
    typed = st.text_input(
        "Your token",
        type="password",
        max_chars=300,
        placeholder="hf_…",
        autocomplete="off",
        key=_FIELD,
        persist_state="session",
    )
    st.caption(
        f":material/lock: It is sent to {plain(endpoint_host())} alone, for gated models and for "
        "what you push. The lab keeps it for this visit and writes it nowhere; empty the field to "
        "forget it now."
    )
    if not typed:
        return None
    try:
        return Token(typed.strip())
    except BadInputError as error:
        show_error(error)
        return None


def typed_token() -> Token | None:
    """Return the token that this visitor has typed, drawing nothing."""
    try:
        return Token(str(st.session_state.get(_FIELD) or "").strip())
    except BadInputError:
        return None


def show_get(
    model_id: str,
    *,
    revision: str = "main",
    size_bytes: int | None = None,
    token: Token | None = None,
) -> None:
    """Draw the button that gets a model, how that goes, and once it is here, where to run it.

    `size_bytes` is that of its weights, where it is known; `token` is for a gated model.
    """
    known = lab().catalogue.get(model_id)
    name = f"get.{model_id}"
    getting: Getting | None = st.session_state.get(name)
    if known is not None and is_here(known) and (getting is None or getting.ended):
        _show_here(known)
        return
    if known is not None and revision == "main":
        revision = known.revision
    running = getting is not None and not getting.ended

    # Drawn anew while something comes, so that the rest of the page can be read meanwhile.
    @st.fragment(run_every=_LOOK_S if running else None)
    def draw() -> None:
        _draw(name, model_id, revision, size_bytes, token, was_running=running)

    draw()


def _draw(
    name: str,
    model_id: str,
    revision: str,
    size_bytes: int | None,
    token: Token | None,
    *,
    was_running: bool,
) -> None:
    def start() -> None:
        st.session_state[name] = downloads().get(model_id, revision=revision, token=token)
        # It takes long enough to read elsewhere in the lab meanwhile; closing the lab ends it.
        watch(st.session_state[name], page=None)

    with st.container(horizontal=True, vertical_alignment="center"):
        running = run_and_stop(
            name,
            _label(model_id, size_bytes),
            start=start,
            current=lambda: st.session_state.get(name),
        )
    getting: Getting | None = st.session_state.get(name)
    if running != was_running:
        # From the top: what is here now is offered in other places too.
        st.rerun()
    if getting is None:
        if downloads().running(model_id):
            st.caption("It is on its way to this lab right now: press to follow it.")
    elif not getting.ended:
        _show_progress(getting.latest)
    elif getting.error is not None:
        show_error(getting.error)
    elif getting.stopped:
        st.caption("Stopped. What has come stays here, and the next try goes on from there.")


def _show_progress(progress: Progress) -> None:
    if progress.step is Step.ASKING:
        st.progress(0.0, "Asking the Hub what it takes …")
        return
    words = f"{_done(progress.done_bytes)} of {size(progress.total_bytes)}"
    if progress.speed and progress.left_s is not None:
        words += f" · {progress.speed / 1e6:.1f} MB/s · about {duration(progress.left_s)} left"
    if progress.share == 1.0:
        words += " · looking at it"
    st.progress(progress.share, words)


def _done(number: int) -> str:
    """Return how much has come, nothing included: 0.2 MB, 120 MB."""
    return f"{number / 1e6:.1f} MB" if number < 10e6 else size(number)


def _label(model_id: str, size_bytes: int | None) -> str:
    here, total = begun(model_id)
    if 0 < here < total:
        return f"Go on · {_done(here)} of {size(total)} here"
    return f"Get it · {size(size_bytes)}" if size_bytes else "Get it"


def _show_here(entry: ModelEntry) -> None:
    if entry.refusal:
        st.warning(plain(entry.refusal), icon=":material/block:")
        return
    st.success("It is on this machine.", icon=":material/check_circle:")
    with st.container(horizontal=True):
        for task in entry.tasks:
            label = TASKS[task].label if len(entry.tasks) > 1 else ""
            _offer_tasks(entry, task, f": {label}" if label else "")


def _offer_tasks(entry: ModelEntry, task: Task, which: str) -> None:
    key = f"get.{entry.id}"
    offer_testing(task, entry.id, key=f"{key}.test.{task}", which=which, kind="primary")
    chosen = _candidates(task)
    if offer_comparing(task, entry.id, chosen, key=f"{key}.compare.{task}", which=which):
        choose_for_comparing(task, [*chosen, entry.id])
        st.rerun()


def _candidates(task: Task) -> list[str]:
    """Return the models that Task 3 has chosen for `task`, or begins with."""
    models = lab().catalogue.for_task(task)
    starters = [one.id for one in models if one.usable and one.source == "starter"]
    return list(st.session_state.get(f"compare.{task}.models", starters[:2]))
