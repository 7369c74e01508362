"""What a passport is, and what it means that one is refused."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from core.errors import LabError
from core.work.record import Record

FORMAT = "open-model-lab-passport"
VERSION = 1

MAX_RECORDS = 20_000
MAX_BODY_BYTES = 1_000_000  # as much as the store keeps of one


class PassportError(LabError):
    """The file is no passport that this lab can restore; nothing of it was taken in."""


@dataclass(frozen=True)
class Passport:
    """A learner's work as a file: which lab wrote it, when, and every record."""

    version: int
    lab: str
    made: datetime
    records: tuple[Record, ...]
