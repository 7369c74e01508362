"""Exercises on what was really done: evidence, and predictions that are scored by it."""

from __future__ import annotations

from core.exercises.evidence.types import Finding
from core.exercises.figures import number_in, said, within
from core.exercises.outcome import CheckResult, Outcome
from core.exercises.trail import Moment, Trail
from core.exercises.types import Evidence, Predict
from core.words import plain
from core.work.entries import Value


def found_by(exercise: Evidence | Predict, trail: Trail) -> Finding:
    """Return what the exercise's check finds: for a prediction, in what was done since."""
    from core.exercises.evidence.registry import find

    work = trail.work
    if isinstance(exercise, Predict) and (locked := locked_prediction(exercise, trail)):
        work = trail.work_since(locked[0])
    return find(exercise.check, exercise.given, work)


def locked_prediction(exercise: Predict, trail: Trail) -> tuple[Moment, str | float] | None:
    """Return the first prediction that can be one, with its moment; later ones do not count."""
    for moment, value in trail.predictions:
        if exercise.options:
            if isinstance(value, str) and value in exercise.options:
                return moment, value
        elif (number := number_in(value)) is not None:
            return moment, number
    return None


def check_evidence(exercise: Evidence, trail: Trail) -> CheckResult:
    """Say what the student's own work shows, and compare their conclusion with it."""
    finding = found_by(exercise, trail)
    if not finding.begun:
        return CheckResult(Outcome.NOT_ATTEMPTED, finding.message)
    if not finding.met:
        return CheckResult(Outcome.NOT_YET, finding.message)
    naming, answer = exercise.name, trail.answer
    if naming is None or finding.answer is None:
        return CheckResult(Outcome.CORRECT, finding.message)
    if not _is_given(answer):
        return CheckResult(
            Outcome.NOT_YET, f"{finding.message}\n\nOne thing is left: your conclusion."
        )
    if concludes(answer, finding.answer, naming.tolerance):
        return CheckResult(Outcome.CORRECT, finding.message)
    return CheckResult(Outcome.NOT_YET, naming.wrong)


def concludes(answer: Value | None, found: str | float, tolerance: float) -> bool:
    """Return whether `answer` is what was found, a number within a share of it."""
    if isinstance(found, str):
        return isinstance(answer, str) and answer.strip() == found.strip()
    number = number_in(answer)
    return number is not None and within(number, found, tolerance * abs(found))


def check_predict(exercise: Predict, trail: Trail) -> CheckResult:
    """Score a prediction by what was done after it was locked."""
    locked = locked_prediction(exercise, trail)
    if locked is None:
        return CheckResult(Outcome.NOT_ATTEMPTED)
    predicted = locked[1]
    finding = found_by(exercise, trail)
    if not finding.met:
        told = f"Locked: you predicted **{_said(predicted, exercise)}**."
        return CheckResult(Outcome.NOT_YET, f"{told} {finding.message or 'Now run it.'}")
    if finding.answer is None:
        return CheckResult(Outcome.CORRECT, f"{finding.message}\n\n{exercise.reveal}")
    score = _score(exercise, predicted, finding.answer)
    told = f"You predicted **{_said(predicted, exercise)}**. {score}"
    return CheckResult(Outcome.CORRECT, f"{told}\n\n{exercise.reveal}")


def _score(exercise: Predict, predicted: str | float, found: str | float) -> str:
    came = f"It was **{_said(found, exercise)}**"
    if isinstance(predicted, str) or isinstance(found, str):
        right = concludes(predicted, found, exercise.tolerance)
        return f"{came}: your prediction was {'right' if right else 'not right'}."
    if predicted == found:
        return f"{came}: exactly right."
    off = abs(predicted - found)
    away = f"{said(off, exercise.unit)} too {'low' if predicted < found else 'high'}"
    if found:
        away = f"{away} ({off / abs(found):.0%})"
    near = concludes(predicted, found, exercise.tolerance)
    return f"{came}: {'close, ' if near else 'your prediction was '}{away}."


def _said(value: str | float, exercise: Predict) -> str:
    return plain(value) if isinstance(value, str) else said(value, exercise.unit)


def _is_given(answer: Value | None) -> bool:
    return bool(answer.strip()) if isinstance(answer, str) else number_in(answer) is not None
