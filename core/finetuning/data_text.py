"""What two texts have in common, and how a text of a stranger is made plain."""

from __future__ import annotations

import re
import unicodedata

# Zero-width marks are invisible and would tell equal texts apart; the joiner that holds an emoji
# together is not among them.
_INVISIBLE = re.compile("[\u0000-\u0008\u000e-\u001f\u007f-\u0084\u0086-\u009f\u00ad\u200b\ufeff]")
_PUNCTUATION = str.maketrans(dict.fromkeys(".,!?;:'\"`´’‘“”„«»…-–—*_", " "))


def clean(text: str) -> str:
    """Return `text` in one line, without invisible characters and without space at its ends."""
    if not text.isprintable():
        text = _whole(_INVISIBLE.sub("", text))
    return " ".join(text.split())


def normalised(text: str) -> str:
    """Return what stays of `text` when case, spacing and punctuation do not count.

    Two texts with the same one say the same, and belong into the same split. Smileys and symbols
    count; a text of punctuation alone stays what it is.
    """
    folded = clean(text).casefold()
    if not folded.isascii():
        # Folding can make letters that compose, and composing ones that fold.
        folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", folded).casefold())
    return " ".join(folded.translate(_PUNCTUATION).split()) or folded.strip()


def short(text: str, *, length: int = 40) -> str:
    """Return `text` in one line of at most `length` characters."""
    line = clean(text)
    return line if len(line) <= length else line[: length - 1].rstrip() + "…"


def counted(number: int, one: str, many: str = "") -> str:
    """Return "1 row", "2,000 rows": a number with its noun."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def _whole(text: str) -> str:
    """Replace halves of characters, which JSON can hold and no file can."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
