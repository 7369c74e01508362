"""Figures as people write them, and text from outside made safe to stand in Markdown of ours."""

from __future__ import annotations

from collections.abc import Sequence

_SPECIAL = frozenset("\\`*_{}[]()<>#+!|$~:")


def plain(text: str) -> str:
    """Return `text` so that Markdown shows it as it is: no link, picture, formula or emphasis."""
    return "".join(f"\\{character}" if character in _SPECIAL else character for character in text)


def one_line(text: str) -> str:
    """Return `text` with single spaces in the place of line ends and other space."""
    return " ".join(text.split())


def in_a_sentence(label: str) -> str:
    """Return `label` as it stands inside a sentence: its first letter small, names as they are."""
    return label[:1].lower() + label[1:]


def quoted(text: str, longest: int = 60) -> str:
    """Return the beginning of `text` in quotation marks, on one line, safe for Markdown."""
    line = one_line(text)
    return f"“{plain(line if len(line) <= longest else line[:longest].rstrip() + ' …')}”"


def listed(parts: Sequence[str], last: str = "and") -> str:
    """Return `parts` as a list in a sentence: a, b and c."""
    *first, end = parts or ("",)
    return f"{', '.join(first)} {last} {end}" if first else end


def counted(number: int, noun: str) -> str:
    """Return `number` with its noun in the singular or the plural: 1 thread, 2 threads."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def duration(seconds: float) -> str:
    """Return a time as people read it: 8 ms, 0.35 s, 12 s."""
    if seconds < 0.1:
        return f"{seconds * 1000:.2g} ms" if seconds < 0.01 else f"{seconds * 1000:.0f} ms"
    return f"{seconds:.2f} s" if seconds < 10 else f"{seconds:.0f} s"


def size(number: int) -> str:
    """Return a number of bytes as people write it: 270 MB, 2.5 GB."""
    return f"{number / 1e9:.1f} GB" if number >= 1e9 else f"{max(1, round(number / 1e6))} MB"


def amount(number: int) -> str:
    """Return a large number as people say it: 124 million, 7.24 billion; a small one as it is."""
    for unit, name in ((10**12, "trillion"), (10**9, "billion"), (10**6, "million")):
        if number >= unit:
            return f"{number / unit:.3g} {name}"
    return f"{number:,}"
