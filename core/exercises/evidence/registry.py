"""The checks over a learner's own work, by the names that exercises use for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.errors import LabError
from core.exercises.evidence import (
    comparisons,
    pages,
    run_pairs,
    runs,
    slope,
    tokens,
    trainings,
    votes,
)
from core.exercises.evidence.types import Finding, Predicate
from core.exercises.types import Block
from core.work.work import Work

PREDICATES: dict[str, tuple[type[Block], Predicate]] = {
    "pages-read": (pages.PagesRead, pages.pages_read),
    "families-read": (pages.FamiliesRead, pages.families_read),
    "verdicts-read": (pages.VerdictsRead, pages.verdicts_read),
    "tokens-counted": (tokens.TokensCounted, tokens.tokens_counted),
    "tokens-compared": (tokens.TokensCompared, tokens.tokens_compared),
    "prompt-run": (runs.PromptRun, runs.prompt_run),
    "probabilities-seen": (runs.ProbabilitiesSeen, runs.probabilities_seen),
    "temperatures": (run_pairs.Temperatures, run_pairs.temperatures),
    "same-seed": (run_pairs.SameSeed, run_pairs.same_seed),
    "stopped-early": (run_pairs.StoppedEarly, run_pairs.stopped_early),
    "only-length": (run_pairs.OnlyLength, run_pairs.only_length),
    "candidates-compared": (comparisons.CandidatesCompared, comparisons.candidates_compared),
    "length-slope": (slope.LengthSlope, slope.length_slope),
    "score-against-vote": (votes.ScoreAgainstVote, votes.score_against_vote),
    "training-done": (trainings.TrainingDone, trainings.training_done),
    "starts-compared": (trainings.StartsCompared, trainings.starts_compared),
    "fault-diagnosed": (trainings.FaultDiagnosed, trainings.fault_diagnosed),
    "sentences-changed": (trainings.SentencesChanged, trainings.sentences_changed),
}


class UnknownCheck(LabError):
    """There is no check of that name, or its parameters are not what it takes."""


def find(check: str, given: Mapping[str, Any], work: Work) -> Finding:
    """Return what the check of that name finds in `work` with the parameters `given`.

    Raises:
        UnknownCheck: as `validate`.
    """
    parameters = validate(check, given)
    return PREDICATES[check][1](work, parameters)


def validate(check: str, given: Mapping[str, Any]) -> Block:
    """Return the parameters `given` as the check of that name takes them.

    Raises:
        UnknownCheck: there is no such check, or a parameter is unknown, missing or nonsense.
    """
    from pydantic import ValidationError

    if check not in PREDICATES:
        raise UnknownCheck(f"There is no check '{check}'; there are {', '.join(known_checks())}.")
    try:
        return PREDICATES[check][0].model_validate(dict(given))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"])) or "given"
        raise UnknownCheck(f"The check '{check}': {where}: {first['msg']}.") from error


def known_checks() -> tuple[str, ...]:
    """Return the names of all checks, sorted."""
    return tuple(sorted(PREDICATES))
