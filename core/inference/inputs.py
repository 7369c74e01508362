"""What may be sent to a model: checked and cleaned before any model sees it."""

from __future__ import annotations

import re
import unicodedata

from core.errors import BadInputError

MAX_CHARACTERS = 100_000

GAP = "[MASK]"
# As the families of models spell it; people do not know which of them they have before them.
_SPELLINGS = (GAP, "<mask>")

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


def spell_gap(text: str, mask: str) -> str:
    """Return `text` with each gap, however it is spelled, written as `mask`."""
    known = "|".join(map(re.escape, (*_SPELLINGS, mask)))
    return re.sub(known, lambda _: mask, text, flags=re.IGNORECASE)


def require_one_gap(gaps: int) -> None:
    """Refuse a text whose number of gaps is not one.

    Raises:
        BadInputError: it has none, or several.
    """
    if gaps == 0:
        raise BadInputError(
            "This text has no gap for the model to fill.",
            next_step=f"Write {GAP} in the place of one word: The battery is {GAP}.",
        )
    if gaps > 1:
        raise BadInputError(
            f"This text has {gaps:,} gaps; the model fills one at a time.",
            next_step=f"Keep one {GAP} and write words in the places of the others.",
        )
