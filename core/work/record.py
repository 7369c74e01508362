"""One thing that a learner did, as it is kept: written once, never changed."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


def new_uid() -> str:
    """Return a name for a record that no other record has, 128 bits as hexadecimal digits."""
    return secrets.token_hex(16)


@dataclass(frozen=True)
class Record:
    """What was done: its kind, when (seconds since 1970), and the rest as JSON values.

    Saving a record twice, by its `uid`, saves it once.
    """

    kind: str
    body: Mapping[str, Any]
    created_s: float = field(default_factory=time.time)
    uid: str = field(default_factory=new_uid)
