"""A table as a CSV file that a spreadsheet program opens without running anything in it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

# With these a spreadsheet takes a cell for a formula, the wide ones of East Asian keyboards too.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


def export_csv(rows: Iterable[Sequence[object]]) -> bytes:
    """Return rows, names of columns first, as UTF-8 with BOM; formulas become plain text.

    A text that would be a formula gets an apostrophe in front. Numbers stay numbers.
    """
    written = io.StringIO(newline="")
    csv.writer(written).writerows(
        [defused(cell) if isinstance(cell, str) else cell for cell in row] for row in rows
    )
    return written.getvalue().encode("utf-8-sig", "replace")


def defused(cell: str) -> str:
    """Return `cell` with an apostrophe in front if a spreadsheet would run it as a formula."""
    plain = cell.replace("\x00", "")
    begins = plain.startswith(_FORMULA) or plain.lstrip().startswith(_FORMULA)
    return f"'{plain}" if begins else plain
