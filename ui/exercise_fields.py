"""The fields in which exercises are answered, one way for each kind.

`draw_fields` draws them with the answer that was kept, and `read_fields` returns what stands in
them. What a model or a student wrote is shown as it stands.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, assert_never

import streamlit as st

from core.exercises import card_facts
from core.exercises.figures import number_in
from core.exercises.shuffling import shown, shuffled
from core.exercises.types import (
    AnyExercise,
    CardFact,
    Choice,
    Evidence,
    Match,
    Number,
    Order,
    Predict,
    Text,
)
from core.work.entries import Value
from ui.exercise_order import draw_order
from ui.text import plain

_LONGEST_TEXT = 1500
_NUMBER_WIDTH_PX = 260
_SILENT = card_facts.DOES_NOT_SAY

# What an evidence exercise or a question on a card offers: what was really found decides.
Offered = Sequence[str]


def draw_fields(
    exercise: AnyExercise,
    *,
    key: str,
    learner: str,
    answer: Value | None,
    offered: Offered = (),
) -> None:
    """Draw the fields of `exercise` below `key`, holding `answer` if nothing newer is in them."""
    match exercise:
        case Choice(several=True):
            st.markdown("Choose all that are right.")
            for number, text in enumerate(shown(exercise, learner)):
                place = f"{key}.{number}"
                _hold(place, text in _several(answer))
                st.checkbox(text, key=place)
        case Choice():
            _radio("Your answer", shown(exercise, learner), key, answer)
        case Number():
            _number(exercise.unit, key, answer)
        case Order():
            _hold(key, [item for item in _several(answer) if item in exercise.items])
            draw_order(shown(exercise, learner), key=key)
        case Match():
            given = answer if isinstance(answer, Mapping) else {}
            rights = shown(exercise, learner)
            for number, left in enumerate(_lefts(exercise, learner)):
                place = f"{key}.{number}"
                _hold(place, given.get(left) if given.get(left) in rights else None)
                st.selectbox(left, rights, index=None, placeholder="Choose", key=place)
        case Text():
            _hold(key, answer if isinstance(answer, str) else "")
            st.text_area(
                "Your answer, in one or two sentences", height=110, max_chars=_LONGEST_TEXT, key=key
            )
        case Evidence():
            question = exercise.name.question if exercise.name else "Your answer"
            if offered:
                _radio(question, offered, key, answer, strange=True)
            else:
                st.markdown(question)
                _number(exercise.name.unit if exercise.name else "", key, answer)
        case CardFact():
            order = shuffled(exercise.id, learner, [o for o in offered if o != _SILENT])
            _hold(key, answer if answer in offered else None)
            st.radio(
                "What the page says",
                (*order, _SILENT),
                index=None,
                format_func=lambda choice: plain(card_facts.said(exercise.fact, choice)),
                key=key,
            )
        case Predict():
            if exercise.options:
                _radio("Your prediction", exercise.options, key, answer)
            else:
                _number(exercise.unit, key, answer, label="Your prediction")
        case _:
            assert_never(exercise)


def read_fields(exercise: AnyExercise, *, key: str, learner: str) -> Value:
    """Return the answer that stands in the fields below `key`, "" where there is none."""
    match exercise:
        case Choice(several=True):
            texts = enumerate(shown(exercise, learner))
            return tuple(text for number, text in texts if _in_field(f"{key}.{number}")) or ""
        case Order():
            return tuple(_in_field(key) or ()) or ""
        case Match():
            lefts = enumerate(_lefts(exercise, learner))
            chosen = {left: _in_field(f"{key}.{number}") for number, left in lefts}
            return {left: right for left, right in chosen.items() if right} or ""
        case _:
            value = _in_field(key)
            return "" if value is None else value


def _lefts(exercise: Match, learner: str) -> tuple[str, ...]:
    return shuffled(f"{exercise.id}.left", learner, [pair.left for pair in exercise.pairs])


def _radio(
    label: str,
    options: Sequence[str],
    key: str,
    answer: Value | None,
    *,
    strange: bool = False,
) -> None:
    _hold(key, answer if answer in options else None)
    st.radio(label, options, index=None, key=key, format_func=plain if strange else str)


def _number(unit: str, key: str, answer: Value | None, *, label: str = "Your answer") -> None:
    _hold(key, number_in(answer))
    st.number_input(
        f"{label} in {plain(unit)}" if unit else label,
        value=None,
        step=1.0,
        format="%g",
        key=key,
        placeholder="A number",
        width=_NUMBER_WIDTH_PX,
    )


def _several(answer: Value | None) -> Sequence[str]:
    return answer if isinstance(answer, (tuple, list)) else ()


def _hold(key: str, value: Any) -> None:
    """Let the field `key` begin with `value`: Streamlit forgets it when the page is left."""
    if key not in st.session_state:
        st.session_state[key] = value


def _in_field(key: str) -> Any:
    return st.session_state.get(key)
