"""Task 4: which trainings were made, what came out, and what was tried with them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Literal

from pydantic import Field

from core.exercises.evidence.steps import Step, any_through, furthest
from core.exercises.evidence.types import Finding
from core.exercises.types import Block, Words
from core.finetuning.failure_presets import PRESETS, SPOILT, Preset
from core.finetuning.types import Guess, Interval
from core.words import counted, one_line, plain
from core.work.entries import Curve, SentencesTried, Trained
from core.work.work import Work

_NONE = "No training of yours has ended yet. Choose settings, and press **Train**."
_FAULTS = {preset: PRESETS[preset].label for preset in SPOILT}


class TrainingDone(Block):
    """A training that ended, with these settings where they are named.

    `labels_used` is how many texts it learned from, `expected` asks for a prediction of its curves
    beforehand. `read` is what the answer is taken from, in percent: the accuracy on the test texts,
    that of always guessing the commonest label, or the points between the two.
    """

    preset: Preset | None = None
    pretrained: bool | None = None
    labels_used: int | None = Field(default=None, ge=1)
    expected: bool = False
    read: Literal["accuracy", "majority", "gain"] = "accuracy"


def training_done(work: Work, given: TrainingDone) -> Finding:
    """Trained as asked; the answer is one of the figures, in percent or points."""
    trained = work.of(Trained)
    if not trained:
        return Finding(False, False, _NONE)
    about = _about(given)
    one, says = furthest(trained, [*about, *_ENDED_WELL])
    if says or one.accuracy is None or one.majority is None:
        return Finding(any_through(trained, about), False, says)
    figures = {
        "accuracy": one.accuracy.value,
        "majority": one.majority,
        "gain": one.accuracy.value - one.majority,
    }
    told = f"You trained on {counted(one.train_examples, 'text')}."
    if given.expected:
        told += f" You had expected: {plain(one.expected)}."
    return Finding(True, True, told, round(figures[given.read] * 100, 1))


def _about(given: TrainingDone) -> list[Step[Trained]]:
    """Return the requirements to which training it is."""
    steps = []
    if given.preset is not None:
        label = PRESETS[given.preset].label
        steps.append(
            Step[Trained](
                lambda one: one.preset == given.preset,
                lambda one: (
                    f"Your training was the experiment **{_fault(one)}**. Choose "
                    f"**{label}**, and train again."
                ),
            )
        )
    if given.pretrained is not None:
        start = "the base model" if given.pretrained else "random weights"
        steps.append(
            Step(
                lambda one: one.settings.pretrained is given.pretrained,
                lambda one: f"Your training did not begin with {start}. Train one that does.",
            )
        )
    if given.labels_used is not None:
        steps.append(
            Step(
                lambda one: one.train_examples == given.labels_used,
                lambda one: (
                    f"Your training learned from {counted(one.train_examples, 'text')}. Set"
                    f" **Labelled texts used** to {given.labels_used}, and train again."
                ),
            )
        )
    if given.expected:
        steps.append(
            Step(
                lambda one: bool(one.expected.strip()),
                lambda one: (
                    "You trained without saying what you expect of the curves. Choose it "
                    "above **Train** first, and train again."
                ),
            )
        )
    return steps


_ENDED_WELL = (
    Step[Trained](
        lambda one: not one.stopped,
        lambda one: "You stopped that training. Let one run to its end.",
    ),
    Step[Trained](
        lambda one: one.accuracy is not None and one.majority is not None,
        lambda one: (
            "Nothing could be tested after that training. Take data with a test split, "
            "and a learning rate that does not break it."
        ),
    ),
)


class StartsCompared(Block):
    """The base model against random weights after so many labels, with the rest the same.

    Either a learning curve tells it, or two trainings with the same settings. `read` asks for the
    points between the two, or for who won.
    """

    labels_used: int = Field(default=32, ge=1)
    read: Literal["points", "winner"] = "points"


@dataclass(frozen=True)
class _Starts:
    pretrained: Interval
    scratch: Interval


def starts_compared(work: Work, given: StartsCompared) -> Finding:
    """Trained from both starts; the answer is what the base model is worth, or who won."""
    curves, trained = work.of(Curve), work.of(Trained)
    found = [*_twins(trained, given.labels_used), *_points(curves, given.labels_used)]
    if found:
        starts = found[-1]
        answer, options = _worth(starts, given.read)
        told = f"You compared both starts on {counted(given.labels_used, 'label')}."
        return Finding(True, True, told, answer, options)
    if not trained and not curves:
        return Finding(False, False, _NONE)
    if not curves:
        return Finding(
            # A first training is what a curve is drawn below, and no comparison yet.
            any(not one.settings.pretrained for one in trained),
            False,
            f"You have trained, and not yet drawn a curve with {given.labels_used} labels. Press "
            "**Draw the learning curve** below a training from the base model.",
        )
    sizes = sorted({point.labels_used for curve in curves for point in curve.points})
    reached = ", ".join(map(str, sizes)) or "no"
    return Finding(
        True,
        False,
        f"Your curve has points at {reached} labels, and not both of those at {given.labels_used}. "
        "Let it go on until it has.",
    )


def _points(curves: tuple[Curve, ...], labels: int) -> list[_Starts]:
    found = []
    for curve in curves:
        at = {p.pretrained: p.accuracy for p in curve.points if p.labels_used == labels}
        if len(at) == 2:
            found.append(_Starts(at[True], at[False]))
    return found


def _twins(trained: tuple[Trained, ...], labels: int) -> list[_Starts]:
    """Return the pairs of trainings that differ in their start alone."""
    usable = [
        one
        for one in trained
        if one.train_examples == labels and not one.stopped and one.accuracy is not None
    ]
    return [
        _Starts(one.accuracy, other.accuracy)
        for one in usable
        for other in usable
        if one.settings.pretrained and replace(one.settings, pretrained=False) == other.settings
        if one.preset == other.preset and one.accuracy is not None and other.accuracy is not None
    ]


def _worth(starts: _Starts, read: str) -> tuple[str | float, tuple[str, ...]]:
    one, other = starts.pretrained, starts.scratch
    if read == "points":
        return round((one.value - other.value) * 100, 1), ()
    options = ("the base model", "random weights", "no clear difference")
    if one.low > other.high:
        return options[0], options
    return options[1] if other.low > one.high else options[2], options


class FaultDiagnosed(Block):
    """A training that was spoilt on purpose, by one of these `faults` if they are named."""

    faults: tuple[Preset, ...] = ()


def fault_diagnosed(work: Work, given: FaultDiagnosed) -> Finding:
    """Let a training fail; the answer is what was wrong with it."""
    trained = work.of(Trained)
    if not trained:
        return Finding(False, False, _NONE)
    wanted = set(map(str, given.faults or _FAULTS))
    steps = [
        Step[Trained](
            lambda one: one.preset in wanted,
            lambda one: (
                "Your training was sound."
                if one.preset == Preset.SOUND
                else f"Your training was the experiment **{_fault(one)}**."
            ),
        ),
        Step(
            lambda one: not one.stopped or one.diverged,
            lambda one: (
                "You stopped the training before its curves could show what is wrong. Let "
                "it run to its end."
            ),
        ),
        Step(
            lambda one: bool(one.steps),
            lambda one: "That training has left no curves. Train it again.",
        ),
    ]
    one, says = furthest(trained, steps)
    if one.preset not in wanted:
        kinds = " or ".join(f"**{label}**" for preset, label in _FAULTS.items() if preset in wanted)
        kinds = kinds if given.faults else "one that fails"
        says += f" Choose {kinds} under **Experiment**, and train it."
    if says:
        return Finding(any_through(trained, steps[:1]), False, says)
    told = f"You let a training fail, over {counted(len(one.steps), 'step')} of its curves."
    return Finding(True, True, told, _fault(one), tuple(_FAULTS.values()))


def _fault(one: Trained) -> str:
    known = {str(preset): info.label for preset, info in PRESETS.items()}
    return known.get(one.preset, plain(one.preset))


class SentencesChanged(Block):
    """Sentences of the student's own, before and after training, some with another label then.

    `examples` are sentences that the lab offers: they are not the student's.
    """

    at_least: int = Field(default=3, ge=1, le=20)
    examples: Annotated[tuple[Words, ...], Field(max_length=20)] = ()


def sentences_changed(work: Work, given: SentencesChanged) -> Finding:
    """Tried enough sentences of one's own, of which training changed at least one."""
    tried = work.of(SentencesTried)
    if not tried:
        return Finding(
            False,
            False,
            "You have tried no sentence yet. Train a model, and write some of your own.",
        )
    lent = {one_line(text).casefold() for text in given.examples}

    def own(one: SentencesTried) -> list[tuple[Guess, Guess]]:
        pairs = zip(one.before, one.after, strict=False)
        return [pair for pair in pairs if one_line(pair[1].text).casefold() not in lent]

    def changed(one: SentencesTried) -> int:
        return sum(_label(before) != _label(after) for before, after in own(one))

    steps = [
        Step[SentencesTried](
            lambda one: len(own(one)) >= given.at_least,
            lambda one: (
                f"{counted(len(own(one)), 'sentence')} of your own so far. Write at least "
                f"{given.at_least} that are not the lab's, and try them together."
            ),
        ),
        Step(
            lambda one: changed(one) > 0,
            lambda one: (
                "Training changed the answer for none of your sentences. Write one whose "
                "label is not the one that the model guessed before it was trained."
            ),
        ),
    ]
    one, says = furthest(tried, steps)
    if says:
        return Finding(any(map(own, tried)), False, says)
    of = counted(len(own(one)), "sentence")
    told = f"Training changed the answer for {changed(one)} of your {of}."
    return Finding(True, True, told, float(changed(one)))


def _label(guess: Guess) -> int:
    return max(range(len(guess.probabilities)), key=lambda n: guess.probabilities[n], default=-1)
