"""Sentence patterns: `(this|that)` is a free choice of words, `{slot}` a place for a fact."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

Patterns = tuple[tuple[str, ...], ...]
"""For each pattern all its readings, so that a pattern with many readings is not drawn more."""

_CHOICE = re.compile(r"\(([^()]*)\)")
_A_BEFORE_VOWEL = re.compile(r"\b(a)(?= (?:[aeio]|u(?!ni|se|su)|hour))", re.IGNORECASE)


def readings(pattern: str) -> tuple[str, ...]:
    """Return every text that `pattern` can become by choosing; the inmost brackets go first."""
    found = _CHOICE.search(pattern)
    if not found:
        return (re.sub(r" +(?=[ ,.!?;:]|$)", "", pattern).strip(),)
    before, after = pattern[: found.start()], pattern[found.end() :]
    texts = (text for word in found[1].split("|") for text in readings(before + word + after))
    return tuple(dict.fromkeys(texts))


def patterns(block: str) -> Patterns:
    """Return the patterns of `block`, one a line."""
    return tuple(readings(line) for line in block.splitlines() if line.strip())


def load(path: Path) -> Any:
    """Read a YAML file in which every text block of several lines is a list of patterns."""

    def convert(node: Any) -> Any:
        if isinstance(node, Mapping):
            return {key: convert(value) for key, value in node.items()}
        if isinstance(node, list):
            return [convert(value) for value in node]
        if isinstance(node, str) and "\n" in node:
            return patterns(node)
        return node

    return convert(yaml.safe_load(path.read_text(encoding="utf-8")))


def draw(rng: random.Random, choices: Sequence[Sequence[str]]) -> str:
    """Return one reading of one pattern, each pattern equally likely."""
    return rng.choice(rng.choice(choices))


def sentence(text: str) -> str:
    """Return `text` with a capital letter at its start, also behind an opening quotation mark."""
    at = 1 if text.startswith('"') else 0
    return text[:at] + text[at : at + 1].upper() + text[at + 1 :]


def polish(text: str) -> str:
    """Return `text` with "a" turned into "an" before a vowel sound."""
    return _A_BEFORE_VOWEL.sub(r"\1n", text)


def listed(parts: Sequence[str]) -> str:
    """Return "a", "a and b" or "a, b and c"."""
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} and {parts[-1]}"
