"""Train, Stop, the place in line, and the curves of a training as it goes on."""

from __future__ import annotations

import streamlit as st

from core.errors import LabError
from core.finetuning.expectations import Shape, shape_of
from core.finetuning.failure_presets import drawn, preset_data, training_name
from core.finetuning.jobs import State, Training, trainings
from core.finetuning.records import Kind
from core.finetuning.result_charts import (
    accuracy_chart,
    accuracy_finding,
    loss_chart,
    loss_finding,
)
from core.finetuning.types import Splits
from core.work.entries import Predicted
from core.work.trainings import expectation_of
from ui.buttons import run_and_stop
from ui.errors import show_error
from ui.finetune_settings import Plan
from ui.finetune_told import tell_training
from ui.finetune_veil import is_veiled, veil
from ui.record import learner, note
from ui.text import counted, duration, plain

_ERROR, _KEPT = "finetune.error", "finetune.training"
_LOOK_S = 1.0
# The address carries the training, so that a reload or a bookmark finds it again.
PARAM, _EXPECTED = "training", "expected"
_EXPECTATIONS = tuple(Shape)


class _Run:
    """A training as the buttons see it."""

    def __init__(self, training: Training) -> None:
        self._training = training

    @property
    def ended(self) -> bool:
        return self._training.state.ended

    def cancel(self) -> None:
        self._training.stop()


def predict() -> None:
    """Ask what the student expects, before the curve shows it."""
    st.header("3 Predict, then train", anchor=False)
    st.radio(
        "What do you expect of the curves?",
        _EXPECTATIONS,
        index=None,
        key="finetune.expected",
        persist_state="session",
    )


def current() -> Training | None:
    """Return the training of the address, or else the visitor's last one."""
    if _KEPT not in st.session_state:
        st.session_state[_KEPT] = _last_id()
    named = st.query_params.get(PARAM) or st.session_state[_KEPT]
    training = trainings().find(str(named)) if named else None
    if training is not None:
        _remember(training)
    return training


def _last_id() -> str:
    """Return the id of this visitor's last training, "" if there is none; twins do not count."""
    own = trainings().of(learner())
    alone = (one for one in own if one.order.kind is Kind.MODEL and not one.order.beside)
    return next((training.id for training in alone), "")


def show_training(splits: Splits | None, plan: Plan | None) -> Training | None:
    """Draw Train and Stop and how the training goes; return it once it has ended."""
    training = current()
    if training is None and st.query_params.get(PARAM):
        st.warning(
            "The training of this address is no longer kept. Choose data and settings above, and "
            "train anew.",
            icon=":material/history:",
        )
    running = training is not None and not training.state.ended

    # Drawn anew while it trains, so that the rest of the page can be read meanwhile.
    @st.fragment(run_every=_LOOK_S if running else None)
    def draw() -> None:
        _draw(splits, plan, was_running=running)

    draw()
    training = current()
    return training if training is not None and training.state.ended else None


def _draw(splits: Splits | None, plan: Plan | None, *, was_running: bool) -> None:
    def start() -> None:
        if splits is None or plan is None:
            return
        st.session_state[_ERROR] = None
        try:
            preset, chosen = drawn(plan.preset, plan.settings)
            training = trainings().submit(
                preset_data(splits, preset),
                chosen,
                base=plan.base,
                learner=learner(),
                name=training_name(splits, preset),
            )
        except LabError as error:
            st.session_state[_ERROR] = error
        else:
            if preset is not plan.preset:
                veil(training)
            _remember(training)
            expected = st.session_state.get("finetune.expected")
            if expected is not None:
                note(Predicted(expectation_of(training.id), expected))
            st.query_params[_EXPECTED] = (
                str(_EXPECTATIONS.index(expected)) if expected in _EXPECTATIONS else ""
            )

    def at_hand() -> _Run | None:
        training = current()
        return _Run(training) if training is not None else None

    with st.container(horizontal=True, vertical_alignment="center"):
        run_and_stop(
            "finetune",
            "Train",
            start=start,
            current=at_hand,
            usable=splits is not None and plan is not None,
        )
    if (error := st.session_state.get(_ERROR)) is not None:
        show_error(error)
    training = current()
    running = training is not None and not training.state.ended
    if running != was_running:
        # From the top: the results stand below.
        st.rerun()
    if training is None:
        if splits is None or plan is None:
            st.caption("Choose data and settings above; then Train can be pressed.")
        return
    _show_where(training)
    show_curves(training)


def _show_where(training: Training) -> None:
    state, latest = training.state, training.latest
    tell_training(training)
    if state is State.WAITING:
        wait_s = training.wait_s
        about = f" It begins in about {duration(wait_s)}." if wait_s else ""
        st.info(
            f"{counted(training.position or 0, 'training')} before yours.{about} "
            "You may leave this page meanwhile.",
            icon=":material/hourglass_top:",
        )
    elif state is State.RUNNING:
        if latest is None:
            st.progress(0.0, "Loading the base model …")
            return
        left = f" · about {duration(latest.left_s)} left" if latest.left_s else ""
        words = f"Step {latest.step:,} of {latest.steps:,} · epoch {latest.epoch:.1f}{left}"
        if latest.step == latest.steps:
            words = "Testing the model on the texts that it has not seen …"
        st.progress(min(1.0, latest.step / max(1, latest.steps)), words)
        st.caption("It goes on when you leave this page or reload it.")
    elif training.error is not None:
        show_error(training.error)
    elif training.result is not None and training.result.diverged:
        st.warning(
            "The training broke off: its loss was no number any more. What was best until then "
            "is kept, if there was anything. A lower learning rate helps.",
            icon=":material/trending_up:",
        )
    elif state is State.STOPPED:
        kept = training.result is not None and training.result.model is not None
        st.info(
            "Stopped. The best model so far is kept and tested below."
            if kept
            else "Stopped before anything was learned.",
            icon=":material/stop_circle:",
        )
    else:
        st.success("Done. The results stand below.", icon=":material/check_circle:")
    if state.ended and not is_veiled(training):
        _offer_again(training)


def _offer_again(training: Training) -> None:
    if st.button(
        "Train again",
        icon=":material/refresh:",
        key="finetune.again",
        help="With the data and settings of this training.",
    ):
        st.session_state[_ERROR] = None
        try:
            _remember(training.again())
        except LabError as error:
            st.session_state[_ERROR] = error
        st.rerun()


def show_curves(training: Training) -> None:
    """Draw the loss and the validation accuracy by step, each under what it shows."""
    steps = training.steps
    if not steps:
        return
    for finding, chart, shown in (
        (loss_finding(steps), loss_chart, True),
        (
            accuracy_finding(steps),
            accuracy_chart,
            any(step.validation_accuracy is not None for step in steps),
        ),
    ):
        if shown:
            st.markdown(f"**{plain(finding)}**")
            st.altair_chart(chart(steps), alt=finding)
    expected = dict(enumerate(_EXPECTATIONS)).get(_number(st.query_params.get(_EXPECTED, "")))
    if expected is not None and training.state.ended:
        _show_reveal(expected, shape_of(steps))


def _show_reveal(expected: Shape, came: Shape | None) -> None:
    if came is None:
        st.caption(f":material/psychology: You expected: {expected}.")
    elif came is expected:
        st.success(f"As you predicted: {expected}.", icon=":material/check_circle:")
    else:
        st.info(f"You predicted: {expected}. What came: {came}.", icon=":material/psychology:")


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 3 else None


def _remember(training: Training) -> None:
    st.session_state[_KEPT] = training.id
    if st.query_params.get(PARAM) != training.id:
        st.query_params[PARAM] = training.id
