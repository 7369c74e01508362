"""How good a model is on examples it has not seen, with how sure one can be of that."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from core.errors import BadInputError
from core.finetuning.types import Evaluation, Example, Guess, Interval

_RESAMPLES = 1000
_CONFIDENCE = 0.95
_NUMBERS_AT_ONCE = 2_000_000


@dataclass(frozen=True)
class Mistake:
    """An example with the wrong label that a model gave it, and how probable it called that."""

    example: Example
    guessed: str
    probability: float


def evaluate(
    examples: Sequence[Example],
    guesses: Sequence[Guess],
    *,
    labels: Sequence[str],
    train: Sequence[Example],
    seed: int = 0,
) -> Evaluation:
    """Return how good `guesses` are for `examples`, both in the same order.

    The bounds come from drawing the examples again 1,000 times (the percentile bootstrap), the same
    draws for the same `seed`. Where every guess is right, drawing again shows no doubt at all, and
    the exact binomial bounds stand in its place. Macro-F1 is the mean over the labels that occur.
    `train` says which label is the commonest.

    Raises:
        BadInputError: there are no examples.
    """
    if not examples:
        raise BadInputError(
            "There are no examples to test the model on.",
            next_step="Use data with a test split of at least a few examples.",
        )
    import numpy as np
    from sklearn.metrics import confusion_matrix

    numbers = {label: number for number, label in enumerate(labels)}
    truth = np.array([numbers[example.label] for example in examples])
    guessed = np.array([guess_number(guess) for guess in guesses])
    right = truth == guessed
    if right.all() or not right.any():
        accuracy = _exact(int(right.sum()), len(right))
        macro_f1 = accuracy
    else:
        accuracy = _bootstrap(truth, guessed, _accuracy, seed)
        macro_f1 = _bootstrap(truth, guessed, _macro_f1, seed)
    matrix = confusion_matrix(truth, guessed, labels=range(len(labels)))
    return Evaluation(
        labels=tuple(labels),
        examples=tuple(examples),
        guesses=tuple(guesses),
        accuracy=accuracy,
        macro_f1=macro_f1,
        majority=_majority(train, examples),
        confusion=tuple(tuple(map(int, row)) for row in matrix),
    )


def accuracy_of(
    examples: Sequence[Example], guesses: Sequence[Guess], labels: Sequence[str], *, seed: int = 0
) -> Interval:
    """Return the share of right guesses alone, with its bounds as in `evaluate`."""
    import numpy as np

    truth = np.array([labels.index(example.label) for example in examples])
    guessed = np.array([guess_number(guess) for guess in guesses])
    right = int((truth == guessed).sum())
    if right in (0, len(truth)):
        return _exact(right, len(truth))
    return _bootstrap(truth, guessed, _accuracy, seed)


def guess_number(guess: Guess) -> int:
    """Return the number of the label that `guess` calls the most probable."""
    return guess.probabilities.index(max(guess.probabilities))


def surest_mistakes(evaluation: Evaluation, *, limit: int = 10) -> tuple[Mistake, ...]:
    """Return the examples that the model was wrong about, those it was surest of first."""
    mistakes = [
        Mistake(example, evaluation.labels[number], guess.probabilities[number])
        for example, guess in zip(evaluation.examples, evaluation.guesses, strict=True)
        if evaluation.labels[number := guess_number(guess)] != example.label
    ]
    return tuple(sorted(mistakes, key=lambda mistake: -mistake.probability)[:limit])


def _accuracy(truth: Any, guessed: Any, axis: int = -1) -> Any:
    return (truth == guessed).mean(axis=axis)


def _macro_f1(truth: Any, guessed: Any, axis: int = -1) -> Any:
    """Return the macro-F1 of each row of guesses; one call of the library for all rows is quick.

    To the library each label of each row is a question of its own, with yes or no as its answer.
    """
    import numpy as np
    from sklearn.metrics import f1_score

    labels = np.union1d(truth, guessed)
    rows = [np.moveaxis(np.atleast_2d(each), axis, -1) for each in (truth, guessed)]
    examples = rows[0].shape[-1]
    # [examples, rows x labels]; the last column keeps it a question with several answers.
    asked = [
        np.c_[(row.T[:, :, None] == labels).reshape(examples, -1), np.ones(examples, bool)]
        for row in rows
    ]
    # A label that a row leaves out says nothing of it.
    scores = f1_score(*asked, average=None, zero_division=np.nan)[:-1]
    means = np.nanmean(scores.reshape(-1, len(labels)), axis=-1)
    return means if truth.ndim > 1 else means[0]


def _bootstrap(truth: Any, guessed: Any, score: Callable[..., Any], seed: int) -> Interval:
    import numpy as np
    from scipy.stats import bootstrap

    drawn = bootstrap(
        (truth, guessed),
        score,
        paired=True,
        vectorized=True,
        axis=-1,
        n_resamples=_RESAMPLES,
        batch=max(1, _NUMBERS_AT_ONCE // (len(truth) * len(np.unique(truth)))),
        confidence_level=_CONFIDENCE,
        method="percentile",
        rng=np.random.default_rng(seed),
    ).confidence_interval
    value = float(score(truth, guessed))
    # Labels are few and draws many: the bounds are numbers, and hold the value but for ties.
    return Interval(value, min(value, float(drawn.low)), max(value, float(drawn.high)))


def _exact(right: int, of: int) -> Interval:
    from scipy.stats import binomtest

    bounds = binomtest(right, of).proportion_ci(_CONFIDENCE, method="exact")
    return Interval(right / of, float(bounds.low), float(bounds.high))


def _majority(train: Sequence[Example], examples: Sequence[Example]) -> float:
    from sklearn.dummy import DummyClassifier

    known = [example.label for example in train or examples]
    commonest = DummyClassifier(strategy="most_frequent").fit([[0]] * len(known), known)
    return float(commonest.score([[0]] * len(examples), [example.label for example in examples]))
