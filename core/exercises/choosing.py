"""Choosing, ordering and matching: what a wrong answer is told without giving the right one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from core.exercises.outcome import NOT_ATTEMPTED, CheckResult, Outcome
from core.exercises.types import Choice, Match, Option, Order
from core.work.entries import Value

# The author has changed what can be answered; that is no mistake of the student's.
CHANGED = CheckResult(
    Outcome.NOT_ATTEMPTED,
    "This exercise has changed since you answered it. Please answer it once more.",
)


def check_choice(exercise: Choice, answer: Value | None) -> CheckResult:
    """Compare what was chosen with what is right, and explain one wrong choice."""
    chosen = _chosen(exercise, answer)
    if not chosen:
        return NOT_ATTEMPTED
    by_text = {option.text: option for option in exercise.options}
    if not set(chosen) <= set(by_text):
        return CHANGED
    picked = [option for option in exercise.options if option.text in chosen]
    if exercise.several:
        return _check_several(exercise, picked)
    option = picked[0]
    if option.right:
        return CheckResult(Outcome.CORRECT, option.why)
    return CheckResult(Outcome.NOT_YET, option.why)


def check_order(exercise: Order, answer: Value | None) -> CheckResult:
    """Compare an order with the right one, and name the first place that is wrong."""
    if not isinstance(answer, (tuple, list)) or not answer:
        return NOT_ATTEMPTED
    if len(set(answer)) < len(answer) or not set(answer) <= set(exercise.items):
        return CHANGED
    for place, (given, right) in enumerate(zip(answer, exercise.items, strict=False)):
        if given != right:
            before = f"The first {place} are right. " if place > 1 else ""
            before = "The first one is right. " if place == 1 else before
            return CheckResult(
                Outcome.NOT_YET,
                f"{before}Number {place + 1} cannot be **{given}** yet: something that you put "
                "later has to come first.",
            )
    if left := len(exercise.items) - len(answer):
        return CheckResult(
            Outcome.NOT_YET, f"Right so far. Now put the other {left} in order as well."
        )
    return CheckResult(Outcome.CORRECT, "That is the right order.")


def check_match(exercise: Match, answer: Value | None) -> CheckResult:
    """Compare pairs with the right ones, and make think about one that is wrong."""
    if not isinstance(answer, Mapping):
        return NOT_ATTEMPTED
    given = {left: right for left, right in answer.items() if right}
    if not given:
        return NOT_ATTEMPTED
    rights = {pair.right for pair in exercise.pairs} | set(exercise.extra)
    if (
        not set(given) <= {pair.left for pair in exercise.pairs}
        or not set(given.values()) <= rights
    ):
        return CHANGED
    right = sum(given.get(pair.left) == pair.right for pair in exercise.pairs)
    told = f"{right} of {len(exercise.pairs)} are right."
    for pair in exercise.pairs:
        if given.get(pair.left, pair.right) != pair.right:
            return CheckResult(Outcome.NOT_YET, f"{told} **{pair.left}**: {pair.wrong}")
    for pair in exercise.pairs:
        if pair.left not in given:
            return CheckResult(
                Outcome.NOT_YET, f"{told} What goes with **{pair.left}** is still open."
            )
    return CheckResult(Outcome.CORRECT, "All of them are matched.")


def _chosen(exercise: Choice, answer: Value | None) -> tuple[str, ...]:
    if isinstance(answer, str):
        return (answer,) if answer else ()
    if isinstance(answer, (tuple, list)) and exercise.several:
        return tuple(answer)
    return ()


def _check_several(exercise: Choice, picked: Sequence[Option]) -> CheckResult:
    right = [option for option in picked if option.right]
    wrong = [option for option in picked if not option.right]
    if wrong:
        told = f"{len(right)} of your {len(picked)} choices are right."
        if len(picked) == 1:
            told = "Your choice is not right."
        return CheckResult(Outcome.NOT_YET, f"{told}\n\n*{wrong[0].text}*\n\n{wrong[0].why}")
    if len(right) < sum(option.right for option in exercise.options):
        told = f"All {len(right)} of your choices are right" if len(right) > 1 else "That is right"
        return CheckResult(Outcome.NOT_YET, f"{told}, and something is still missing.")
    return CheckResult(Outcome.CORRECT, "These are all that are right, and no other.")
