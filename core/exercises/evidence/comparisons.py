"""Task 3: what was compared with what, how often, and what the figures say."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import median
from typing import Annotated, Literal

from pydantic import Field

from core.exercises.evidence.steps import Step, any_through, furthest
from core.exercises.evidence.types import Finding
from core.exercises.types import Block, Words
from core.inference.tasks import TASKS
from core.inference.types import Task
from core.words import counted, listed, plain
from core.work.entries import Comparison, SavedRun
from core.work.work import Work

NO_DIFFERENCE = "no clear difference"
_AS_LONG = "equally long"
_SAME_TEXT, _OTHER_TEXT = "the same text", "different texts"
NONE_YET = "You have compared nothing yet. Choose what to compare, and press **Compare**."
_NOUNS = {"model": "models", "engine": "engines", "precision": "precisions"}
_CHOICES = {
    "model": "Different models",
    "engine": "Same model, another engine",
    "precision": "Same model, other precision",
}

Figure = Callable[[SavedRun], float]


@dataclass(frozen=True)
class Compared:
    """A comparison with its warm runs by candidate, those left out that point nowhere."""

    saved: Comparison

    @property
    def labels(self) -> tuple[str, ...]:
        """Return the candidates by the names under which they are drawn."""
        return tuple(candidate.label for candidate in self.saved.candidates)

    def name(self, label: str) -> str:
        """Return what a candidate is called in an answer: of one model's engines the engine."""
        models = {candidate.model_id for candidate in self.saved.candidates}
        return label.partition(" · ")[2] or label if len(models) == 1 else label

    @cached_property
    def runs(self) -> dict[str, dict[int, list[SavedRun]]]:
        """The warm runs of each candidate, by input."""
        runs: dict[str, dict[int, list[SavedRun]]] = {label: {} for label in self.labels}
        for run in self.saved.runs:
            if 0 <= run.candidate < len(self.labels) and not run.timing.cold:
                runs[self.labels[run.candidate]].setdefault(run.input, []).append(run)
        return runs

    @property
    def fewest(self) -> int:
        """Return how many warm runs each candidate has at least, for each input."""
        inputs = range(len(self.saved.inputs))
        return min(
            (len(self.runs[label].get(each, ())) for label in self.labels for each in inputs),
            default=0,
        )

    def figures(self, label: str, figure: Figure, each: int) -> list[float]:
        """Return a figure of each run of a candidate for the input of that number, from 0."""
        return [figure(run) for run in self.runs[label].get(each, ())]

    def outputs(self, label: str, each: int) -> list[str]:
        """Return what a candidate wrote for the input of that number, from 0."""
        known = self.saved.outputs
        runs = self.runs[label].get(each, ())
        return [known[run.output].strip() for run in runs if 0 <= run.output < len(known)]


class CandidatesCompared(Block):
    """A comparison of `task` in which one thing `differs`, with so many warm `repeats`.

    `models` have to be among the candidates. The answer is decided `by` latency (whose median lies
    before every run of the others), by length (whose median is largest), or by whether the texts
    are the same.
    """

    task: Task | None = None
    models: Annotated[tuple[Words, ...], Field(max_length=4)] = ()
    differs: Literal["model", "engine", "precision"] = "model"
    inputs: int = Field(default=1, ge=1, le=20)
    repeats: int = Field(default=3, ge=1, le=10)
    by: Literal["latency", "length", "text"] = "latency"


def candidates_compared(work: Work, given: CandidatesCompared) -> Finding:
    """Compared candidates as asked; the answer is what the figures of the comparison say."""
    found = [Compared(one) for one in work.of(Comparison)]
    if not found:
        return Finding(False, False, NONE_YET)
    about = _about(given)
    compared, says = furthest(found, [*about, *_thorough(given)])
    if says:
        return Finding(any_through(found, about), False, says)
    inputs = counted(len(compared.saved.inputs), "input")
    told = (
        f"You compared {listed(names_of(compared))} on {inputs}, with "
        f"{counted(compared.fewest, 'warm run')} for each."
    )
    answer, options = _DECIDE[given.by](compared)
    return Finding(True, True, told, answer, options)


def _about(given: CandidatesCompared) -> list[Step[Compared]]:
    """Return the requirements to what is compared."""
    steps = []
    if given.task is not None:
        label = TASKS[given.task].label
        steps.append(
            Step[Compared](
                lambda one: one.saved.task is given.task,
                lambda one: (
                    f"You compared models for **{TASKS[one.saved.task].label}**. Choose the "
                    f"task **{label}**."
                ),
            )
        )
    steps.append(
        Step(
            lambda one: _differ(one, given.differs),
            lambda one: (
                f"You compared {listed(names_of(one))}. Choose **{_CHOICES[given.differs]}**, "
                f"and two {_NOUNS[given.differs]} at least."
            ),
        )
    )
    if given.models:
        steps.append(
            Step(
                lambda one: not _missing(one, given.models),
                lambda one: (
                    f"You compared {listed(names_of(one))}. "
                    f"**{plain(_missing(one, given.models)[0])}** has to be among them."
                ),
            )
        )
    return steps


def _thorough(given: CandidatesCompared) -> list[Step[Compared]]:
    """Return the requirements to how it is compared."""
    return [
        Step(
            lambda one: len(one.saved.inputs) >= given.inputs,
            lambda one: (
                f"You gave them {counted(len(one.saved.inputs), 'input')}. Give them at "
                f"least {given.inputs}, one a line."
            ),
        ),
        Step(
            lambda one: one.saved.repeats >= given.repeats,
            lambda one: (
                f"Each answered {_often(one.saved.repeats)}: too few to see how much the "
                f"figures scatter. Set **Repeats** to {given.repeats} or more, and compare again."
            ),
        ),
        finished(),
        Step(
            lambda one: one.fewest >= given.repeats,
            lambda one: (
                "A model had to be loaded in between, and such runs do not count. Compare "
                "once more."
            ),
        ),
    ]


def finished() -> Step[Compared]:
    """Return the requirement that a comparison was not stopped."""
    return Step(
        lambda one: one.saved.complete,
        lambda one: (
            f"It was stopped after {counted(len(one.saved.runs), 'run')}. Let it run to the end."
        ),
    )


def _missing(one: Compared, models: Sequence[str]) -> list[str]:
    compared = {candidate.model_id for candidate in one.saved.candidates}
    return [model for model in models if model not in compared]


def _differ(one: Compared, what: str) -> bool:
    """Tell whether the candidates differ in that and in nothing else."""
    candidates = one.saved.candidates
    models = {candidate.model_id for candidate in candidates}
    if what == "model":
        return len(models) > 1
    runtimes = [candidate.runtime for candidate in candidates if candidate.runtime is not None]
    if len(models) > 1 or len(runtimes) < 2:
        return False
    engines = {runtime.engine for runtime in runtimes}
    if what == "engine":
        return len(engines) > 1
    return len(engines) == 1 and len({runtime.precision for runtime in runtimes}) > 1


def _faster(one: Compared) -> tuple[str, tuple[str, ...]]:
    """Return the candidate whose median lies before every single run of each other one.

    The line of one left of all dots of the others is what a student sees in the chart. One slow
    run does not change it, and where lines lie among dots, chance may have decided.
    """
    options = (*map(one.name, one.labels), NO_DIFFERENCE)
    for label in one.labels:
        others = [other for other in one.labels if other != label]
        if all(
            median(one.figures(label, _latency, each)) < min(one.figures(other, _latency, each))
            for each in range(len(one.saved.inputs))
            for other in others
        ):
            return one.name(label), options
    return NO_DIFFERENCE, options


def _longer(one: Compared) -> tuple[str, tuple[str, ...]]:
    """Return the candidate whose median of output tokens is the largest."""
    inputs = range(len(one.saved.inputs))
    medians = {
        label: median([f for each in inputs for f in one.figures(label, _length, each)])
        for label in one.labels
    }
    longest = [label for label in one.labels if medians[label] == max(medians.values())]
    options = (*map(one.name, one.labels), _AS_LONG)
    return one.name(longest[0]) if len(longest) == 1 else _AS_LONG, options


def _alike(one: Compared) -> tuple[str, tuple[str, ...]]:
    """Return whether all candidates wrote the same, for each input."""
    alike = all(
        len({text for label in one.labels for text in one.outputs(label, each)}) <= 1
        for each in range(len(one.saved.inputs))
    )
    return _SAME_TEXT if alike else _OTHER_TEXT, (_SAME_TEXT, _OTHER_TEXT)


_DECIDE = {"latency": _faster, "length": _longer, "text": _alike}


def _latency(run: SavedRun) -> float:
    return run.timing.total_s


def _length(run: SavedRun) -> float:
    return run.tokens_out


def names_of(one: Compared) -> list[str]:
    """Return the candidates as they stand in a sentence."""
    return [f"**{plain(label)}**" for label in one.labels]


def _often(repeats: int) -> str:
    return "once" if repeats == 1 else f"{repeats} times"
