"""What answers when the variant that was chosen fails, and for how long that is remembered."""

from __future__ import annotations

import logging

from core.catalogue import ModelEntry
from core.errors import (
    BadInputError,
    BusyError,
    HubError,
    LabError,
    RefusedModelError,
    UnsupportedTaskError,
)
from core.inference.broken import Broken
from core.inference.journal import Journal
from core.inference.types import Request
from core.inference.variants import REFERENCE, Variant, choose, variants_of

# What no engine is to blame for: another one would answer the same.
_NOT_THE_ENGINES_FAULT = (BadInputError, BusyError, HubError, UnsupportedTaskError)


class Fallback:
    """Chooses variants, and the reference in place of one that failed lately."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._broken = Broken()

    def choose(self, entry: ModelEntry, request: Request) -> Variant:
        """Return what `request` asks for, or the reference if that failed lately.

        Raises:
            UnsupportedTaskError: the named engine and precision do not run this model, or not so.
        """
        variant = choose(entry, request)
        return _reference(entry) or variant if variant.key in self._broken else variant

    def instead_of(self, variant: Variant, error: Exception) -> Variant:
        """Return what answers instead of `variant`, which failed with `error`; raise that if none.

        A failure that is the engine's is remembered: for a while it is not tried again.
        """
        if variant.runtime == REFERENCE or isinstance(error, _NOT_THE_ENGINES_FAULT):
            raise error
        log_unforeseen(variant, error)
        self._journal.problem(variant.key, error)
        self._broken.note(variant.key, error)
        reference = _reference(variant.entry)
        if reference is not None:
            return reference
        if isinstance(error, LabError):
            raise error
        raise RefusedModelError(
            f"{variant.runtime.engine} could not run {variant.entry.id} "
            f"({self._broken.reason(variant.key)}).",
            next_step="Choose another precision or another model.",
        ) from error

    def notices(self, variant: Variant, request: Request) -> tuple[str, ...]:
        """Return what is said to whoever asked, if `variant` answers in place of another."""
        wanted = choose(variant.entry, request)
        if wanted == variant:
            return ()
        return (
            f"{wanted.runtime.engine} could not run this model "
            f"({self._broken.reason(wanted.key)}). {variant.runtime.engine} answered instead.",
        )


def log_unforeseen(variant: Variant, error: Exception) -> None:
    """Write the traceback of an error that has no words to the log."""
    if not isinstance(error, LabError):
        logging.getLogger(__name__).error("%s failed", variant.key, exc_info=error)


def _reference(entry: ModelEntry) -> Variant | None:
    return next((v for v in variants_of(entry) if v.runtime == REFERENCE), None)
