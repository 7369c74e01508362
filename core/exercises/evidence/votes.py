"""Task 3: where a student's own judgement and a score part ways."""

from __future__ import annotations

from dataclasses import dataclass

from core.exercises.evidence.comparisons import Compared
from core.exercises.evidence.steps import Step, furthest
from core.exercises.evidence.types import Finding
from core.exercises.types import Block
from core.inference.tasks import TASKS
from core.inference.types import Task
from core.words import plain
from core.work.entries import Comparison, Judged
from core.work.work import Work


@dataclass(frozen=True)
class _Input:
    """One input of a comparison, from 0, with the student's last vote on it, if there is one."""

    compared: Compared
    each: int
    vote: Judged | None

    @property
    def reference(self) -> str:
        references = self.compared.saved.references
        return references[self.each] if self.each < len(references) else ""

    @property
    def outputs(self) -> dict[str, str]:
        """Return what each candidate wrote, by label; repeats write the same."""
        written = {label: self.compared.outputs(label, self.each) for label in self.compared.labels}
        return {label: texts[0] for label, texts in written.items() if texts}

    @property
    def scores(self) -> dict[str, float]:
        """Return the chrF of each candidate, as precisely as the screen shows it."""
        from core.metrics import chrf

        return {label: round(chrf(text, self.reference), 1) for label, text in self.outputs.items()}

    @property
    def favourite(self) -> str:
        """Return the candidate that chrF prefers."""
        scores = self.scores
        return max(scores, key=lambda label: scores[label], default="")


class ScoreAgainstVote(Block):
    """A comparison of `task` with a good answer, and a vote on it, `blind` if that is asked."""

    task: Task = Task.TRANSLATION_EN_TO_FR
    blind: bool = True


def score_against_vote(work: Work, given: ScoreAgainstVote) -> Finding:
    """Preferred another output than chrF does; the answer is the one that chrF prefers."""
    found = [Compared(one) for one in work.of(Comparison) if one.task is given.task]
    label = TASKS[given.task].label
    if not found:
        told = f"You have not compared models for **{label}** yet."
        return Finding(False, False, f"{told} Choose that task, and two models.")
    votes = {(vote.comparison, vote.input_number): vote for vote in work.of(Judged)}
    inputs = [
        _Input(one, each, votes.get((one.saved.id, each + 1)))
        for one in found
        for each in range(len(one.saved.inputs))
    ]
    if not inputs:
        return Finding(False, False, "Your comparison had no input. Write one, and compare again.")
    one, says = furthest(inputs, _steps(given))
    if says:
        return Finding(any(one.vote is not None for one in inputs), False, says)
    preferred = plain(str(one.vote and one.vote.preferred))
    told = (
        f"On input {one.each + 1} you preferred **{preferred}**, and chrF gives another one the "
        "higher score."
    )
    return Finding(True, True, told, one.favourite, tuple(one.outputs))


def _steps(given: ScoreAgainstVote) -> list[Step[_Input]]:
    steps = [
        Step[_Input](
            lambda one: bool(one.reference),
            lambda one: (
                f"Input {one.each + 1} has no good answer to be scored against. Write one "
                "under **Compare with a good answer**, and compare again."
            ),
        ),
        Step(
            lambda one: len(set(one.outputs.values())) > 1,
            lambda one: (
                f"On input {one.each + 1} all wrote the same, so there is nothing to "
                "choose. Take another sentence."
            ),
        ),
        Step(
            lambda one: one.vote is not None,
            lambda one: (
                f"You have not said yet which answer to input {one.each + 1} reads best. "
                "Say it below the outputs."
            ),
        ),
    ]
    if given.blind:
        steps.append(
            Step(
                lambda one: one.vote is not None and one.vote.blind,
                lambda one: (
                    f"On input {one.each + 1} you saw the names before you judged. Switch "
                    "**Judge blind first** on, and compare again."
                ),
            )
        )
    return [
        *steps,
        Step(
            lambda one: one.vote is not None and one.vote.preferred in one.outputs,
            lambda one: (
                f"On input {one.each + 1} you found both equally good. Take a sentence on "
                "which you prefer one."
            ),
        ),
        Step(
            lambda one: _parted(one),
            lambda one: (
                f"On input {one.each + 1} chrF does not prefer another answer than you do. "
                "Write a good answer in other words, or take another sentence, and compare again."
            ),
        ),
    ]


def _parted(one: _Input) -> bool:
    if one.vote is None or one.vote.preferred is None:
        return False
    scores = one.scores
    return scores.get(one.vote.preferred, 0.0) < max(scores.values(), default=0.0)
