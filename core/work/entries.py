"""What a learner can have done, as typed values; `core.work.json_form` puts them into records.

These are written to the store and to passports, so a field that is taken away or renamed needs a
migration there; a new one has a default.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from core.explore.types import Fact, Kind, Origin, Verdict
from core.finetuning.types import Guess, Interval, TrainingSettings, TrainingStep
from core.inference.types import (
    GenerationConfig,
    Provenance,
    Request,
    Result,
    Runtime,
    Task,
    Timing,
)

# What a student answers: one choice, several, pairs, or a number.
Value = str | float | tuple[str, ...] | Mapping[str, str]


@dataclass(frozen=True)
class Run:
    """A prompt of Task 2 or of a lesson (`place` tells which), and what the model gave."""

    request: Request
    result: Result
    place: str = "test"


@dataclass(frozen=True)
class SavedCandidate:
    """A model that took part in a comparison, and how it was run if that was chosen."""

    model_id: str
    runtime: Runtime | None = None

    @property
    def label(self) -> str:
        """The name under which it was drawn and listed."""
        return self.model_id if self.runtime is None else f"{self.model_id} · {self.runtime}"


@dataclass(frozen=True)
class SavedRun:
    """One measured run of a comparison; whole numbers count from 0 into the lists beside it."""

    candidate: int
    input: int
    repeat: int
    output: int
    made: int
    tokens_in: int
    tokens_out: int
    timing: Timing


@dataclass(frozen=True)
class Comparison:
    """A comparison of Task 3: what was asked, and each measured run in its order.

    Outputs, and what made them, stand once however often they came. `complete` is False where it
    was stopped. `references` are good answers to the inputs, as many as those or none.
    """

    id: str
    task: Task
    candidates: tuple[SavedCandidate, ...]
    inputs: tuple[str, ...]
    repeats: int
    config: GenerationConfig
    runs: tuple[SavedRun, ...]
    outputs: tuple[str, ...]
    made: tuple[Provenance, ...]
    complete: bool = True
    references: tuple[str, ...] = ()


@dataclass(frozen=True)
class Judged:
    """Which output of one input reads best: the label of a candidate, None for equally good."""

    comparison: str
    input_number: int
    preferred: str | None
    blind: bool


@dataclass(frozen=True)
class PageRead:
    """The page of a model, dataset or Space that was opened in Task 1, and what it said then.

    `licence` is the Hub's tag, `gaps` what the card does not say; `verdict` is None but for models.
    """

    kind: Kind
    id: str
    origin: Origin
    task: str = ""
    revision: str = ""
    parameters: int | None = None
    gated: bool | None = None
    licence: str = ""
    datasets: tuple[str, ...] = ()
    verdict: Verdict | None = None
    gaps: tuple[str, ...] = ()
    facts: tuple[Fact, ...] = ()


@dataclass(frozen=True)
class Tokenized:
    """A text in the tokenizer playground, and how many tokens the model's tokenizer made of it."""

    model_id: str
    text: str
    tokens: int


@dataclass(frozen=True)
class Trained:
    """A training of Task 4 that has ended. `steps` are its curves, thinned out where they are long.

    `preset` is the experiment it began with. Accuracy and macro-F1 are those of the test split,
    None where nothing was learned; `majority` is the accuracy of always guessing one label.
    """

    training_id: str
    name: str
    preset: str
    settings: TrainingSettings
    labels: tuple[str, ...]
    train_examples: int
    steps: tuple[TrainingStep, ...]
    accuracy: Interval | None
    macro_f1: Interval | None
    majority: float | None
    seconds: float
    peak_memory_bytes: int
    stopped: bool
    diverged: bool
    expected: str = ""


@dataclass(frozen=True)
class CurveMeasured:
    """One point of a learning curve of Task 4: test accuracy after so many labels."""

    labels_used: int
    pretrained: bool
    accuracy: Interval


@dataclass(frozen=True)
class Curve:
    """A learning curve of Task 4 that has ended, with the training that it stands beside."""

    training_id: str
    beside: str
    points: tuple[CurveMeasured, ...]


@dataclass(frozen=True)
class SentencesTried:
    """A student's own sentences, before and after a training."""

    training_id: str
    labels: tuple[str, ...]
    before: tuple[Guess, ...]
    after: tuple[Guess, ...]


@dataclass(frozen=True)
class LessonOpened:
    """A lesson was opened."""

    number: int


@dataclass(frozen=True)
class Answered:
    """An answer to an exercise, as it was given; whether it is right is worked out anew."""

    exercise: str
    value: Value


@dataclass(frozen=True)
class Predicted:
    """What was expected before a run; the first one for an exercise counts."""

    exercise: str
    value: Value


@dataclass(frozen=True)
class HintTaken:
    """A hint was opened; `number` counts from 1."""

    exercise: str
    number: int


@dataclass(frozen=True)
class SolutionSeen:
    """The solution of an exercise was opened."""

    exercise: str


@dataclass(frozen=True)
class StartedOver:
    """From here on an exercise counts as untouched; what was done before stays in the record."""

    exercise: str


Entry = (
    Run
    | Comparison
    | Judged
    | PageRead
    | Tokenized
    | Trained
    | Curve
    | SentencesTried
    | LessonOpened
    | Answered
    | Predicted
    | HintTaken
    | SolutionSeen
    | StartedOver
)


@dataclass(frozen=True)
class Done:
    """An entry with its place in time, in seconds since 1970, and the name of its record."""

    uid: str
    at_s: float
    what: Entry = field(repr=False)
