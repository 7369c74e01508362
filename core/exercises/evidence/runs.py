"""Task 2 and the lessons: which prompts were run, and what a single run shows."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from core.exercises.evidence.steps import Step, any_through, furthest
from core.exercises.evidence.types import Finding
from core.exercises.types import Block
from core.inference.tasks import TASKS
from core.inference.types import Task
from core.words import counted, in_a_sentence, one_line, plain, quoted
from core.work.entries import Run
from core.work.work import Work

# Of more, only the last are looked at: pairs grow with the square.
_MOST = 40
_NONE = "You have run no prompt yet{}. Press **Run**."
_THE_LIMIT, _THE_MODEL = "the limit", "the model"


class Which(Block):
    """Which runs count: those of `task`, and where they are named, of `model` and `prompt`."""

    task: Task = Task.TEXT_GENERATION
    model: str = ""
    prompt: str = ""

    def runs(self, work: Work) -> list[Run]:
        """Return the last runs of the task."""
        return [run for run in work.of(Run) if run.request.task is self.task][-_MOST:]

    def none_yet(self) -> Finding:
        """Return what is found where there are none."""
        label = in_a_sentence(TASKS[self.task].label)
        return Finding(False, False, _NONE.format(f" for {label}"))

    def steps(self) -> list[Step[Run]]:
        """Return the requirements to a single run."""
        steps = []
        if self.model:
            steps.append(
                Step[Run](
                    lambda run: run.request.model_id == self.model,
                    lambda run: (
                        f"You ran {model_of(run)}. Choose **{plain(self.model)}** for this."
                    ),
                )
            )
        if self.prompt:
            steps.append(
                Step(
                    lambda run: one_line(run.request.inputs) == one_line(self.prompt),
                    lambda run: (
                        f"You ran the prompt {quoted(run.request.inputs)}. Run "
                        f"{quoted(self.prompt, 200)}."
                    ),
                )
            )
        return steps


class PromptRun(Which):
    """One run, with these settings where they are named; `read` is what the answer is taken from.

    `who-ends` tells whether the model ended its text or the limit of new tokens.
    """

    temperature: float | None = Field(default=None, ge=0, le=5)
    max_new_tokens: int | None = Field(default=None, ge=1)
    read: Literal["tokens-in", "tokens-out", "who-ends"] = "tokens-out"


def prompt_run(work: Work, given: PromptRun) -> Finding:
    """Ran a prompt as asked; the answer is one of its figures."""
    runs = given.runs(work)
    if not runs:
        return given.none_yet()
    about = given.steps()
    steps = list(about)
    if given.temperature is not None:
        steps.append(
            Step(
                lambda run: run.request.config.temperature == given.temperature,
                lambda run: (
                    f"You ran it at temperature {run.request.config.temperature:g}. Set it "
                    f"to {given.temperature:g}."
                ),
            )
        )
    if given.max_new_tokens is not None:
        steps.append(
            Step(
                lambda run: run.request.config.max_new_tokens == given.max_new_tokens,
                lambda run: (
                    "You ran it with max new tokens at "
                    f"{run.request.config.max_new_tokens}. Set that to {given.max_new_tokens}."
                ),
            )
        )
    steps.append(
        Step(
            lambda run: not run.result.stopped,
            lambda run: f"You stopped it after {tokens_of(run)}. Let it run to its end.",
        )
    )
    run, says = furthest(runs, steps)
    if says:
        return Finding(any_through(runs, about), False, says)
    what = f"You ran {quoted(run.request.inputs)} on {model_of(run)}"
    match given.read:
        case "tokens-in":
            told = f"{what}: {counted(run.result.tokens_in, 'token')} in."
            return Finding(True, True, told, float(run.result.tokens_in))
        case "tokens-out":
            told = f"{what}: {counted(run.result.tokens_out, 'token')} out."
            return Finding(True, True, told, float(run.result.tokens_out))
        case "who-ends":
            answer = _THE_LIMIT if at_limit(run) else _THE_MODEL
            limit = run.request.config.max_new_tokens
            told = f"{what}, with room for {counted(limit, 'new token')}."
            return Finding(True, True, told, answer, (_THE_LIMIT, _THE_MODEL))


class ProbabilitiesSeen(Which):
    """A run of `at_least` so many tokens that shows how sure the model was of each."""

    at_least: int = Field(default=5, ge=2)


def probabilities_seen(work: Work, given: ProbabilitiesSeen) -> Finding:
    """Looked at how sure a model was; the answer is the place at which it was least so."""
    runs = given.runs(work)
    if not runs:
        return given.none_yet()
    about = [
        *given.steps(),
        Step[Run](
            lambda run: bool(run.result.choices),
            lambda run: (
                f"You ran {prompt_of(run)} without looking at the odds. Open **Parameters**"
                ", switch **Show how sure the model was** on, and run it again."
            ),
        ),
    ]
    steps = [
        *about,
        Step(
            lambda run: len(run.result.choices) >= given.at_least,
            lambda run: f"Only {tokens_of(run)} came. Let it write at least {given.at_least}.",
        ),
    ]
    run, says = furthest(runs, steps)
    if says:
        return Finding(any_through(runs, about), False, says)
    odds = [choice.probability for choice in run.result.choices]
    told = f"You saw how sure {model_of(run)} was of {counted(len(odds), 'token')}."
    return Finding(True, True, told, float(odds.index(min(odds)) + 1))


def at_limit(run: Run) -> bool:
    """Return whether a text ended because it was as long as it might be."""
    return run.result.tokens_out >= run.request.config.max_new_tokens


def model_of(run: Run) -> str:
    """Return the name of the model that ran, as it stands in a sentence."""
    return f"**{plain(run.request.model_id)}**"


def prompt_of(run: Run) -> str:
    """Return the beginning of a run's prompt, as it stands in a sentence."""
    return quoted(run.request.inputs)


def tokens_of(run: Run) -> str:
    """Return how many tokens a run wrote, as it stands in a sentence."""
    return counted(run.result.tokens_out, "token")
