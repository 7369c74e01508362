"""What may be sent to a model: checked and cleaned before any model sees it."""

from __future__ import annotations

import unicodedata

from core.errors import BadInputError

MAX_CHARACTERS = 100_000

# Line breaks, tabs and the joiners that emoji and some scripts are built with stay.
_KEPT = frozenset("\n\t\u200c\u200d")
# Characters newer than this Python, and those of private use, count as readable.
_UNREADABLE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp", "Zs"})


def clean_input(text: str) -> tuple[str, tuple[str, ...]]:
    """Return `text` without invisible control characters, and sentences on what was removed.

    Raises:
        BadInputError: nothing readable is left, or the text is longer than `MAX_CHARACTERS`.
    """
    if len(text) > MAX_CHARACTERS:
        raise BadInputError(
            f"This text has {len(text):,} characters; the lab takes at most {MAX_CHARACTERS:,}.",
            next_step="Shorten it and run again.",
        )
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    kept = "".join(c for c in text if c in _KEPT or unicodedata.category(c) not in {"Cc", "Cs"})
    if all(unicodedata.category(c) in _UNREADABLE for c in kept):
        raise BadInputError(
            "There is no text to send to the model.",
            next_step="Write something, or pick one of the examples.",
        )
    removed = len(text) - len(kept)
    if not removed:
        return kept, ()
    noun = "character was" if removed == 1 else "characters were"
    return kept, (f"{removed} invisible control {noun} removed from your text.",)
