"""Exercises as their authors write them: the fields of a fenced `exercise` block.

Each block is YAML with a `kind`; unknown fields, missing ones and nonsense are refused when the
lesson is loaded. Texts are Markdown. docs/authoring.md shows one of each kind.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000)]


class Block(BaseModel):
    """What is the same for everything in a block: written once, nothing unknown, nothing empty."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Setup(Block):
    """How a step sets a workbench up: the task's name on the page, and values for its fields.

    `task` is a pipeline tag, `alternatives` shows how sure a model was, `blind` hides names until
    outputs were judged; what is left out stays as it is.
    """

    page: Literal["explore", "test", "compare", "finetune"]
    task: str | None = None
    model: str | None = None
    models: tuple[str, ...] = ()
    prompt: str | None = None
    inputs: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    repeats: int | None = Field(default=None, ge=1, le=10)
    max_new_tokens: int | None = Field(default=None, ge=1, le=4096)
    temperature: float | None = Field(default=None, ge=0, le=5)
    top_p: float | None = Field(default=None, gt=0, le=1)
    seed: int | None = Field(default=None, ge=0, lt=2**32)
    equal_length: bool | None = None
    alternatives: bool | None = None
    blind: bool | None = None
    differs: Literal["model", "engine", "precision"] | None = None
    search: str | None = None
    open: str | None = None
    preset: str | None = None
    labels_used: int | None = Field(default=None, ge=1)


class Exercise(Block):
    """What every exercise has. `id` is unique in the course and never reused for another one.

    `title` names it in lists, `ask` says what to do, `hints` come one by one, `solution` after an
    honest attempt. `setup` is what "Load this example" fills in.
    """

    id: Slug
    title: Annotated[Words, StringConstraints(max_length=70)]
    ask: Words
    hints: Annotated[tuple[Words, ...], Field(min_length=1)]
    solution: Words
    setup: Setup | None = None


class Option(Block):
    """One choice of a question; `why` explains it, whether it is right or wrong."""

    text: Words
    why: Words
    right: bool = False


class Choice(Exercise):
    """A question with choices: one is right, or with `several` one or more."""

    kind: Literal["choice"]
    options: Annotated[tuple[Option, ...], Field(min_length=2, max_length=8)]
    several: bool = False


class Slip(Block):
    """A wrong number that people arrive at, and what to tell them then."""

    value: float
    says: Words
    tolerance: float = Field(default=0.0, ge=0)


class Number(Exercise):
    """A number, right within `tolerance` on either side."""

    kind: Literal["number"]
    answer: float
    tolerance: float = Field(default=0.0, ge=0)
    unit: str = ""
    slips: tuple[Slip, ...] = ()


class Order(Exercise):
    """Things to put in order; `items` stand in the right one and are shown shuffled."""

    kind: Literal["order"]
    items: Annotated[tuple[Words, ...], Field(min_length=3, max_length=8)]


class Pair(Block):
    """What belongs together: `why`, and `wrong` for whoever matched `left` with something else.

    `wrong` makes them think again and does not give `right` away.
    """

    left: Words
    right: Words
    why: Words
    wrong: Words


class Match(Exercise):
    """Things to match: for each left side one right side; `extra` right sides match nothing.

    Several left sides may have the same right side, which is then offered once.
    """

    kind: Literal["match"]
    pairs: Annotated[tuple[Pair, ...], Field(min_length=2, max_length=8)]
    extra: tuple[Words, ...] = ()


class Point(Block):
    """Something that a short text has to make clear: it has one of `words`, or else `missing`.

    Words are compared without case and accents, and from four letters on without endings of one
    or two letters.
    """

    words: Annotated[tuple[Words, ...], Field(min_length=1)]
    missing: Words


class Poor(Block):
    """A text that does not do, and a part of what it is told: both are tested."""

    text: Words
    says: Words


class Text(Exercise):
    """A short text in the student's own words, checked for its points, not for its wording.

    `good` texts pass and `poor` ones do not; a test holds the author to it.
    """

    kind: Literal["text"]
    points: Annotated[tuple[Point, ...], Field(min_length=1)]
    good: Annotated[tuple[Words, ...], Field(min_length=2)]
    poor: Annotated[tuple[Poor, ...], Field(min_length=1)]


class Naming(Block):
    """What a student concludes from their own runs: `question`, and `wrong` for the other answer.

    The evidence itself offers the choices, or asks for a number within `tolerance` (a share of it).
    """

    question: Words
    wrong: Words
    tolerance: float = Field(default=0.1, ge=0, le=1)
    unit: str = ""


class Evidence(Exercise):
    """Something to have done in the lab: `check` names a predicate over the learner's own work.

    `given` are its parameters; `name` asks for a conclusion that the evidence itself decides.
    """

    kind: Literal["evidence"]
    check: Slug
    given: dict[str, Any] = Field(default_factory=dict)
    name: Naming | None = None


class CardFact(Exercise):
    """A question about the page of `model` that the student has opened in Task 1.

    `fact` is what is compared: the answer comes from what that page said, `options` beside it.
    "The card does not say" is always among the choices.
    """

    kind: Literal["card-fact"]
    model: Words
    fact: Literal["licence", "datasets", "parameters", "gated", "verdict"]
    options: Annotated[tuple[Words, ...], Field(min_length=1, max_length=6)]


class Predict(Exercise):
    """Predict, run, reveal: the prediction is locked, then `check` looks at what was done since.

    With `options` one of them is predicted, else a number with `unit`, which is near within
    `tolerance` (a share of what came out). What came out is the evidence's own answer.
    """

    kind: Literal["predict"]
    check: Slug
    given: dict[str, Any] = Field(default_factory=dict)
    options: tuple[Words, ...] = ()
    tolerance: float = Field(default=0.1, ge=0, le=1)
    unit: str = ""
    reveal: Words


AnyExercise = Annotated[
    Choice | Number | Order | Match | Text | Evidence | CardFact | Predict,
    Field(discriminator="kind"),
]
