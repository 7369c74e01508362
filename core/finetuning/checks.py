"""What is wrong with somebody's data, in words that a student understands, before training."""

from __future__ import annotations

from collections.abc import Sequence

from core.finetuning.columns import Loaded
from core.finetuning.data_finding import Finding, Severity, look
from core.finetuning.data_label_checks import imbalance, labels, spellings, too_few
from core.finetuning.data_row_checks import leaks, left_out, nothing, too_long, twice

__all__ = ["Finding", "Severity", "blocks", "check"]

_CHECKS = (nothing, labels, too_few, leaks, left_out, twice, imbalance, spellings)


def check(loaded: Loaded, *, max_tokens: int = 128) -> tuple[Finding, ...]:
    """Return what is to be known of the data before training: errors first, then warnings.

    `max_tokens` is what the model reads of a text.
    """
    seen = look(loaded)
    found = [finding for checks in _CHECKS for finding in checks(seen)]
    found += too_long(seen, max_tokens=max_tokens)
    return tuple(sorted(found, key=lambda finding: list(Severity).index(finding.severity)))


def blocks(findings: Sequence[Finding]) -> bool:
    """Say whether training cannot start with these findings."""
    return any(finding.severity is Severity.ERROR for finding in findings)
