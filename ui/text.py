"""Words and figures as the screens write them, and text from outside made safe for Markdown."""

from __future__ import annotations

from core.written import counted as counted
from core.written import duration as duration
from core.written import size as size

_SPECIAL = frozenset("\\`*_{}[]()<>#+!|$~:")


def plain(text: str) -> str:
    """Return `text` so that Markdown shows it as it is: no link, picture, formula or emphasis."""
    return "".join(f"\\{character}" if character in _SPECIAL else character for character in text)
