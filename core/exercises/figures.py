"""Numbers in exercises: how they are written, and what a wrong one says about its making."""

from __future__ import annotations

import math

from core.exercises.outcome import NOT_ATTEMPTED, CheckResult, Outcome
from core.exercises.types import Number
from core.words import plain
from core.work.entries import Value

# What a digit that a computer cannot hold exactly may take away.
_ROUNDING = 1e-9
# By how much digits may be off that are said to be right but for their size.
_SAME_DIGITS = 0.02


def number_in(value: Value | None) -> float | None:
    """Return the answer if it is a number that one can calculate with."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return float(value) if math.isfinite(value) else None


def said(number: float, unit: str = "") -> str:
    """Return a number as it stands in a sentence, with its unit: 3.5 GB, 1,200 tokens."""
    shown = f"{number:,.0f}" if number == int(number) else f"{number:,.6g}"
    return plain(f"{shown} {unit}".strip())


def within(number: float, target: float, tolerance: float) -> bool:
    """Return whether `number` is no farther from `target` than `tolerance`."""
    return abs(number - target) <= tolerance + _ROUNDING * max(1.0, abs(target))


def check_number(exercise: Number, answer: Value | None) -> CheckResult:
    """Compare a number with the right one, and name the slip that leads to a wrong one."""
    number = number_in(answer)
    if number is None:
        return NOT_ATTEMPTED
    shown, target = said(number, exercise.unit), exercise.answer
    if within(number, target, exercise.tolerance):
        return CheckResult(Outcome.CORRECT, f"**{shown}** is right.")
    for slip in exercise.slips:
        if within(number, slip.value, slip.tolerance):
            return CheckResult(Outcome.NOT_YET, f"Your answer: {shown}. {slip.says}")
    if size := _off_by_thousands(number, target):
        asked = f"The answer is asked in {plain(exercise.unit)}." if exercise.unit else ""
        says = f"The digits are right, the size is not: you are off by a factor of {size}. {asked}"
        return CheckResult(Outcome.NOT_YET, f"Your answer: {shown}. {says}".strip())
    direction = "low" if number < target else "high"
    return CheckResult(
        Outcome.NOT_YET,
        f"{shown} is too {direction}. Go through your calculation once more, step by step.",
    )


def _off_by_thousands(number: float, target: float) -> str:
    """Return the factor of a thousand, a million, … by which a number is off, "" if by none."""
    if target == 0 or number / target <= 0:
        return ""
    thousands = round(math.log10(number / target) / 3)
    near = within(number / target, 1000.0**thousands, _SAME_DIGITS * 1000.0**thousands)
    return f"{1000 ** abs(thousands):,}" if thousands and near else ""
