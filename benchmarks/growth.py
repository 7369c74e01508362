"""How the lab grows: more and more requests at once, and more and more models in memory.

Each request is another learner's, asks for 60 tokens, and all are let go at the same moment. The
first round of each side loads its model and does not count.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from statistics import median, quantiles

from benchmarks.contestants import Apart, Contestant, InLab, Plain, Round
from benchmarks.engines import feedback, llama_in_lab, story, t5_in_lab
from benchmarks.registry import Measurement, benchmark
from benchmarks.sized_models import LLAMA, sized_models
from core.inference.types import Request, Task

COUNTS = (1, 2, 4, 8, 16, 30, 60)
# Behind a lock sixty would wait ten minutes.
PLAIN_COUNTS = (1, 2, 4)
NEW_TOKENS = 60
ROUNDS = 3
LLAMA_FAST = "LLaMA 135M, llama.cpp Q4_0"
LLAMA_PLAIN = "LLaMA 135M, plain transformers"
T5_FAST = "T5 60M, CTranslate2 int8"
_MODELS = {
    "starter/gpt2-stories": Task.TEXT_GENERATION,
    "starter/t5-summary-micro": Task.SUMMARIZATION,
    "starter/t5-summary-nano": Task.SUMMARIZATION,
    "starter/t5-en-fr-micro": Task.TRANSLATION_EN_TO_FR,
    "starter/t5-en-fr-nano": Task.TRANSLATION_EN_TO_FR,
    f"local/{LLAMA}": Task.TEXT_GENERATION,
}


@dataclass(frozen=True)
class Point:
    """One round with `requests` at once; each figure in seconds since the request was made.

    `queue` is until it is one's turn, `first` until the first word, `end` until the last.
    """

    side: str
    requests: int
    tokens_per_s: float
    queue_median_s: float
    queue_p95_s: float
    first_median_s: float
    first_p95_s: float
    end_median_s: float
    end_p95_s: float


def points(rounds: int = ROUNDS) -> Iterator[Point]:
    """Measure `rounds` rounds of each side with each number of requests."""
    sides: dict[str, tuple[Callable[[], Contestant], Callable[[int], str], tuple[int, ...]]] = {
        LLAMA_FAST: (llama_in_lab(), story, COUNTS),
        LLAMA_PLAIN: (partial(Plain, sized_models() / LLAMA), story, PLAIN_COUNTS),
        T5_FAST: (t5_in_lab(), feedback, COUNTS),
    }
    for side, (make, text, counts) in sides.items():
        with Apart(make) as contestant:
            contestant.ask([text(0)], NEW_TOKENS)
            for count in counts:
                texts = [text(number) for number in range(count)]
                for _ in range(rounds):
                    yield point(side, contestant.ask(texts, NEW_TOKENS))


def point(side: str, done: Round) -> Point:
    """Return what one round of `side` comes to."""
    queue, first, end = (
        [getattr(answer, name) for answer in done.answers]
        for name in ("queue_s", "first_s", "end_s")
    )
    return Point(
        side=side,
        requests=len(done.answers),
        tokens_per_s=done.tokens_per_s,
        queue_median_s=median(queue),
        queue_p95_s=percentile_95(queue),
        first_median_s=median(first),
        first_p95_s=percentile_95(first),
        end_median_s=median(end),
        end_p95_s=percentile_95(end),
    )


def percentile_95(values: list[float]) -> float:
    """Return what 95 in 100 of `values` do not exceed; between two of them, a value between."""
    return quantiles(values, n=20, method="inclusive")[-1] if len(values) > 1 else values[0]


@benchmark
def requests_at_once() -> Iterator[Measurement]:
    """Yield the medians of the rounds for each side and number of requests."""
    rounds: list[Point] = []
    for each in points():
        rounds.append(each)
        if len(rounds) < ROUNDS:
            continue
        name = f"growth.{each.side} · {each.requests} at once"
        speed, first, last = (
            median(getattr(one, field) for one in rounds)
            for field in ("tokens_per_s", "first_median_s", "first_p95_s")
        )
        yield Measurement(name, speed, "tokens/s", "higher")
        yield Measurement(f"{name}, first word", first, "s", "lower")
        yield Measurement(f"{name}, first word p95", last, "s", "lower")
        rounds.clear()


@benchmark
def models_in_memory() -> Iterator[Measurement]:
    """Let the starters answer one after the other, then the LLaMA: what the process then holds.

    It is the lab without its pages; `answering.memory_in_use` has those.
    """
    with Apart(llama_in_lab()) as lab:
        yield Measurement("growth.no_model", lab.resident_bytes() / 1e6, "MB", "lower")
        for number, (model_id, task) in enumerate(_MODELS.items(), start=1):
            loaded = lab.call(_answer_once, model_id, task)
            if loaded != number:
                raise RuntimeError(f"{loaded} models are in memory instead of {number}")
            name = f"growth.{number} models, with {model_id.partition('/')[2]}"
            yield Measurement(name, lab.resident_bytes() / 1e6, "MB", "lower")


def _answer_once(contestant: InLab, model_id: str, task: Task) -> int:
    contestant.lab.run(Request(task, model_id, feedback(0)))
    return len(contestant.lab.pool.loaded())
