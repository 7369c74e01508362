"""The values that cross the borders of the inference module.

Times are seconds (`*_s`), sizes bytes (`*_bytes`), lengths tokens unless said otherwise.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from core.errors import BadInputError


class Task(StrEnum):
    """What a model is asked to do, by its Hugging Face pipeline tag."""

    TEXT_GENERATION = "text-generation"
    SUMMARIZATION = "summarization"
    TRANSLATION_EN_TO_FR = "translation_en_to_fr"
    FILL_MASK = "fill-mask"
    TEXT_CLASSIFICATION = "text-classification"


class Engine(StrEnum):
    """The programs that compute, the reference first."""

    TRANSFORMERS = "transformers"
    CTRANSLATE2 = "ctranslate2"
    LLAMA_CPP = "llama.cpp"


@dataclass(frozen=True)
class Runtime:
    """What computes a model, and how precisely its weights are stored: `llama.cpp`, `Q8_0`."""

    engine: Engine
    precision: str

    def __str__(self) -> str:
        return f"{self.engine} {self.precision}"


@dataclass(frozen=True)
class GenerationConfig:
    """How the next token is chosen and when to stop.

    A `temperature` of 0 takes the likeliest token each time (greedy decoding) and ignores `top_p`
    and `seed`. `ignore_end` goes on to `max_new_tokens` even when the model wants to end, so that
    models can be timed on equal lengths. `alternatives` asks for that many of the likeliest tokens
    at each place, with their probabilities. A model that fills a gap takes nothing but these,
    and one that sorts texts nothing at all.

    Raises:
        BadInputError: a value is outside its range.
    """

    max_new_tokens: int = 60
    temperature: float = 0.0
    top_p: float = 1.0
    seed: int = 0
    ignore_end: bool = False
    alternatives: int = 0

    def __post_init__(self) -> None:
        _within("max_new_tokens", self.max_new_tokens, 1, 4096)
        # Colder than that, the division of the scores runs out of 32-bit floats.
        _within("temperature", self.temperature or 0.01, 0.01, 5.0)
        _within("top_p", self.top_p, 0.01, 1.0)
        _within("seed", self.seed, 0, 2**32 - 1)
        _within("alternatives", self.alternatives, 0, 10)

    @property
    def samples(self) -> bool:
        """Whether tokens are drawn at random rather than taken greedily."""
        return self.temperature > 0


@dataclass(frozen=True)
class Request:
    """One input for one model.

    `runtime` names the engine and precision, or leaves them to the lab. `learner` tells whose turn
    it is when many wait; it is not a name.
    """

    task: Task
    model_id: str
    inputs: str
    config: GenerationConfig = field(default_factory=GenerationConfig)
    runtime: Runtime | None = None
    learner: str = ""


@dataclass(frozen=True)
class TokenChoice:
    """A token that was taken, how probable the model held it, and the likeliest there.

    Probabilities are the model's own, before temperature and top-p; `alternatives` begin with the
    likeliest, which is the taken one when decoding greedily.
    """

    text: str
    probability: float
    alternatives: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class Filling:
    """A word for the gap in a text: its probability, its token id, and the text with it."""

    word: str
    probability: float
    token: int
    sentence: str


@dataclass(frozen=True)
class LabelProbability:
    """A label that a text can have, and how probable a model holds it."""

    label: str
    probability: float


@dataclass(frozen=True)
class Chunk:
    """A piece of output, as soon as it exists, with the number of tokens that it took.

    `choices` are told for each token where the configuration asks for alternatives; `fillings` are
    the likeliest words of a model that fills a gap, `labels` what a model says that sorts texts.
    """

    text: str
    tokens: int
    choices: tuple[TokenChoice, ...] = ()
    fillings: tuple[Filling, ...] = ()
    labels: tuple[LabelProbability, ...] = ()


@dataclass(frozen=True)
class Timing:
    """Where the time of a run went, in seconds.

    `queue_s` is waiting for others, `load_s` loading the model: neither counts as latency.
    `ttft_s` runs from the start of the computation to the first token, `decode_s` from the first
    token to the last, `total_s` from the start of the computation to the end.
    """

    queue_s: float
    load_s: float
    ttft_s: float
    decode_s: float
    total_s: float

    @property
    def cold(self) -> bool:
        """Whether this run had to load the model first."""
        return self.load_s > 0


@dataclass(frozen=True)
class Provenance:
    """What produced an output, so that a number can be read and repeated."""

    model_id: str
    revision: str
    engine: str
    precision: str
    device: str
    threads: int
    versions: tuple[tuple[str, str], ...]
    where: str = "live"


@dataclass(frozen=True)
class Result:
    """What a run gave: the text, its lengths, its timing, its provenance.

    `notices` are plain sentences on what the lab changed, such as a prompt that was cut. `fillings`
    are the words for a gap and `labels` those that the text can have, the likeliest first.
    """

    output: str
    tokens_in: int
    tokens_out: int
    timing: Timing
    provenance: Provenance
    notices: tuple[str, ...] = ()
    stopped: bool = False
    choices: tuple[TokenChoice, ...] = ()
    fillings: tuple[Filling, ...] = ()
    labels: tuple[LabelProbability, ...] = ()

    @property
    def tokens_per_s(self) -> float | None:
        """Decoding speed without the prefill, or None when there is no second token to time."""
        if self.tokens_out < 2 or self.timing.decode_s <= 0:
            return None
        return (self.tokens_out - 1) / self.timing.decode_s


@dataclass(frozen=True)
class Prompt:
    """An input as the model reads it: token ids, and what had to be left out."""

    ids: tuple[int, ...]
    notices: tuple[str, ...] = ()


class LoadedModel(Protocol):
    """A model in memory, ready to answer `width` requests at once, each in a thread of its own.

    `threads` is what one computation keeps busy; `memory_bytes` what weights and caches take.
    """

    engine: Engine
    precision: str
    device: str
    threads: int
    memory_bytes: int
    width: int

    @property
    def versions(self) -> tuple[tuple[str, str], ...]:
        """The libraries that compute, with their versions."""
        ...

    def read(self, task: Task, text: str, config: GenerationConfig) -> Prompt:
        """Turn `text` into what the model reads, cut to its context."""
        ...

    def generate(
        self,
        prompt: Prompt,
        config: GenerationConfig,
        *,
        emit: Callable[[Chunk], None],
        cancelled: Callable[[], bool],
    ) -> None:
        """Hand each new piece of output to `emit`; end early once `cancelled()` is true."""
        ...


def _within(name: str, value: float, low: float, high: float) -> None:
    # Written so that NaN fails as well.
    if not low <= value <= high:
        raise BadInputError(f"{name} is {value}; it must be between {low} and {high}.")
