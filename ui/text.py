"""Words and figures as the screens write them; the core writes them in the same way."""

from __future__ import annotations

from core.plain_text import plain as plain
from core.words import counted as counted
from core.words import duration as duration
from core.words import size as size
