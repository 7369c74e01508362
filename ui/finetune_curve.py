"""Step 6 of Task 4: the learning curve, which shows what labels and a base model are worth."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from core.errors import LabError
from core.finetuning.companions import curve_of, curve_takes_s, train_curve
from core.finetuning.curve import curve_sizes
from core.finetuning.curve_chart import (
    best_head_start,
    curve_chart,
    curve_finding,
    curve_rows,
    saving_finding,
)
from core.finetuning.jobs import State, Training
from ui.errors import show_error
from ui.finetune_told import example_counts
from ui.record import learner
from ui.text import counted, duration, plain

_LOOK_S = 1.0
# In the address, as the training is: a reload would lose it otherwise.
_GUESS = "head_start"
_ERROR = "finetune.curve.error"
_COLUMNS = ["Labels", "Pretrained", "From scratch", "Gain (points)"]


def show_curve(training: Training) -> None:
    """Offer the learning curve of `training`, which has ended; draw it as it grows."""
    result = training.result
    if result is None or result.evaluation is None or not training.settings.pretrained:
        return
    examples = example_counts(training).train
    sizes = curve_sizes(examples)
    st.header("6 What labels are worth", anchor=False)
    curve = curve_of(training)
    running = curve is not None and not curve.state.ended

    @st.fragment(run_every=_LOOK_S if running else None)
    def draw() -> None:
        if curve is None:
            _offer(training, examples, sizes)
            return
        _show_where(curve)
        _show_points(curve, sizes)
        if running and curve.state.ended:
            # From the top, so that nobody looks every second any more.
            st.rerun()

    draw()
    if curve is not None and not running and curve.state is not State.DONE:
        _offer(training, examples, sizes)


def _offer(training: Training, examples: int, sizes: tuple[int, ...]) -> None:
    st.markdown(
        f"The same settings on {_listed(sizes)} labelled texts, each time once from the base model "
        "and once from random weights: how far does each come?"
    )
    guess = st.radio(
        "Predict: at how many labels will the head start pay most?",
        sizes,
        index=None,
        horizontal=True,
        key=f"finetune.{training.id}.head_start",
        persist_state="session",
    )
    takes_s = curve_takes_s(training, examples)
    about = f" · about {_about(takes_s)}" if takes_s is not None else ""
    if st.button(
        f"Draw the learning curve{about}",
        icon=":material/show_chart:",
        key="finetune.curve",
        help=f"{counted(2 * len(sizes), 'training')} one after the other, with the data of the "
        "training above. They go on when you leave this page; what is not done after half an hour "
        "is left out.",
    ):
        st.session_state[_ERROR] = None
        try:
            train_curve(training, learner())
        except LabError as error:
            st.session_state[_ERROR] = error
        else:
            st.query_params[_GUESS] = str(guess or "")
        st.rerun(scope="app")
    if (error := st.session_state.get(_ERROR)) is not None:
        show_error(error)


def _show_where(curve: Training) -> None:
    state, points = curve.state, curve.points
    if not state.ended:
        with st.container(horizontal=True, vertical_alignment="center"):
            if state is State.WAITING:
                wait_s = curve.wait_s
                about = f", about {_about(wait_s)}" if wait_s else ""
                words = f"{counted(curve.position or 0, 'training')} before yours{about}"
                st.progress(0.0, words)
            elif not points:
                st.progress(0.0, "Training on the fewest labels …")
            else:
                latest = points[-1]
                left = f" · about {_about(latest.left_s)} left" if latest.left_s else ""
                st.progress(
                    min(1.0, len(points) / max(1, latest.points)),
                    f"{len(points)} of {counted(latest.points, 'training')} done{left}",
                )
            st.button(
                "Stop the curve",
                icon=":material/stop:",
                key="finetune.curve.stop",
                on_click=curve.stop,
            )
    elif curve.error is not None:
        show_error(curve.error)
    elif state is State.STOPPED:
        st.info(
            "Stopped. The points so far are kept."
            if points
            else "Stopped before the first point was there.",
            icon=":material/stop_circle:",
        )


def _show_points(curve: Training, sizes: tuple[int, ...]) -> None:
    points = curve.points
    if not points:
        return
    finding = curve_finding(points)
    st.markdown(f"**{plain(finding)}**")
    rows = curve_rows(points)
    st.altair_chart(curve_chart(points, sizes), height=380, alt=finding)
    st.table(
        pd.DataFrame(rows, columns=_COLUMNS).set_index("Labels"),
        alt="Accuracy by number of labels, pretrained and from scratch",
    )
    if curve.state.ended:
        _show_reveal(curve)
    st.caption(
        "One training a point, with one seed: another seed moves each point a little. In brackets, "
        "and as bars in the chart: where the accuracy lies with 95 % confidence. Few labels are "
        "read more often, so that every training has at least 60 steps."
    )


def _show_reveal(curve: Training) -> None:
    saved = saving_finding(curve.points)
    if saved:
        st.markdown(plain(saved))
    guess, best = st.query_params.get(_GUESS, ""), best_head_start(curve.points)
    if not guess.isdecimal() or len(guess) > 6 or best is None or curve.state is not State.DONE:
        return
    if int(guess) == best:
        st.success(f"As you predicted: at {best} labels.", icon=":material/check_circle:")
    else:
        st.info(f"You predicted {int(guess)} labels; it was {best}.", icon=":material/psychology:")


def _listed(sizes: tuple[int, ...]) -> str:
    *first, last = map(str, sizes)
    return f"{', '.join(first)} and {last}" if first else last


def _about(seconds: float) -> str:
    """Return a time that is only known roughly."""
    if seconds < 90:
        return duration(max(1.0, round(seconds)))
    return f"{round(seconds / 60)} minutes"
