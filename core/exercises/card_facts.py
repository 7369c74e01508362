"""Questions about a model's page: what can be answered, and whether it is what the page said."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal

from core.exercises.outcome import NOT_ATTEMPTED, CheckResult, Outcome
from core.exercises.trail import Trail
from core.exercises.types import CardFact
from core.explore.facts import said_list, said_number
from core.explore.licences import licence_of, licences
from core.explore.types import Kind, Verdict
from core.words import plain
from core.work.entries import PageRead

DOES_NOT_SAY = "The card does not say"

Name = Literal["licence", "datasets", "parameters", "gated", "verdict"]

_NEAR = 0.02
_COUNT = re.compile(
    r"^([\d.,]*\d)\s*(million|billion|trillion|[kmbt])?(?: parameters)?$", re.IGNORECASE
)
_TIMES = {"": 1.0, "k": 1e3, "m": 1e6, "b": 1e9, "t": 1e12}
# As the page names them, so that a student finds the line again.
_LINES: dict[Name, str] = {
    "licence": "Licence",
    "datasets": "Training datasets",
    "parameters": "Parameters",
    "gated": "Gated",
    "verdict": "How open it is",
}
_ABOUT: dict[Name, str] = {
    "licence": "its licence",
    "datasets": "its training data",
    "parameters": "the number of its parameters",
    "gated": "whether it is gated",
    "verdict": "how open it is",
}
_VERDICTS = tuple(verdict.value for verdict in Verdict if verdict is not Verdict.UNCLEAR)


def page_of(exercise: CardFact, trail: Trail) -> PageRead | None:
    """Return the model's page as it was last opened, None if it never was."""
    pages = (page for page in reversed(trail.pages) if page.kind is Kind.MODEL)
    return next((page for page in pages if page.id.casefold() == exercise.model.casefold()), None)


def choices(exercise: CardFact, page: PageRead) -> tuple[str, ...]:
    """Return what can be answered: the exercise's options, and what the page said if not among."""
    fact = exercise.fact
    offered = {"gated": ("yes", "no"), "verdict": _VERDICTS}.get(fact, exercise.options)
    truth = _truth(fact, page)
    if truth != DOES_NOT_SAY and not any(_agrees(fact, option, page) for option in offered):
        offered = (*offered, truth)
    return (*offered, DOES_NOT_SAY)


def said(fact: Name, choice: str) -> str:
    """Return a choice as it is shown: a licence by its name, the rest as it stands."""
    if fact != "licence" or choice == DOES_NOT_SAY:
        return choice
    licence = licence_of(choice)
    return licence.name if licence.name == licence.tag else f"{licence.name} ({licence.tag})"


def no_answer(fact: Name, option: str) -> str:
    """Return why `option` can never be the answer about `fact`, "" if it can."""
    if option == DOES_NOT_SAY:
        return f"'{DOES_NOT_SAY}' is offered anyway: leave it out."
    match fact:
        case "licence" if option.lower() not in licences():
            return f"'{option}' is none of the Hub's tags for licences."
        case "parameters" if _count(option) is None:
            return f"'{option}' is no number such as '124 million'."
        case "gated" if option not in ("yes", "no"):
            return "whether a model is gated is answered by 'yes' or 'no', in quotes."
        case "verdict" if option not in _VERDICTS:
            return f"'{option}' is no verdict; there are {', '.join(_VERDICTS)}."
    return ""


def check_fact(exercise: CardFact, trail: Trail) -> CheckResult:
    """Compare the last answer with what the page said when it was opened."""
    fact, answer, model = exercise.fact, trail.answer, plain(exercise.model)
    page = page_of(exercise, trail)
    if page is None:
        return CheckResult(
            Outcome.NOT_ATTEMPTED, f"Open the page of **{model}** in Task 1 Explore first."
        )
    if not isinstance(answer, str) or not answer.strip():
        return NOT_ATTEMPTED
    if _agrees(fact, answer, page):
        return CheckResult(Outcome.CORRECT, _confirmed(fact, page))
    about, line = _ABOUT[fact], _LINES[fact]
    answered = f"Your answer: *{plain(said(fact, answer))}*."
    if answer == DOES_NOT_SAY:
        seen = f"The page of {model} does say something about {about}."
    elif _truth(fact, page) == DOES_NOT_SAY:
        return CheckResult(
            Outcome.NOT_YET,
            f"{answered} Where on the page of {model} did you read that? Look for the line "
            f"**{line}**, and remember that a gap is an answer as well.",
        )
    else:
        seen = f"The page of {model}, as you opened it, says something else about {about}."
    return CheckResult(Outcome.NOT_YET, f"{answered} {seen} Look for **{line}** there.")


def _confirmed(fact: Name, page: PageRead) -> str:
    """Return what the page said, and who said so."""
    model = plain(page.id)
    truth = _truth(fact, page)
    if truth == DOES_NOT_SAY:
        return f"The page of {model} does not tell {_ABOUT[fact]}. Nobody outside can check it."
    if fact == "datasets":
        truth = said_list(page.datasets)
    shown = f"The page of {model} says: **{plain(said(fact, truth))}**."
    found = next((known for known in page.facts if known.name == _LINES[fact]), None)
    return shown if found is None else f"{shown} Source: {plain(found.source)}."


def _truth(fact: Name, page: PageRead) -> str:
    """Return the answer by the page, as a choice."""
    known: str | None
    match fact:
        case "licence":
            known = page.licence
        case "datasets":
            known = page.datasets[0] if page.datasets else None
        case "parameters":
            known = said_number(page.parameters) if page.parameters else None
        case "gated":
            known = None if page.gated is None else "yes" if page.gated else "no"
        case "verdict":
            unclear = page.verdict is None or page.verdict is Verdict.UNCLEAR
            known = None if unclear else str(page.verdict)
    return known or DOES_NOT_SAY


def _agrees(fact: Name, answer: str, page: PageRead) -> bool:
    truth = _truth(fact, page)
    if DOES_NOT_SAY in (answer, truth):
        return answer == truth
    if fact == "datasets":
        return _folded([answer]) <= _folded(page.datasets)
    if fact == "parameters" and answer != truth:
        number, right = _count(answer), page.parameters or 0
        return number is not None and abs(number - right) <= _NEAR * right
    return _folded([answer]) == _folded([truth])


def _folded(names: Iterable[str]) -> set[str]:
    return {" ".join(name.split()).casefold() for name in names}


def _count(text: str) -> float | None:
    """Return the number in a text such as "124 million", "7.2B" or "124,439,808"."""
    found = _COUNT.match(text.strip()[:60])
    if found is None:
        return None
    try:
        number = float(found[1].replace(",", ""))
    except ValueError:
        return None
    return number * _TIMES[(found[2] or "").lower()[:1]]
