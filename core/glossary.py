"""The glossary: each term of the course, its meaning, and the lesson that introduces it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from core.checked_yaml import compose, error_at, fields_of, read_text
from core.lessons import LESSONS_FOLDER

_KEYS = {"term": str, "meaning": str, "lesson": int}


@dataclass(frozen=True)
class Term:
    """A glossary entry; `lesson` is the number of the lesson that introduces it."""

    term: str
    meaning: str
    lesson: int

    @property
    def anchor(self) -> str:
        """Return the entry's place on the glossary page, fit for the end of an address."""
        return re.sub(r"[^a-z0-9]+", "-", self.term.lower()).strip("-")


@cache
def glossary() -> tuple[Term, ...]:
    """Return the glossary, sorted by term.

    Raises:
        ContentError: an entry is malformed.
    """
    return read_glossary(LESSONS_FOLDER / "glossary.yaml")


def read_glossary(path: Path) -> tuple[Term, ...]:
    """Return the terms in `path`, a YAML list of mappings with term, meaning and lesson."""
    root = compose(path, read_text(path), first_line=1)
    if not isinstance(root, yaml.SequenceNode):
        raise error_at(path, 1, "a glossary is a list of terms.")
    terms = (Term(**fields_of(path, node, 1, _KEYS)) for node in root.value)
    return tuple(sorted(terms, key=lambda term: term.term.casefold()))
