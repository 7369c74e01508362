"""Figures as people read them, on screens and on paper."""

from __future__ import annotations


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
