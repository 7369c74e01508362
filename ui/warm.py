"""Loading models before anybody runs them: for a lesson that is being read, or before class."""

from __future__ import annotations

import threading
from collections.abc import Iterable

from core.catalogue import ModelEntry
from core.inference.lab import lab
from core.inference.variants import REFERENCE, variants_of
from core.lesson_models import models_of
from core.lessons import Lesson


def warm_up(lesson: Lesson) -> None:
    """Load in the background what `lesson` runs on its page, unless it is in memory already."""
    _load(models_of(lesson, lab().catalogue))


def warm_up_starters() -> None:
    """Load every starter in the background, in the way that is fastest here."""
    _load(lab().catalogue.entries)


def _load(entries: Iterable[ModelEntry]) -> None:
    # Only what ships with the lab: nothing is downloaded or converted unasked.
    starters = [entry for entry in entries if entry.source == "starter" and entry.usable]
    fastest = [variants_of(entry)[0] for entry in starters]
    # The reference engine takes hundreds of megabytes, whatever the size of the model.
    fastest = [variant for variant in fastest if variant.runtime != REFERENCE]
    missing = [variant for variant in fastest if variant.key not in lab().pool.loaded()]
    if missing:
        threading.Thread(target=lab().warm_up, args=(missing,), name="warm up", daemon=True).start()
