"""What the columns of a table are called: whether the first row says so, and names that differ."""

from __future__ import annotations

import re
from collections.abc import Sequence

from core.finetuning.data_text import clean


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# What people call the column of the texts and that of the labels, in some languages.
TEXT_NAMES = _words(
    "text texts sentence sentences review reviews reviewtext comment comments feedback message "
    "content body tweet document input opinion remark answer response utterance kommentar "
    "bewertungstext rückmeldung texte avis commentaire phrase texto reseña comentario opinión "
    "testo recensione commento tekst opmerking"
)
LABEL_NAMES = _words(
    "label labels sentiment sentiments rating ratings stars star class classes category target "
    "polarity score grade overall emotion airlinesentiment bewertung sterne kategorie note "
    "étiquette etiqueta categoría estrellas valoración puntuación stelle etichetta punteggio "
    "waardering"
)
SPLIT_NAMES = _words("split splits subset partition")
_OTHER_NAMES = _words("id index idx date time user username author title product source")
_KNOWN = TEXT_NAMES | LABEL_NAMES | SPLIT_NAMES | _OTHER_NAMES
_NUMBER = re.compile(r"[-+]?\d+([.,]\d+)?%?$|\d+\s*/\s*\d+$|[★☆⭐]+$")
_NAME_LENGTH = 60


def folded(name: str) -> str:
    """Return the name of a column without case, space and signs."""
    return "".join(letter for letter in name.casefold() if letter.isalpha())


def has_header(first: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Say whether the first row of a table looks like names, and not like the `rows` below it."""
    if any(folded(cell) in _KNOWN for cell in first):
        return True
    for place, cell in enumerate(first):
        if len(cell) > _NAME_LENGTH or len(cell.split()) > 8 or "\n" in cell:
            return False
        below = [row[place].casefold() for row in rows if place < len(row)]
        if not cell or not below:
            continue
        if _NUMBER.match(cell) and sum(map(bool, map(_NUMBER.match, below))) * 2 > len(below):
            return False
        # A word that comes again in its column is one of its values.
        if cell.casefold() in below:
            return False
    return True


def name_columns(names: Sequence[str]) -> tuple[str, ...]:
    """Return names that are there, differ from one another, and fit on a screen."""
    named: list[str] = []
    taken: set[str] = set()
    for place, name in enumerate(names, 1):
        plain = clean(name)[:_NAME_LENGTH].strip() or f"column {place}"
        unique, again = plain, 2
        while unique in taken:
            unique, again = f"{plain} ({again})", again + 1
        taken.add(unique)
        named.append(unique)
    return tuple(named)
