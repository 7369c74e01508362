"""A learner's key: a secret in the address, instead of an account.

Whoever knows the key sees the work. It is nowhere written down: the lab knows learners by a hash.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from typing import TypeGuard

from core.errors import BadInputError

# 128 bits in base64: the last character carries two of them, so only four are possible.
_KEY = re.compile(r"[A-Za-z0-9_-]{21}[AQgw]")
_LEARNER = re.compile(r"[0-9a-f]{64}")


def new_key() -> str:
    """Return a key that nobody can guess: 128 random bits as 22 characters for an address."""
    return secrets.token_urlsafe(16)


def is_key(text: object) -> TypeGuard[str]:
    """Tell whether `text` is one that `new_key` could have made."""
    return isinstance(text, str) and _KEY.fullmatch(text) is not None


def learner_of(key: str) -> str:
    """Return what stands for the holder of `key` everywhere: SHA-256, as hexadecimal digits.

    Raises:
        BadInputError: it is no key; an empty one would be the same learner for many.
    """
    if not is_key(key):
        raise BadInputError(
            "The key in this address is not one of this lab.",
            next_step="Open the address as you saved it, or begin anew from Home.",
        )
    return hashlib.sha256(key.encode()).hexdigest()


def is_learner(text: object) -> TypeGuard[str]:
    """Tell whether `text` is what `learner_of` returns."""
    return isinstance(text, str) and _LEARNER.fullmatch(text) is not None
