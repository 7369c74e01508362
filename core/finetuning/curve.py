"""The learning curve: what each number of labelled examples is worth, with and without a base."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic

from core.errors import BadInputError
from core.finetuning.evaluation import accuracy_of
from core.finetuning.networks import GuessingStopped, build_network
from core.finetuning.training import finish, steps_of, train
from core.finetuning.types import Interval, Splits, TrainingSettings
from core.inference.engines.token_by_token import never

SIZES = (8, 32, 128, 512)
# Eight labels make one batch: without more epochs they would be one step, which teaches nothing.
_FEWEST_STEPS = 60


@dataclass(frozen=True)
class CurvePoint:
    """What a training on `labels_used` examples gave: accuracy on the test split.

    `points` are how many the whole curve has, `left_s` about how long the rest takes.
    """

    labels_used: int
    pretrained: bool
    accuracy: Interval
    seconds: float
    points: int
    left_s: float


def learning_curve(
    base: Path,
    splits: Splits,
    settings: TrainingSettings,
    *,
    sizes: Sequence[int] = SIZES,
    stopped: Callable[[], bool] = never,
) -> Iterator[CurvePoint]:
    """Train on ever more examples, each time from the base model and from random weights.

    Sizes past the training split are left out. Few examples are seen for more epochs, so that every
    point had at least 60 steps. It ends early once `stopped()`.

    Raises:
        BadInputError: there are no examples to test on.
    """
    if not splits.test:
        raise BadInputError(
            "There are no examples to test the models on.",
            next_step="Use data with a test split of at least a few examples.",
        )
    plans = _plans(settings, sizes, len(splits.train))
    work = [steps_of(plan.labels_used or 0, plan) for plan in plans]
    encoder, began_s = None, monotonic()
    for number, plan in enumerate(plans):
        since_s = monotonic()
        network = build_network(base, splits.labels, plan, encoder=encoder)
        encoder = network.encoder
        finish(train(network, splits, plan, stopped=stopped))
        try:
            if stopped():
                return
            texts = [example.text for example in splits.test]
            guesses = network.guess(texts, keep=True, cancelled=stopped)
        except GuessingStopped:
            return
        spent_s = monotonic() - began_s
        yield CurvePoint(
            labels_used=plan.labels_used or 0,
            pretrained=plan.pretrained,
            accuracy=accuracy_of(splits.test, guesses, splits.labels, seed=plan.seed),
            seconds=monotonic() - since_s,
            points=len(plans),
            left_s=spent_s / sum(work[: number + 1]) * sum(work[number + 1 :]),
        )


def curve_sizes(examples: int, sizes: Sequence[int] = SIZES) -> tuple[int, ...]:
    """Return the numbers of labels that a curve over so many examples has, in their order."""
    return tuple(size for size in sorted(set(sizes)) if size <= examples) or (examples,)


def curve_steps(settings: TrainingSettings, examples: int) -> int:
    """Return the steps of all trainings of a curve together."""
    plans = _plans(settings, SIZES, examples)
    return sum(steps_of(plan.labels_used or 0, plan) for plan in plans)


def _plans(
    settings: TrainingSettings, sizes: Sequence[int], examples: int
) -> tuple[TrainingSettings, ...]:
    return tuple(
        replace(_long_enough(settings, size), pretrained=pretrained)
        for size in curve_sizes(examples, sizes)
        for pretrained in (True, False)
    )


def _long_enough(settings: TrainingSettings, size: int) -> TrainingSettings:
    a_epoch = steps_of(size, replace(settings, epochs=1))
    epochs = max(settings.epochs, -(-_FEWEST_STEPS // a_epoch))
    return replace(settings, labels_used=size, epochs=epochs)
