"""What fine-tuning hands from one part to the next: examples, settings, steps, results."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Method(StrEnum):
    """Which weights are trained."""

    FULL = "full"
    LORA = "lora"
    HEAD = "head"


@dataclass(frozen=True)
class Example:
    """One text with its label."""

    text: str
    label: str


@dataclass(frozen=True)
class Splits:
    """Labelled texts for three ends; no text of one is in another.

    `labels` are all labels in the order in which the model numbers them.
    """

    name: str
    labels: tuple[str, ...]
    train: tuple[Example, ...]
    validation: tuple[Example, ...]
    test: tuple[Example, ...]


@dataclass(frozen=True)
class TrainingSettings:
    """How a model is trained; two runs with the same ones on one machine give the same weights.

    `base_id` is a model of the lab. Without `pretrained` the same network starts from random
    weights. `max_tokens` cuts longer texts. `labels_used` takes so many examples of the training
    split, None all of them.
    """

    base_id: str
    method: Method = Method.FULL
    epochs: int = 3
    learning_rate: float = 3e-4
    batch_size: int = 16
    max_tokens: int = 128
    seed: int = 9
    pretrained: bool = True
    labels_used: int | None = None


@dataclass(frozen=True)
class TrainingStep:
    """How far training is. `validation_accuracy` is there after the steps at which it is measured.

    `left_s` is about how long the rest takes, None while that cannot be told.
    """

    step: int
    steps: int
    epoch: float
    loss: float
    validation_loss: float | None = None
    validation_accuracy: float | None = None
    elapsed_s: float = 0.0
    left_s: float | None = None


@dataclass(frozen=True)
class Interval:
    """A figure with the bounds between which it lies with 95 % confidence."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Guess:
    """What a model says of one text: the probability of each label, in the order of the labels."""

    text: str
    probabilities: tuple[float, ...]


@dataclass(frozen=True)
class Evaluation:
    """How good a model is on examples that it was not trained on.

    `confusion` counts examples by true label (row) and guessed label (column); `majority` is the
    accuracy of always guessing the commonest label of the training split.
    """

    labels: tuple[str, ...]
    examples: tuple[Example, ...]
    guesses: tuple[Guess, ...]
    accuracy: Interval
    macro_f1: Interval
    majority: float
    confusion: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Cost:
    """What a training took: seconds without the wait in line, peak memory of its process."""

    seconds: float
    peak_memory_bytes: int
    trained_parameters: int
    parameters: int
