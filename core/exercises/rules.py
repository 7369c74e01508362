"""What an exercise has to be beyond its types, so that it can be solved, and not by guessing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from core.exercises import card_facts
from core.exercises.types import (
    AnyExercise,
    CardFact,
    Choice,
    Evidence,
    Match,
    Number,
    Order,
    Predict,
)
from core.markdown_body import has_html

# Names of fields, and numbers in lists that count from 0.
Loc = tuple[str | int, ...]
Broken = tuple[Loc, str]

# An answer that is right and longer than all others by this much gives itself away.
_TOO_LONG = 1.5
_TOO_LONG_CHARACTERS = 20
# What is compared or handed on, and never drawn as Markdown.
_NO_MARKDOWN = {"id", "kind", "words", "good", "poor", "setup", "check", "given", "model"}


def broken_rules(exercise: AnyExercise) -> Iterator[Broken]:
    """Yield where in its block an exercise breaks a rule, and which."""
    for loc, text in _texts(exercise.model_dump()):
        if has_html(text):
            yield loc, "raw HTML is not shown; use Markdown instead."
    match exercise:
        case Choice():
            yield from _choice(exercise)
        case Number():
            yield from _number(exercise)
        case Order():
            yield from _once(("items",), exercise.items)
        case Match():
            yield from _match(exercise)
        case CardFact():
            yield from _once(("options",), exercise.options)
            for number, option in enumerate(exercise.options):
                if says := card_facts.no_answer(exercise.fact, option):
                    yield ("options", number), says
        case Predict():
            yield from _once(("options",), exercise.options)
            yield from _evidence(exercise)
        case Evidence():
            yield from _evidence(exercise)


def _choice(exercise: Choice) -> Iterator[Broken]:
    options = exercise.options
    yield from _once(("options",), tuple(option.text for option in options))
    right = [option for option in options if option.right]
    wrong = [option for option in options if not option.right]
    if not right:
        yield ("options",), "none of the options is marked 'right: true'."
        return
    if not wrong:
        yield ("options",), "all options are right: there is nothing to choose."
        return
    if len(right) > 1 and not exercise.several:
        yield ("options",), "more than one option is right: say 'several: true', or change one."
    longest = max(len(option.text) for option in wrong)
    for number, option in enumerate(options):
        length = len(option.text)
        if option.right and length > max(_TOO_LONG * longest, longest + _TOO_LONG_CHARACTERS):
            yield (
                ("options", number),
                "the right option is much longer than all wrong ones, which gives it away.",
            )


def _number(exercise: Number) -> Iterator[Broken]:
    for number, slip in enumerate(exercise.slips):
        if abs(slip.value - exercise.answer) <= exercise.tolerance:
            yield ("slips", number), "this slip counts as right, within the tolerance."


def _match(exercise: Match) -> Iterator[Broken]:
    yield from _once(("pairs",), tuple(pair.left for pair in exercise.pairs))
    yield from _once(("extra",), exercise.extra)
    rights = {pair.right for pair in exercise.pairs}
    if len(rights) + len(exercise.extra) < 2:
        yield ("pairs",), "there is only one right side: nothing can be mixed up."
    for number, extra in enumerate(exercise.extra):
        if extra in rights:
            yield ("extra", number), "this matches something, so it is not extra."


def _evidence(exercise: Evidence | Predict) -> Iterator[Broken]:
    from pydantic import ValidationError

    from core.exercises.evidence.registry import PREDICATES

    if exercise.check not in PREDICATES:
        known = ", ".join(sorted(PREDICATES))
        yield ("check",), f"there is no check '{exercise.check}'; there are {known}."
        return
    parameters, _ = PREDICATES[exercise.check]
    try:
        parameters.model_validate(exercise.given)
    except ValidationError as error:
        for found in error.errors(include_url=False):
            names = ".".join(map(str, found["loc"]))
            yield ("given", *found["loc"]), f"'{names}': {found['msg']}."


def _once(loc: Loc, texts: tuple[str, ...]) -> Iterator[Broken]:
    for number, text in enumerate(texts):
        if text in texts[:number]:
            yield (*loc, number), f"{text[:60]!r} stands here twice."


def _texts(value: Any, loc: Loc = ()) -> Iterator[Broken]:
    """Yield every text in what an exercise was made of, with its place."""
    if isinstance(value, str):
        yield loc, value
    elif isinstance(value, dict):
        for name, inner in value.items():
            if name in _NO_MARKDOWN:
                continue
            yield from _texts(inner, (*loc, name))
    elif isinstance(value, (list, tuple)):
        for number, inner in enumerate(value):
            yield from _texts(inner, (*loc, number))
