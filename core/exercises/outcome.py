"""What checking an exercise says."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """How far a student has come with an exercise."""

    NOT_ATTEMPTED = "not attempted"
    NOT_YET = "not yet"
    CORRECT = "correct"


@dataclass(frozen=True)
class CheckResult:
    """An outcome with the sentences that teach: what was seen, and the one thing to do next.

    `message` is Markdown of ours; what a student or a model wrote stands in it escaped.
    """

    outcome: Outcome
    message: str = ""


NOT_ATTEMPTED = CheckResult(Outcome.NOT_ATTEMPTED)
