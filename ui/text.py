"""Figures and text from outside as the screen writes them; the words are those of the core."""

from core.words import counted, duration, listed, plain, quoted, size

__all__ = ["counted", "duration", "listed", "plain", "quoted", "size"]
