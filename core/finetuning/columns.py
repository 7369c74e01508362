"""Which columns of a table hold the texts and the labels, and the examples that come of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.errors import BadInputError
from core.finetuning.data_header import LABEL_NAMES, SPLIT_NAMES, TEXT_NAMES, folded
from core.finetuning.data_labels import Scheme, guess_scheme, is_missing, meaning, merge_spellings
from core.finetuning.data_text import clean, short
from core.finetuning.reading import Table
from core.finetuning.types import Example

_LOOKED_AT = 2000  # rows
_SPLITS = {
    name: split
    for split, names in (
        ("train", "train training"),
        ("validation", "validation valid val dev development eval"),
        ("test", "test testing heldout held-out"),
    )
    for name in names.split()
}


@dataclass(frozen=True)
class ColumnGuess:
    """Which columns seem to hold what; None where none does. `scheme` is how labels look."""

    text: str | None
    label: str | None
    split: str | None
    scheme: Scheme


@dataclass(frozen=True)
class Loaded:
    """Examples of a table, with what was left out of it.

    `rows` are the examples' numbers in a spreadsheet program; so are the other numbers.
    `given` names each example's split, where the table has such a column. `merged` counts
    spellings of labels that became another one.
    """

    examples: tuple[Example, ...]
    rows: tuple[int, ...]
    given: tuple[str, ...] | None = None
    text_column: str = "text"
    label_column: str = "label"
    without_text: tuple[int, ...] = ()
    without_label: tuple[int, ...] = ()
    unreadable_label: tuple[int, ...] = ()
    unreadable_split: tuple[int, ...] = ()
    merged: int = 0


def loaded(examples: Sequence[Example]) -> Loaded:
    """Return examples that come from no table as if they were its rows, numbered from 1."""
    return Loaded(tuple(examples), tuple(range(1, len(examples) + 1)))


def guess_columns(table: Table) -> ColumnGuess:
    """Say which columns hold the texts, the labels and the splits, by their names and cells."""
    step = max(1, len(table.rows) // _LOOKED_AT)
    sample = {
        name: [row[place] for row in table.rows[::step]] for place, name in enumerate(table.columns)
    }
    split = next((name for name in table.columns if _is_split(name, sample[name])), None)
    open_to = [name for name in table.columns if name != split]
    text = _best({name: _text_score(name, sample[name]) for name in open_to})
    open_to = [name for name in open_to if name != text]
    label = _best({name: _label_score(name, sample[name]) for name in open_to})
    scheme = guess_scheme(table.column(label)) if label else Scheme.WORDS
    return ColumnGuess(text, label, split, scheme)


def to_examples(
    table: Table, *, text: str, label: str, scheme: Scheme, split: str | None = None
) -> Loaded:
    """Take the examples of a table; rows without a text or a readable label are left out.

    With the name of a column of splits, rows whose split is unknown are left out too.

    Raises BadInputError when a column does not exist or is taken twice.
    """
    wanted = [text, label] + ([split] if split else [])
    for name in wanted:
        if name not in table.columns:
            raise BadInputError(
                f"The table has no column “{short(name)}”.", next_step="Choose one of its columns."
            )
    if len(set(wanted)) < len(wanted):
        raise BadInputError(
            "The text, the label and the split must be different columns.",
            next_step="Choose another column for one of them.",
        )
    lost: dict[str, list[int]] = {"text": [], "label": [], "unreadable": [], "split": []}
    found: list[tuple[int, str, str, str]] = []
    cells = zip(
        table.numbers,
        table.column(text),
        table.column(label),
        table.column(split) if split else [""] * len(table.rows),
        strict=True,
    )
    for number, written, labelled, part in cells:
        sentence, means = clean(written), meaning(labelled, scheme)
        if is_missing(sentence):
            lost["text"].append(number)
        elif is_missing(labelled, scheme=scheme):
            lost["label"].append(number)
        elif means is None:
            lost["unreadable"].append(number)
        elif split and part.casefold() not in _SPLITS:
            lost["split"].append(number)
        else:
            found.append((number, sentence, means, _SPLITS.get(part.casefold(), "")))
    spelled, merged = merge_spellings([means for _, _, means, _ in found])
    return Loaded(
        examples=tuple(Example(sentence, spelled[means]) for _, sentence, means, _ in found),
        rows=tuple(number for number, *_ in found),
        given=tuple(part for *_, part in found) if split else None,
        text_column=text,
        label_column=label,
        without_text=tuple(lost["text"]),
        without_label=tuple(lost["label"]),
        unreadable_label=tuple(lost["unreadable"]),
        unreadable_split=tuple(lost["split"]),
        merged=merged,
    )


def _best(scores: dict[str, float]) -> str | None:
    """Return the name with the highest score, of equals the first; None without one above zero."""
    best = max(scores, key=lambda name: scores[name], default=None)
    return best if best is not None and scores[best] > 0 else None


def _is_split(name: str, cells: list[str]) -> bool:
    different = {cell.casefold() for cell in cells if cell}
    return folded(name) in SPLIT_NAMES and bool(different) and different <= set(_SPLITS)


def _text_score(name: str, cells: list[str]) -> float:
    """Return how much a column looks like texts: words that differ from row to row."""
    filled = [cell for cell in cells if not is_missing(cell)]
    if not filled:
        return 0.01 if folded(name) in TEXT_NAMES else 0.0
    letters = sum(sum(map(str.isalpha, cell[:200])) for cell in filled) / len(filled)
    differ = len(set(filled)) / len(filled)
    words = sum(len(cell.split()) for cell in filled) / len(filled)
    if folded(name) in LABEL_NAMES and words < 4:
        return 0.0
    known = 3.0 if folded(name) in TEXT_NAMES else 1.0
    return known * min(letters, 200) * differ * min(words, 20) * len(filled) / len(cells)


def _label_score(name: str, cells: list[str]) -> float:
    """Return how much a column looks like labels: few values that come again and again."""
    filled = [cell.casefold() for cell in cells if not is_missing(cell, scheme=Scheme.SENTIMENT)]
    known = folded(name) in LABEL_NAMES
    if not filled:
        return 0.01 if known else 0.0
    different = len(set(filled))
    length = sum(map(len, filled)) / len(filled)
    score = 1.0 if 2 <= different <= 20 and different < len(filled) else 0.1
    if guess_scheme(filled) is not Scheme.WORDS:
        score += 1.0
    if length > 40:
        score *= 0.2
    return score * (4.0 if known else 1.0) * len(filled) / len(cells)
