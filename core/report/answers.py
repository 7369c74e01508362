"""The report's exercises: the question, the student's answer, and what became of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from markupsafe import Markup

from core.exercises.attempt import Attempt, attempt_of
from core.exercises.card_facts import said
from core.exercises.outcome import Outcome
from core.exercises.types import AnyExercise, CardFact, Choice, Match, Number, Order, Predict
from core.lessons import Place, Placed, all_lessons, guide_files, task_guide
from core.report.prose import prose
from core.words import counted
from core.work.entries import Value
from core.work.work import Work


@dataclass(frozen=True)
class AnswerRow:
    """One exercise that the student has worked on.

    `ask` and `message` are Markdown of ours, what is `Markup` in `answer` is HTML of ours; the
    rest is text.
    """

    title: str
    ask: str
    answer: tuple[str | Markup, ...]
    outcome: Outcome
    message: str
    aids: tuple[str, ...]

    @property
    def answer_text(self) -> tuple[str, ...]:
        """The answer as text alone."""
        return tuple(line.striptags() if isinstance(line, Markup) else line for line in self.answer)


@dataclass(frozen=True)
class PlaceAnswers:
    """The exercises of a lesson or task: those worked on, and the titles of the others."""

    place: Place
    title: str
    correct: int
    exercises: int
    rows: tuple[AnswerRow, ...]
    untouched: tuple[str, ...]


def place_title(place: Place) -> str:
    """Return what a lesson or a task is called."""
    if place.kind == "task":
        number = next(
            n for n, path in enumerate(guide_files(), 1) if path.stem.endswith(place.name)
        )
        return f"Task {number}: {task_guide(place.name).title}"
    title = next((one.title for one in all_lessons() if str(one.number) == place.name), "")
    return f"Lesson {place.name}: {title}"


def place_answers(course: Iterable[Placed], work: Work) -> tuple[PlaceAnswers, ...]:
    """Return how the student stands with each exercise of `course`, by lesson and task."""
    places: dict[Place, list[tuple[AnyExercise, Attempt]]] = {}
    for one in course:
        attempts = places.setdefault(one.place, [])
        attempts.append((one.exercise, attempt_of(one.exercise, work)))
    return tuple(
        PlaceAnswers(
            place=place,
            title=place_title(place),
            correct=sum(attempt.result.outcome is Outcome.CORRECT for _, attempt in attempts),
            exercises=len(attempts),
            rows=tuple(_row(*one) for one in attempts if _touched(one[1])),
            untouched=tuple(one[0].title for one in attempts if not _touched(one[1])),
        )
        for place, attempts in places.items()
    )


def _touched(attempt: Attempt) -> bool:
    return (
        attempt.result.outcome is not Outcome.NOT_ATTEMPTED
        or attempt.answer is not None
        or attempt.prediction is not None
        or attempt.hints_taken > 0
        or attempt.solution_seen
    )


def _row(exercise: AnyExercise, attempt: Attempt) -> AnswerRow:
    return AnswerRow(
        title=exercise.title,
        ask=exercise.ask,
        answer=tuple(_answer(exercise, attempt)),
        outcome=attempt.result.outcome,
        message=attempt.result.message,
        aids=tuple(_aids(exercise, attempt)),
    )


def _aids(exercise: AnyExercise, attempt: Attempt) -> Iterator[str]:
    if attempt.hints_taken:
        yield f"{attempt.hints_taken} of {counted(len(exercise.hints), 'hint')} used"
    if attempt.solution_seen:
        yield "solution seen"
    if attempt.restarts:
        yield f"started over {counted(attempt.restarts, 'time')}"


def _answer(exercise: AnyExercise, attempt: Attempt) -> Iterator[str | Markup]:
    if isinstance(exercise, Predict) and attempt.prediction is not None:
        for line in _lines(exercise, attempt.prediction):
            yield _labelled("Predicted", line)
    if attempt.answer is not None:
        yield from _lines(exercise, attempt.answer)


def _labelled(label: str, line: str | Markup) -> str:
    return (
        f"{label}: {line}" if not isinstance(line, Markup) else Markup("{}: {}").format(label, line)
    )


def _lines(exercise: AnyExercise, value: Value) -> Iterator[str | Markup]:
    ours = _written_by_us(exercise)

    def line(text: str) -> str | Markup:
        return prose(text) if text in ours else text

    if isinstance(value, str):
        yield said(exercise.fact, value) if isinstance(exercise, CardFact) else line(value)
    elif isinstance(value, Mapping):
        for left, right in value.items():
            yield Markup("{} → {}").format(line(left), line(right))
    elif isinstance(value, tuple | list):
        numbers = (f"{place}. " for place in range(1, len(value) + 1))
        for number, text in zip(numbers, value, strict=True):
            yield Markup("{}{}").format(number if isinstance(exercise, Order) else "", line(text))
    else:
        unit = exercise.unit if isinstance(exercise, Number | Predict) else ""
        yield f"{value:,g} {unit}".strip() if abs(value) < 1e6 else f"{value:g} {unit}".strip()


def _written_by_us(exercise: AnyExercise) -> frozenset[str]:
    """Return the texts among which a student chooses; they are Markdown."""
    match exercise:
        case Choice():
            return frozenset(option.text for option in exercise.options)
        case Order():
            return frozenset(exercise.items)
        case Match():
            sides = (side for pair in exercise.pairs for side in (pair.left, pair.right))
            return frozenset((*sides, *exercise.extra))
        case Predict():
            return frozenset(exercise.options)
        case _:
            return frozenset()
