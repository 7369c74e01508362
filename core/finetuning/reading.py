"""A table from an upload: the bytes of a CSV or JSON file in, columns and rows of text out."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from core.errors import BadInputError
from core.finetuning.data_encoding import Decoded, decode
from core.finetuning.data_header import has_header, name_columns
from core.finetuning.data_separator import ONE_COLUMN, find_separator
from core.finetuning.data_text import counted

MAX_ROWS = 50_000
MAX_COLUMNS = 200
_MAX_WITH_BLANK = 500_000
_MAX_LINE = 1_000_000  # characters
_LINES_IN_A_CELL = 50  # more are the sign of a quotation mark that was forgotten
_END = "\x1e\x1e\n"
_JSON_NAMES = (".json", ".jsonl", ".ndjson")


@dataclass(frozen=True)
class Table:
    """Rows of text, each as wide as `columns`, whose names differ from one another.

    `numbers` are the rows' numbers in a spreadsheet program, which counts the header and blank
    rows. `separator` is empty where there is none. `notes` say what was done to read it.
    """

    name: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: tuple[int, ...]
    encoding: str
    separator: str
    notes: tuple[str, ...] = ()

    def column(self, name: str) -> list[str]:
        """Return the cells of a column, from the top."""
        place = self.columns.index(name)
        return [row[place] for row in self.rows]


Numbered = tuple[int, list[str]]


def read_table(raw: bytes, *, name: str, header: bool | None = None) -> Table:
    """Read an upload as a table; `header` says whether its first row names the columns.

    Cells lose the space at their ends. Blank rows are left out; rows that are too short are
    filled up, and what is too long goes into the last column. Reads at most `MAX_ROWS` rows.

    Raises BadInputError for what is no table, with what to do.
    """
    decoded = decode(raw, name=name)
    notes = _encoding_notes(decoded)
    if name.lower().endswith(_JSON_NAMES):
        from core.finetuning.data_json import read_records

        columns, found = read_records(decoded, max_rows=MAX_ROWS + 1)
        rows, separator = [(number, row) for number, row in enumerate(found, 1)], ""
    else:
        separator, rows, more = _cells(decoded)
        notes += more
        columns, rows, more = _headed(rows, header)
        notes += more
        rows, more = _squared(rows, len(columns), separator)
        notes += more
    if not rows:
        raise BadInputError(
            "The file has column names but no rows." if columns else "The file has no rows.",
            next_step="Upload a file with one row for each text.",
        )
    if len(rows) > MAX_ROWS:
        del rows[MAX_ROWS:]
        notes.append(f"The file is longer: only its first {MAX_ROWS:,} rows are used.")
    columns, rows = _without_blank_columns(columns, rows)
    return Table(
        name=name,
        columns=name_columns(columns),
        rows=tuple(tuple(row) for _, row in rows),
        numbers=tuple(number for number, _ in rows),
        encoding=decoded.encoding,
        separator=separator,
        notes=tuple(notes),
    )


def _encoding_notes(decoded: Decoded) -> list[str]:
    if decoded.broken:
        return [
            f"{counted(decoded.broken, 'character')} could not be read as {decoded.encoding} and "
            "became “�”."
        ]
    if decoded.encoding in ("Windows-1252", "Latin-1"):
        return [
            f"Read as {decoded.encoding}. If letters such as é or ß look wrong, save the file as "
            "CSV UTF-8 and upload it again."
        ]
    return []


def _cells(decoded: Decoded) -> tuple[str, list[Numbered], list[str]]:
    """Return the separator, all rows that are not blank, and notes."""
    notes: list[str] = []
    for quoted in (True, False):
        said, delimiter = find_separator(decoded.head(), quoted=quoted)
        lines = _bounded(decoded.lines())
        if said:
            next(lines)
        parsed = csv.reader(
            _with_end(lines),
            delimiter=delimiter,
            quoting=csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE,
            skipinitialspace=True,
        )
        try:
            whole, rows = _collect(parsed, first=2 if said else 1)
        except csv.Error:
            # The parser's own limit of 131,072 characters a cell.
            whole, rows = False, []
        if whole:
            break
        notes = ["A quotation mark is opened and never closed; all were read as plain characters."]
    else:
        raise BadInputError(
            "A cell of the file is longer than 100,000 characters.",
            next_step="Check the separators and quotation marks, and save it as CSV once more.",
        )
    if any(cell.count("\n") > _LINES_IN_A_CELL for _, row in rows for cell in row):
        notes.append(
            "A cell is longer than 50 lines: perhaps a quotation mark is missing in it, and it has "
            "swallowed rows."
        )
    return delimiter if delimiter != ONE_COLUMN else "", rows, notes


def _bounded(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        if len(line) > _MAX_LINE:
            raise BadInputError(
                "A line of the file has more than a million characters.",
                next_step="Save it as CSV with one row a line.",
            )
        yield line.replace("\x00", "")


def _with_end(lines: Iterator[str]) -> Iterator[str]:
    """Add a line that stands alone, unless an open quotation mark has swallowed it."""
    last = "\n"
    for line in lines:
        last = line
        yield line
    if not last.endswith(("\n", "\r")):
        yield "\n"
    yield _END


def _collect(parsed: Iterable[list[str]], *, first: int) -> tuple[bool, list[Numbered]]:
    """Return whether the quotation marks came out even, and the rows with their numbers."""
    rows: list[Numbered] = []
    for number, cells in enumerate(parsed, first):
        if cells == [_END.strip("\n")]:
            return True, rows
        row = [cell.strip() for cell in cells]
        if len(row) > MAX_COLUMNS:
            raise BadInputError(
                f"Row {number} of the file has more than {MAX_COLUMNS} columns.",
                next_step="Keep the columns with the text and the label, and upload it again.",
            )
        if any(row):
            rows.append((number, row))
        if len(rows) > MAX_ROWS + 20:  # room for a title and a header
            return True, rows
        if number > _MAX_WITH_BLANK:
            raise BadInputError(
                f"Only {counted(len(rows), 'row')} of the first {_MAX_WITH_BLANK:,} are not blank.",
                next_step="Delete the blank rows and upload the file again.",
            )
    # The loop met its end inside a cell; an odd quotation mark in the last row is the same.
    return False, rows


def _headed(
    rows: list[Numbered], header: bool | None
) -> tuple[list[str], list[Numbered], list[str]]:
    """Return the names of the columns as they stand, the rows below them, and notes."""
    notes: list[str] = []
    usual = _usual_width(rows)
    while len(rows) > 1 and _is_title(rows[0][1], usual):
        notes.append(f"Row {rows[0][0]} was left out: it looks like a title.")
        rows = rows[1:]
    if not rows:
        return [], [], notes
    top = rows[0][1]
    if header is None:
        header = has_header(top, [row for _, row in islice(rows, 1, 200)])
        if not header:
            notes.append("The first row is not names of columns, so they were numbered.")
    width = max(usual, len(top))
    names = top if header else []
    return names + [""] * (width - len(names)), rows[1:] if header else rows, notes


def _is_title(row: list[str], usual: int) -> bool:
    return (len(row) == 1 and usual > 1) or (sum(map(bool, row)) == 1 and usual > 2)


def _usual_width(rows: Sequence[Numbered]) -> int:
    widths = [len(row) for _, row in rows[:1000]]
    return max(sorted(set(widths)), key=widths.count, default=1)


def _squared(rows: list[Numbered], width: int, separator: str) -> tuple[list[Numbered], list[str]]:
    """Give each row `width` cells, and tell which rows had more or fewer."""
    long = [number for number, row in rows if len(row) > width]
    brief = [number for number, row in rows if len(row) < width]
    squared = [
        (number, row)
        if len(row) == width
        else (number, [*row[: width - 1], separator.join(row[width - 1 :])])
        if len(row) > width
        else (number, row + [""] * (width - len(row)))
        for number, row in rows
    ]
    notes = []
    if long:
        notes.append(
            f"{counted(len(long), 'row')} with more than {counted(width, 'cell')} "
            f"({_places(long)}): what is too much went into the last column. A text that holds the "
            "separator needs quotation marks around it."
        )
    if brief:
        notes.append(
            f"{counted(len(brief), 'row')} with fewer than {counted(width, 'cell')} "
            f"({_places(brief)}): the missing cells are empty."
        )
    return squared, notes


def _places(numbers: list[int]) -> str:
    shown = ", ".join(f"{number:,}" for number in numbers[:3])
    return f"row {shown}" if len(numbers) == 1 else f"rows {shown}" + " …" * (len(numbers) > 3)


def _without_blank_columns(
    columns: list[str], rows: list[Numbered]
) -> tuple[list[str], list[Numbered]]:
    """Leave out columns without a name and without a value, which spreadsheets like to add."""
    kept = [
        place for place, name in enumerate(columns) if name or any(row[place] for _, row in rows)
    ]
    if len(kept) == len(columns):
        return columns, rows
    return [columns[place] for place in kept], [
        (number, [row[place] for place in kept]) for number, row in rows
    ]
