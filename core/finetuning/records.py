"""What a training keeps on disk, as JSON and back."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from core.finetuning.curve import CurvePoint
from core.finetuning.types import (
    Cost,
    Evaluation,
    Example,
    Guess,
    Interval,
    Method,
    Splits,
    TrainingSettings,
    TrainingStep,
)


class Kind(StrEnum):
    """What is asked for: one trained model, or the learning curve of many."""

    MODEL = "model"
    CURVE = "curve"


@dataclass(frozen=True)
class Order:
    """What is to be trained. `base` is the folder of the base model; `owner` a hash of whoever
    asked; `created_s` the time of day in seconds since 1970; `beside` the id of the training that
    it is to be compared with, if there is one."""

    name: str
    owner: str
    kind: Kind
    settings: TrainingSettings
    base: Path
    created_s: float
    beside: str = ""


@dataclass(frozen=True)
class TrainingResult:
    """What came out. `model` is the folder of the model in Hugging Face format.

    A curve has no model and no evaluation; nor has a training that learned nothing before it was
    stopped or its loss was no longer a number (`diverged`). `best_step` is the step whose weights
    the model has, `precision` what it was multiplied in.
    """

    model: Path | None
    evaluation: Evaluation | None
    cost: Cost
    stopped: bool
    diverged: bool
    best_step: int
    precision: str
    versions: tuple[tuple[str, str], ...] = ()


# What comes out of a training that was stopped before it began.
STOPPED_BEFORE = TrainingResult(
    model=None,
    evaluation=None,
    cost=Cost(0.0, 0, 0, 0),
    stopped=True,
    diverged=False,
    best_step=0,
    precision="float32",
)


def order_to_json(order: Order) -> dict[str, Any]:
    """Return `order` for a file."""
    return {**asdict(order), "base": str(order.base)}


def order_from_json(value: Mapping[str, Any]) -> Order:
    """Return what `order_to_json` wrote."""
    settings = dict(value["settings"])
    settings["method"] = Method(settings["method"])
    return Order(
        name=str(value["name"]),
        owner=str(value["owner"]),
        kind=Kind(value["kind"]),
        settings=TrainingSettings(**settings),
        base=Path(value["base"]),
        created_s=float(value["created_s"]),
        beside=str(value.get("beside", "")),
    )


def splits_to_json(splits: Splits) -> dict[str, Any]:
    """Return `splits` for a file."""
    return {
        "name": splits.name,
        "labels": splits.labels,
        **{name: _pairs(getattr(splits, name)) for name in ("train", "validation", "test")},
    }


def splits_from_json(value: Mapping[str, Any]) -> Splits:
    """Return what `splits_to_json` wrote."""
    return Splits(
        name=str(value["name"]),
        labels=tuple(map(str, value["labels"])),
        train=_examples(value["train"]),
        validation=_examples(value["validation"]),
        test=_examples(value["test"]),
    )


def evaluation_to_json(evaluation: Evaluation) -> dict[str, Any]:
    """Return `evaluation` for a file; of a guess its probabilities, the text being known."""
    return {
        "labels": evaluation.labels,
        "examples": _pairs(evaluation.examples),
        "guesses": [guess.probabilities for guess in evaluation.guesses],
        "accuracy": asdict(evaluation.accuracy),
        "macro_f1": asdict(evaluation.macro_f1),
        "majority": evaluation.majority,
        "confusion": evaluation.confusion,
    }


def evaluation_from_json(value: Mapping[str, Any]) -> Evaluation:
    """Return what `evaluation_to_json` wrote."""
    examples = _examples(value["examples"])
    guesses = zip(examples, value["guesses"], strict=True)
    return Evaluation(
        labels=tuple(map(str, value["labels"])),
        examples=examples,
        guesses=tuple(Guess(example.text, tuple(row)) for example, row in guesses),
        accuracy=Interval(**value["accuracy"]),
        macro_f1=Interval(**value["macro_f1"]),
        majority=float(value["majority"]),
        confusion=tuple(tuple(row) for row in value["confusion"]),
    )


def step_to_line(step: TrainingStep | CurvePoint) -> str:
    """Return `step` as one line."""
    return json.dumps(asdict(step)) + "\n"


def step_from_line(line: str) -> TrainingStep:
    """Return the step that `step_to_line` wrote."""
    return TrainingStep(**json.loads(line))


def point_from_line(line: str) -> CurvePoint:
    """Return the point that `step_to_line` wrote."""
    value = json.loads(line)
    return CurvePoint(**{**value, "accuracy": Interval(**value["accuracy"])})


def _pairs(examples: Sequence[Example]) -> list[tuple[str, str]]:
    return [(example.text, example.label) for example in examples]


def _examples(pairs: Sequence[Sequence[str]]) -> tuple[Example, ...]:
    return tuple(Example(str(text), str(label)) for text, label in pairs)
