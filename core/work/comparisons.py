"""A comparison as it is kept, and back to what the screen and the report draw."""

from __future__ import annotations

from core.comparing import Candidate, ComparePlan, CompareProgress, Measured
from core.errors import LabError
from core.inference.types import Provenance, Result
from core.work.entries import Comparison, SavedCandidate, SavedRun


def saved_comparison(progress: CompareProgress) -> Comparison:
    """Return a comparison that has ended, in the form in which it is kept."""
    plan = progress.plan
    outputs: dict[str, int] = {}
    made: dict[Provenance, int] = {}
    runs = tuple(
        SavedRun(
            candidate=plan.candidates.index(run.candidate),
            input=run.input_number - 1,
            repeat=run.repeat - 1,
            output=outputs.setdefault(run.result.output, len(outputs)),
            made=made.setdefault(run.result.provenance, len(made)),
            tokens_in=run.result.tokens_in,
            tokens_out=run.result.tokens_out,
            timing=run.result.timing,
        )
        for run in progress.measured
    )
    return Comparison(
        id=plan.id,
        task=plan.task,
        candidates=tuple(SavedCandidate(c.model_id, c.runtime) for c in plan.candidates),
        inputs=plan.inputs,
        repeats=plan.repeats,
        config=plan.config,
        runs=runs,
        outputs=tuple(outputs),
        made=tuple(made),
        complete=len(runs) == plan.runs,
        references=plan.references,
    )


def progress_of(comparison: Comparison) -> CompareProgress:
    """Return `comparison` as it stood on the screen when it ended.

    Raises:
        LabError: it is damaged: a number points nowhere, or the plan is none that the lab takes.
    """
    plan = ComparePlan(
        comparison.task,
        tuple(Candidate(c.model_id, c.runtime) for c in comparison.candidates),
        comparison.inputs,
        comparison.repeats,
        comparison.config,
        references=comparison.references,
        id=comparison.id,
    )
    measured = tuple(_measured(comparison, plan, run) for run in comparison.runs)
    return CompareProgress(plan, "Done", len(measured), None, measured)


def _measured(comparison: Comparison, plan: ComparePlan, run: SavedRun) -> Measured:
    places = (
        (run.candidate, plan.candidates),
        (run.input, plan.inputs),
        (run.output, comparison.outputs),
        (run.made, comparison.made),
    )
    if any(not 0 <= place < len(among) for place, among in places):
        raise LabError("A saved comparison is damaged.", next_step="Run the comparison again.")
    return Measured(
        candidate=plan.candidates[run.candidate],
        input_number=run.input + 1,
        repeat=run.repeat + 1,
        text=plan.inputs[run.input],
        result=Result(
            output=comparison.outputs[run.output],
            tokens_in=run.tokens_in,
            tokens_out=run.tokens_out,
            timing=run.timing,
            provenance=comparison.made[run.made],
        ),
    )
