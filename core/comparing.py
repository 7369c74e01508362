"""The compare run: the same inputs to several candidates, warmed up, repeated, in turn.

A candidate is a model, or a model with an engine and a precision. Protocol: each candidate first
answers once unmeasured, which loads it and fills caches. Then, repeat by repeat and input by input,
the candidates take turns, so that a machine that slows down slows all alike.
"""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Protocol

import pandas as pd

from core.errors import BadInputError
from core.inference.inputs import clean_input
from core.inference.ticket import Ticket
from core.inference.types import GenerationConfig, Request, Result, Runtime, Task
from core.measuring import Clock
from core.metrics import chrf
from core.references import check_references
from core.work.record import new_uid

MAX_CANDIDATES = 4
MAX_INPUTS = 20
MAX_REPEATS = 20


class Answers(Protocol):
    """Takes requests and hands out tickets."""

    def submit(self, request: Request) -> Ticket:
        """Put `request` in line and return its ticket at once."""
        ...


@dataclass(frozen=True)
class Candidate:
    """What takes part: a model, in the way that the lab finds fastest or in the one named."""

    model_id: str
    runtime: Runtime | None = None

    @property
    def label(self) -> str:
        """The name under which it is drawn and listed."""
        return self.model_id if self.runtime is None else f"{self.model_id} · {self.runtime}"


@dataclass(frozen=True)
class ComparePlan:
    """What to compare, asked for by `learner`, whose turn it is among those who wait.

    `references` are good answers, one an input and "" where there is none, or none at all. `id`
    tells this comparison from all others, of the same plan as well.

    Raises:
        BadInputError: too few or too many candidates, inputs, references or repeats, or an unusable
            text.
    """

    task: Task
    candidates: tuple[Candidate, ...]
    inputs: tuple[str, ...]
    repeats: int = 3
    config: GenerationConfig = field(default_factory=GenerationConfig)
    learner: str = ""
    references: tuple[str, ...] = ()
    id: str = field(default_factory=new_uid, compare=False)

    def __post_init__(self) -> None:
        different = len(set(self.candidates))
        if not 2 <= different == len(self.candidates) <= MAX_CANDIDATES:
            raise BadInputError(
                "A comparison needs two to four different candidates.",
                next_step="Choose at least two, each once.",
            )
        if not self.inputs:
            raise BadInputError("There is no input.", next_step="Write at least one line.")
        if len(self.inputs) > MAX_INPUTS:
            raise BadInputError(
                f"{len(self.inputs)} inputs are more than the {MAX_INPUTS} that one run takes.",
                next_step="Remove some.",
            )
        if not 1 <= self.repeats <= MAX_REPEATS:
            raise BadInputError(f"Repeats must be between 1 and {MAX_REPEATS}.")
        for text in self.inputs:
            clean_input(text)
        check_references(self.references, len(self.inputs))

    @property
    def runs(self) -> int:
        """The number of measured runs."""
        return len(self.candidates) * len(self.inputs) * self.repeats


@dataclass(frozen=True)
class Measured:
    """One measured run; `input_number` and `repeat` count from 1."""

    candidate: Candidate
    input_number: int
    repeat: int
    text: str
    result: Result


@dataclass(frozen=True)
class CompareProgress:
    """How far a compare run has come; `left_s` is None until it can be estimated."""

    plan: ComparePlan
    doing: str
    done: int
    left_s: float | None
    measured: tuple[Measured, ...]

    @property
    def share(self) -> float:
        """The measured share of all runs, from 0 to 1."""
        return len(self.measured) / self.plan.runs


def compare(
    lab: Answers,
    plan: ComparePlan,
    *,
    cancelled: Callable[[], bool] = lambda: False,
    clock: Clock = time.perf_counter,
) -> Iterator[CompareProgress]:
    """Run `plan`, yielding progress before each run and once at the end.

    When cancelled it ends early with what was measured; the run that was cut off does not count.

    Raises:
        LabError: a candidate could not answer.
    """
    measured: list[Measured] = []
    durations: list[float] = []

    def progress(doing: str) -> CompareProgress:
        left = statistics.median(durations) * (plan.runs - len(measured)) if durations else None
        return CompareProgress(plan, doing, len(measured), left, tuple(measured))

    for candidate in plan.candidates:
        yield progress(f"Warming up {candidate.label}")
        if _answer(lab, _request(plan, candidate, plan.inputs[0]), cancelled) is None:
            yield progress("Stopped")
            return
    for repeat in range(1, plan.repeats + 1):
        for number, text in enumerate(plan.inputs, start=1):
            for candidate in plan.candidates:
                where = f"Repeat {repeat} of {plan.repeats}, input {number}"
                yield progress(f"{where}: {candidate.label}")
                began = clock()
                result = _answer(lab, _request(plan, candidate, text), cancelled)
                if result is None:
                    yield progress("Stopped")
                    return
                durations.append(clock() - began)
                measured.append(Measured(candidate, number, repeat, text, result))
    yield progress("Done")


def to_frame(measured: Sequence[Measured], references: Sequence[str] = ()) -> pd.DataFrame:
    """Return one row a run, with times in seconds and lengths in tokens, words and characters.

    Where there is one of the plan's `references`, chrF says how near it the output comes.
    """
    score = cache(chrf)  # repeats mostly write the same
    rows = []
    for run in measured:
        reference = references[run.input_number - 1] if references else ""
        scored = score(run.result.output, reference) if reference else math.nan
        rows.append({**_row(run), "chrf": scored, "reference": reference})
    return pd.DataFrame(rows, columns=_COLUMNS)


def to_csv(frame: pd.DataFrame, plan: ComparePlan) -> bytes:
    """Return `frame` and the settings of `plan` as CSV.

    A spreadsheet that opens it takes no text for a formula.
    """
    config = plan.config
    safe = frame.assign(
        task=str(plan.task),
        max_new_tokens=config.max_new_tokens,
        temperature=config.temperature,
        top_p=config.top_p,
        seed=config.seed,
        same_length=config.ignore_end,
    )
    for column in ("candidate", "model", "output", "input_text", "reference"):
        formula = safe[column].str[:1].isin(_FORMULA_STARTS)
        safe[column] = safe[column].mask(formula, "'" + safe[column])
    # The mark at the beginning makes spreadsheets read accents right.
    text: str = safe.to_csv(index=False)
    return text.encode("utf-8-sig")


def summarise(frame: pd.DataFrame) -> pd.DataFrame:
    """Return one row a candidate, in their order: runs, medians and spread; chrF over inputs."""
    rows = []
    for candidate, runs in frame.groupby("candidate", sort=False):
        latency = runs["latency_s"]
        rows.append(
            {
                "candidate": candidate,
                "runs": len(runs),
                "latency_s": latency.median(),
                "latency_min_s": latency.min(),
                "latency_max_s": latency.max(),
                "ttft_s": runs["ttft_s"].median(),
                "tokens_per_s": runs["tokens_per_s"].median(),
                "tokens_out": runs["tokens_out"].median(),
                "words_out": runs["words_out"].median(),
                "chrf": runs.drop_duplicates("input")["chrf"].median(),
            }
        )
    return pd.DataFrame(rows)


def _request(plan: ComparePlan, candidate: Candidate, text: str) -> Request:
    return Request(
        plan.task, candidate.model_id, text, plan.config, candidate.runtime, plan.learner
    )


def _answer(lab: Answers, request: Request, cancelled: Callable[[], bool]) -> Result | None:
    """Return the result, or None when the comparison was cancelled meanwhile."""
    if cancelled():
        return None
    ticket = lab.submit(request)
    for _ in ticket.follow(every_s=0.02):
        if cancelled():
            ticket.cancel()
            return None
    return ticket.result()


def _row(run: Measured) -> dict[str, object]:
    result, timing = run.result, run.result.timing
    made = result.provenance
    return {
        "candidate": run.candidate.label,
        "model": run.candidate.model_id,
        "input": run.input_number,
        "repeat": run.repeat,
        "latency_s": timing.total_s,
        "ttft_s": timing.ttft_s,
        "decode_s": timing.decode_s,
        "queue_s": timing.queue_s,
        "load_s": timing.load_s,
        "tokens_per_s": result.tokens_per_s,
        "tokens_in": result.tokens_in,
        "tokens_out": result.tokens_out,
        "words_out": len(result.output.split()),
        "characters_out": len(result.output),
        "output": result.output,
        "input_text": run.text,
        "engine": made.engine,
        "precision": made.precision,
        "device": made.device,
        "threads": made.threads,
        "revision": made.revision,
        "where": made.where,
        "versions": " ".join(f"{name}={version}" for name, version in made.versions),
    }


_FORMULA_STARTS = frozenset("=+-@\t\r")
_COLUMNS = [
    *("candidate", "model", "input", "repeat", "latency_s", "ttft_s", "decode_s", "queue_s"),
    *("load_s", "tokens_per_s", "tokens_in", "tokens_out", "words_out", "characters_out", "chrf"),
    *("output", "input_text", "reference", "engine", "precision", "device", "threads", "revision"),
    *("where", "versions"),
]
