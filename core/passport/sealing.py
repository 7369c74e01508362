"""The digest that stands at the end of a passport.

It finds damage and careless edits. It proves nothing against somebody who computes it anew, which
anybody can: there is no secret in it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any


def compact(value: Any) -> str:
    """Return `value` as JSON in its one canonical form."""
    return json.dumps(
        value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
    )


def size_bytes(body: Mapping[str, Any]) -> int:
    """Return how much of the store `body` takes, where letters beyond ASCII are written out."""
    return len(json.dumps(body, separators=(",", ":")))


def digest_of(fields: Mapping[str, Any]) -> str:
    """Return the SHA-256 of all that a passport says, whatever its lines and spaces.

    Raises:
        UnicodeEncodeError: it holds half a character, which no file in UTF-8 can.
    """
    everything = {name: value for name, value in fields.items() if name != "digest"}
    return hashlib.sha256(compact(everything).encode()).hexdigest()
