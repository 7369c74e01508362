"""Work of learners for tests: entries one second apart."""

from __future__ import annotations

from core.work.entries import Done, Entry
from core.work.work import Work


def work_of(*entries: Entry) -> Work:
    """Return the work of somebody who did this, one after the other."""
    return Work(tuple(Done(f"{n}", float(n), entry) for n, entry in enumerate(entries)))
