"""An exercise in its place: question, answer, what the check says, hints, solution."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from core.exercises.attempt import Attempt, attempt_of
from core.exercises.card_facts import choices, page_of
from core.exercises.doing import found_by
from core.exercises.outcome import CheckResult, Outcome
from core.exercises.trail import trail_of
from core.exercises.types import AnyExercise, CardFact, Choice, Evidence, Match, Order, Predict
from core.work.entries import Answered, HintTaken, Predicted, SolutionSeen, StartedOver, Value
from ui.exercise_fields import draw_fields, read_fields
from ui.record import learner, note, work


@dataclass(frozen=True)
class Look:
    """How an outcome looks: its word is always there, not its colour alone."""

    word: str
    icon: str
    colour: str


LOOKS = {
    Outcome.NOT_ATTEMPTED: Look("Not attempted", ":material/radio_button_unchecked:", "gray"),
    Outcome.NOT_YET: Look("Not yet", ":material/pending:", "orange"),
    Outcome.CORRECT: Look("Correct", ":material/check_circle:", "green"),
}


def show_exercise(exercise: AnyExercise, *, key: str) -> None:
    """Draw `exercise` with all that this learner did about it; `key` is its own on the page."""
    attempt = attempt_of(exercise, work())
    # A new set of fields after starting over: the old ones would still hold their answers.
    key = f"{key}.{attempt.restarts}"
    with st.container(border=True, key=key.replace(".", "-")):
        _head(exercise, attempt)
        st.markdown(exercise.ask)
        _answer(exercise, attempt, key)
        _result(exercise, attempt, key)
        _help(exercise, attempt, key)


def _head(exercise: AnyExercise, attempt: Attempt) -> None:
    look = LOOKS[attempt.result.outcome]
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.subheader(exercise.title, anchor=False, width="content")
        st.badge(look.word, icon=look.icon, color=look.colour)  # type: ignore[arg-type]


def _answer(exercise: AnyExercise, attempt: Attempt, key: str) -> None:
    """Draw what the student answers with: fields in a form, or the button that looks again."""
    trail = trail_of(exercise.id, work())
    offered: tuple[str, ...] = ()
    answer = attempt.answer
    match exercise:
        case Evidence():
            found = found_by(exercise, trail)
            if exercise.name is None or not found.met or found.answer is None:
                _look_again(attempt, key)
                return
            offered = found.options
        case CardFact():
            page = page_of(exercise, trail)
            if page is None:
                _look_again(attempt, key)
                return
            offered = choices(exercise, page)
        case Predict():
            if attempt.prediction is not None:
                _look_again(attempt, key)
                return
            answer = None
    field = f"{key}.answer"
    # Nobody presses buttons inside a form, so things are put in order outside of one.
    frame = st.container() if isinstance(exercise, Order) else st.form(f"{key}.form", border=False)
    with frame:
        draw_fields(exercise, key=field, learner=learner(), answer=answer, offered=offered)
        _send(exercise, key, field)


def _send(exercise: AnyExercise, key: str, field: str) -> None:
    """Draw the button that checks what stands in the fields, or locks it."""
    press = st.button if isinstance(exercise, Order) else st.form_submit_button
    is_prediction = isinstance(exercise, Predict)
    press(
        "Lock my prediction" if is_prediction else "Check",
        type="primary",
        icon=":material/lock:" if is_prediction else ":material/task_alt:",
        key=f"{key}.check",
        on_click=_keep,
        args=(exercise, key, field),
    )


def _look_again(attempt: Attempt, key: str) -> None:
    if attempt.result.outcome is not Outcome.CORRECT:
        st.button(
            "Check what I did",
            type="primary",
            icon=":material/task_alt:",
            key=f"{key}.look",
            on_click=_press,
            args=(key,),
        )


def _keep(exercise: AnyExercise, key: str, field: str) -> None:
    """Note what stands in the fields, once however often it is sent."""
    value = read_fields(exercise, key=field, learner=learner())
    before: Value | None = attempt_of(exercise, work()).answer
    _press(key)
    if value == before or (value == "" and before is None):
        return
    if not isinstance(exercise, Predict):
        note(Answered(exercise.id, value))
    elif value != "":
        note(Predicted(exercise.id, value))


def _press(key: str) -> None:
    st.session_state[f"{key}.pressed"] = True


def _result(exercise: AnyExercise, attempt: Attempt, key: str) -> None:
    result = attempt.result
    match result.outcome:
        case Outcome.CORRECT:
            st.success(result.message, icon=":material/check_circle:", title="Correct")
        case Outcome.NOT_YET:
            st.warning(result.message, icon=":material/pending:", title="Not yet")
        case Outcome.NOT_ATTEMPTED if message := _first_step(exercise, result, key):
            st.info(message, icon=":material/info:")
    if result.outcome is Outcome.CORRECT:
        _explain(exercise)


def _explain(exercise: AnyExercise) -> None:
    """Draw what there is to say to each choice, also to those that were not taken."""
    match exercise:
        case Choice():
            with st.expander("Why each answer is right or wrong", icon=":material/fact_check:"):
                for option in exercise.options:
                    icon = ":material/check:" if option.right else ":material/close:"
                    word = "Right" if option.right else "Wrong"
                    st.markdown(f"{icon} **{word}:** {option.text}\n\n{option.why}")
        case Match():
            with st.expander("Why they belong together", icon=":material/fact_check:"):
                for pair in exercise.pairs:
                    st.markdown(f"**{pair.left}** — {pair.right}\n\n{pair.why}")


def _first_step(exercise: AnyExercise, result: CheckResult, key: str) -> str:
    """Return what to tell who has not begun, "" before they press the button."""
    if result.message:
        return result.message
    if not st.session_state.get(f"{key}.pressed"):
        return ""
    if isinstance(exercise, Predict):
        return "Choose what you expect, then lock it."
    return "There is no answer to check yet."


def _help(exercise: AnyExercise, attempt: Attempt, key: str) -> None:
    """Draw the hints that were opened, the next one, the solution, and the way back."""
    taken, hints = attempt.hints_taken, exercise.hints
    for number, hint in enumerate(hints[:taken], start=1):
        st.markdown(f":material/lightbulb: **Hint {number}.** {hint}")
    open_solution = attempt.solution_seen and attempt.may_see_solution
    if open_solution:
        with st.container(border=True):
            st.markdown(f":material/key: **Solution**\n\n{exercise.solution}")
    done = attempt.result.outcome is Outcome.CORRECT
    with st.container(horizontal=True, gap="small"):
        if taken < len(hints) and not done:
            st.button(
                f"Hint {taken + 1} of {len(hints)}",
                icon=":material/lightbulb:",
                key=f"{key}.hint",
                on_click=note,
                args=(HintTaken(exercise.id, taken + 1),),
            )
        if attempt.may_see_solution and not open_solution:
            st.button(
                "Show the solution",
                icon=":material/key:",
                key=f"{key}.solution",
                on_click=note,
                args=(SolutionSeen(exercise.id),),
            )
        if attempt.answer is not None or attempt.prediction is not None or done:
            st.button(
                "Start over",
                type="tertiary",
                icon=":material/restart_alt:",
                key=f"{key}.restart",
                on_click=note,
                args=(StartedOver(exercise.id),),
                help="Empties this exercise. What you did before stays in your record.",
            )
