"""Which character parts the cells of a CSV file."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from itertools import islice

# In doubt the earlier: a text holds commas more often than the others.
_SEPARATORS = ("\t", ";", "|", ",")
_ROWS = 200
ONE_COLUMN = "\x1f"  # no text holds it, so every line is one cell
_SAID = re.compile(r"^\ufeff?\"?sep=([;,|:^~\t])\"?\r?\n", re.IGNORECASE)


def find_separator(head: str, *, quoted: bool = True) -> tuple[bool, str]:
    """Return whether the first line names the separator (Excel's `sep=;`), and the separator.

    Otherwise it is the one with which most rows of the beginning have the same number of cells.
    `csv.Sniffer` counts characters instead, and takes letters or commas of the texts for it.
    """
    if said := _SAID.match(head):
        return True, said[1]
    scores = {separator: _score(head, separator, quoted) for separator in _SEPARATORS}
    best = max(_SEPARATORS, key=lambda separator: scores[separator])
    return False, best if scores[best] > 0 else ONE_COLUMN


def _score(head: str, separator: str, quoted: bool) -> float:
    """Return the share of rows that have the usual number of cells, 0 where that is one cell."""
    reader = csv.reader(
        io.StringIO(head, newline=""),
        delimiter=separator,
        quoting=csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE,
        skipinitialspace=True,
    )
    try:
        widths = [len(row) for row in islice(reader, _ROWS + 1) if row]
    except csv.Error:
        return 0.0
    if len(widths) > 1 and len(head) > 60_000:
        widths.pop()  # cut in the middle
    several = Counter(width for width in widths if width > 1)
    # The row of names parts like the rows below it, which a comma inside texts does not.
    usual = several.most_common(1)[0] if several else (0, 0)
    return (usual[1] + (widths[0] == usual[0])) / (len(widths) + 1) if usual[1] else 0.0
