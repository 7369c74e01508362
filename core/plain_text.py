"""Text from outside, made safe to stand in a Markdown sentence of ours."""

from __future__ import annotations

_SPECIAL = frozenset("\\`*_{}[]()<>#+!|$~:")


def plain(text: str) -> str:
    """Return `text` so that Markdown shows it as it is: no link, picture, formula or emphasis."""
    return "".join(f"\\{character}" if character in _SPECIAL else character for character in text)
