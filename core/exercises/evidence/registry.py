"""The checks over a learner's own work, by the names that exercises use for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.exercises.evidence.types import Finding, Predicate
from core.exercises.types import Block
from core.work.entries import Tokenized
from core.work.work import Work


class TokensCounted(Block):
    """Some text was tokenized with `model`."""

    model: str


def tokens_counted(work: Work, given: TokensCounted) -> Finding:
    """Look for a text in the playground, and say how many tokens it had."""
    counted = [entry for entry in work.of(Tokenized) if entry.model_id == given.model]
    if not counted:
        return Finding(False, False, "Count the tokens of a text in Task 1 Explore.")
    return Finding(True, True, f"You counted {counted[-1].tokens} tokens.", counted[-1].tokens)


PREDICATES: dict[str, tuple[type[Block], Predicate]] = {
    "tokens-counted": (TokensCounted, tokens_counted),
}


def find(check: str, given: Mapping[str, Any], work: Work) -> Finding:
    """Return what the check of that name finds in `work` with the parameters `given`."""
    parameters, look = PREDICATES[check]
    return look(work, parameters.model_validate(dict(given)))
