"""How good a model is on examples it has not seen, with how sure one can be of that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.errors import BadInputError
from core.finetuning.types import Evaluation, Example, Guess, Interval

_RESAMPLES = 1000
_CONFIDENCE = 0.95


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
    from sklearn.metrics import accuracy_score, confusion_matrix

    numbers = {label: number for number, label in enumerate(labels)}
    truth = np.array([numbers[example.label] for example in examples])
    guessed = np.array([guess_number(guess) for guess in guesses])
    right = truth == guessed
    if right.all() or not right.any():
        accuracy = _exact(int(right.sum()), len(right))
        macro_f1 = accuracy
    else:
        accuracy = _bootstrap(truth, guessed, accuracy_score, seed)
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
    from sklearn.metrics import accuracy_score

    truth = np.array([labels.index(example.label) for example in examples])
    guessed = np.array([guess_number(guess) for guess in guesses])
    right = int((truth == guessed).sum())
    if right in (0, len(truth)):
        return _exact(right, len(truth))
    return _bootstrap(truth, guessed, accuracy_score, seed)


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


def _macro_f1(truth: object, guessed: object) -> float:
    import numpy as np
    from sklearn.metrics import f1_score

    # A label that a draw leaves out says nothing of it.
    return float(f1_score(truth, guessed, average="macro", zero_division=np.nan))


def _bootstrap(truth: object, guessed: object, score: object, seed: int) -> Interval:
    import numpy as np
    from scipy.stats import bootstrap

    drawn = bootstrap(
        (truth, guessed),
        score,
        paired=True,
        vectorized=False,
        n_resamples=_RESAMPLES,
        confidence_level=_CONFIDENCE,
        method="percentile",
        rng=np.random.default_rng(seed),
    ).confidence_interval
    value = float(score(truth, guessed))  # type: ignore[operator]
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
