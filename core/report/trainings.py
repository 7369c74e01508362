"""The report's trainings: settings, figures, curves, and the student's own sentences."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from core.finetuning.failure_presets import PRESETS, Preset
from core.finetuning.types import Guess, Interval
from core.finetuning.words import settings_in_words
from core.report.clock import Clock
from core.report.pictures import Drawn, Picture, curve_picture, curve_points, training_pictures
from core.words import duration, size
from core.work.entries import Curve, SentencesTried, Trained
from core.work.work import Work


@dataclass(frozen=True)
class Figure:
    """A figure of a training; `bounds` are those of its interval, "" where it has none."""

    name: str
    value: str
    bounds: str = ""


@dataclass(frozen=True)
class Sentence:
    """A sentence of the student's, and what the model said of it before and after."""

    text: str
    before: str
    after: str


@dataclass(frozen=True)
class TrainingPart:
    """One training; everything in it is text, as it was typed or measured."""

    when: str
    name: str
    settings: tuple[str, ...]
    figures: tuple[Figure, ...]
    notes: tuple[str, ...]
    pictures: tuple[Picture, ...]
    sentences: tuple[Sentence, ...]
    drawn: tuple[Drawn, ...] = ()


@dataclass(frozen=True)
class CurvePart:
    """A learning curve: the picture and, for whoever prefers it, the table."""

    when: str
    picture: Picture
    rows: tuple[tuple[str, ...], ...]
    drawn: tuple[Drawn, ...] = ()


def training_parts(
    trainings: Iterable[tuple[float, Trained]], work: Work, clock: Clock
) -> tuple[TrainingPart, ...]:
    """Return what the report says of each training; its curves are still to be drawn."""
    tried: dict[str, list[SentencesTried]] = {}
    for one in work.of(SentencesTried):
        tried.setdefault(one.training_id, []).append(one)
    return tuple(
        TrainingPart(
            when=clock.minute(when_s),
            name=trained.name,
            settings=_settings(trained),
            figures=_figures(trained),
            notes=_notes(trained),
            pictures=training_pictures(trained),
            sentences=_sentences(tried.get(trained.training_id, ())),
        )
        for when_s, trained in trainings
    )


def curve_parts(curves: Iterable[tuple[float, Curve]], clock: Clock) -> tuple[CurvePart, ...]:
    """Return what the report says of each learning curve that has a point."""
    from core.finetuning.curve_chart import curve_rows

    return tuple(
        CurvePart(
            when=clock.minute(when_s),
            picture=curve_picture(curve),
            rows=tuple(tuple(map(str, row)) for row in curve_rows(curve_points(curve))),
        )
        for when_s, curve in curves
        if curve.points
    )


def _settings(trained: Trained) -> tuple[str, ...]:
    labels = ", ".join(label[:40] for label in trained.labels[:6])
    more = ", …" if len(trained.labels) > 6 else ""
    return (
        *settings_in_words(trained.settings),
        f"{trained.train_examples:,} texts to learn from",
        f"labels: {labels}{more}",
    )


def _figures(trained: Trained) -> tuple[Figure, ...]:
    figures = []
    if trained.accuracy is not None:
        figures.append(_figure("Accuracy", trained.accuracy))
    if trained.macro_f1 is not None:
        figures.append(_figure("Macro-F1", trained.macro_f1))
    if trained.majority is not None:
        figures.append(Figure("Always the commonest label", f"{trained.majority:.1%}"))
    figures.append(Figure("Time", duration(trained.seconds)))
    figures.append(Figure("Peak memory", size(trained.peak_memory_bytes)))
    return tuple(figures)


def _notes(trained: Trained) -> tuple[str, ...]:
    notes = []
    if trained.preset in set(Preset) - {Preset.SOUND}:
        notes.append(f"The experiment: {PRESETS[Preset(trained.preset)].label}.")
    if trained.expected:
        notes.append(f"Expected: {trained.expected}.")
    if trained.diverged:
        notes.append("The training broke off: its loss was no number any more.")
    if trained.stopped:
        notes.append("Stopped before the end: the figures are those of the best model until then.")
    return tuple(notes)


def _sentences(tried: Iterable[SentencesTried]) -> tuple[Sentence, ...]:
    return tuple(
        Sentence(after.text, _likeliest(one.labels, before), _likeliest(one.labels, after))
        for one in tried
        for before, after in zip(one.before, one.after, strict=False)
    )


def _likeliest(labels: tuple[str, ...], guess: Guess) -> str:
    pairs = list(zip(guess.probabilities, labels, strict=False))
    if not pairs:
        return "–"
    probability, label = max(pairs, key=lambda pair: pair[0])
    return f"{label} {probability:.0%}"


def _figure(name: str, figure: Interval) -> Figure:
    return Figure(name, f"{figure.value:.1%}", f"[{figure.low:.1%}, {figure.high:.1%}]")
