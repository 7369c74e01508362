"""From the bytes of an upload to text: which encoding it is in, or why it is no table."""

from __future__ import annotations

import codecs
import io
import unicodedata
from dataclasses import dataclass
from typing import TextIO

from core.errors import BadInputError

MAX_BYTES = 20_000_000
_SAMPLE = 65_536  # characters looked at where looking at all would take long
_ODD = 0.01  # a larger share of characters that nobody writes is no text

_SAVE_AS_CSV = "Open it in a spreadsheet program and save it as CSV (UTF-8), then upload that."
_AS_CSV = "Upload a CSV file: one row a text, with a column for the text and one for the label."

# What a file of another kind begins with, its name, and what to do.
_MAGIC = (
    (b"PK\x03\x04", "a spreadsheet (Excel, LibreOffice) or a zip file", _SAVE_AS_CSV),
    (b"PK\x05\x06", "an empty zip file", _SAVE_AS_CSV),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel or Word file", _SAVE_AS_CSV),
    (b"\x89PNG\r\n\x1a\n", "a picture", _AS_CSV),
    (b"\xff\xd8\xff", "a picture", _AS_CSV),
    (b"GIF8", "a picture", _AS_CSV),
    (b"%PDF-", "a PDF", "Copy its table into a spreadsheet program and save it as CSV (UTF-8)."),
    (b"\x1f\x8b", "a compressed file", "Unpack it, then upload the CSV file inside."),
    (b"7z\xbc\xaf\x27\x1c", "a compressed file", "Unpack it, then upload the CSV file inside."),
    (b"Rar!\x1a\x07", "a compressed file", "Unpack it, then upload the CSV file inside."),
    (b"BZh", "a compressed file", "Unpack it, then upload the CSV file inside."),
    (b"\xfd7zXZ\x00", "a compressed file", "Unpack it, then upload the CSV file inside."),
    (b"PAR1", "a Parquet file", "Read it with pandas and save it with to_csv."),
    (b"ARROW1", "an Arrow file", "Read it with pandas and save it with to_csv."),
    (b"SQLite format 3\x00", "a database", "Export its table as CSV."),
    (b"{\\rtf", "a text document", _SAVE_AS_CSV),
    *(
        (bytes([0x80, version]), "a Python pickle", "Save it from Python with to_csv instead.")
        for version in range(2, 6)
    ),
)
_WEB_PAGE = (b"<!doctype html", b"<html", b"<?xml")

# The longer marks first: that of UTF-16 begins that of UTF-32.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig", "UTF-8 with BOM"),
    (codecs.BOM_UTF32_LE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF32_BE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF16_LE, "utf-16", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "UTF-16"),
)


@dataclass(frozen=True)
class Decoded:
    """Bytes with the encoding that they are in; `broken` characters cannot be read in it."""

    raw: bytes
    codec: str
    encoding: str
    broken: int = 0

    def lines(self) -> TextIO:
        """Return the text as a stream of lines that keep their ends; at most once in memory."""
        return io.TextIOWrapper(
            io.BytesIO(self.raw), encoding=self.codec, errors="replace", newline=""
        )

    def head(self) -> str:
        """Return the first characters of the text."""
        return self.lines().read(_SAMPLE)


def decode(raw: bytes, *, name: str) -> Decoded:
    """Find the encoding of an upload: UTF-8, 16 or 32, or Windows-1252 with Latin-1.

    Raises BadInputError for a file that is too large, empty, or no text.
    """
    if len(raw) > MAX_BYTES:
        raise BadInputError(
            f"{_shown(name)} has {len(raw) / 1e6:,.0f} MB; the lab takes up to "
            f"{MAX_BYTES / 1e6:.0f} MB.",
            next_step="Keep the columns with the text and the label, or fewer rows, and try again.",
        )
    if not raw.strip(b"\x00\t\n\r "):
        raise BadInputError(f"{_shown(name)} is empty.", next_step=_AS_CSV)
    for magic, kind, next_step in _MAGIC:
        if raw.startswith(magic):
            raise BadInputError(
                f"{_shown(name)} is not a CSV file: it is {kind}.", next_step=next_step
            )
    if raw[:64].lstrip().lower().startswith(_WEB_PAGE):
        raise BadInputError(
            f"{_shown(name)} is a web page, not a CSV file.",
            next_step="Look on that page for a link to the raw file or a download button.",
        )
    found = _marked(raw) or _unmarked(raw)
    if found is None or not _is_text(found.head()):
        raise BadInputError(
            f"{_shown(name)} is not text, whatever its name says.", next_step=_SAVE_AS_CSV
        )
    return found


def _shown(name: str) -> str:
    """Return the name of an upload as it can stand in a sentence."""
    line = " ".join(name.split())
    letters = "".join(letter for letter in line if letter.isprintable())
    return f"“{letters[-60:]}”" if letters else "The file"


def _marked(raw: bytes) -> Decoded | None:
    for mark, codec, encoding in _MARKS:
        if raw.startswith(mark):
            text = raw.decode(codec, "replace")
            broken = text.count("�")
            # A mark alone proves nothing: random bytes begin with one now and then.
            return Decoded(raw, codec, encoding, broken) if broken * 20 <= len(text) else None
    return None


def _unmarked(raw: bytes) -> Decoded | None:
    if b"\x00" in raw:
        return _wide(raw)
    try:
        raw.decode("utf-8")
        return Decoded(raw, "utf-8", "UTF-8")
    except UnicodeDecodeError:
        text = raw.decode("utf-8", "replace")
    # A few broken characters among many whole ones: UTF-8 that was cut or pasted together.
    broken = text.count("�")
    whole = sum(not letter.isascii() for letter in text) - broken if broken < 1000 else 0
    if broken * 10 <= whole:
        return Decoded(raw, "utf-8", "UTF-8", broken)
    try:
        raw.decode("cp1252")
        return Decoded(raw, "cp1252", "Windows-1252")
    except UnicodeDecodeError:
        return Decoded(raw, "latin-1", "Latin-1")


def _wide(raw: bytes) -> Decoded | None:
    """Return UTF-16 without a mark, told by which half of its pairs is zero; None for no text."""
    found: list[tuple[int, str]] = []
    for codec in ("utf-16-le", "utf-16-be"):
        try:
            text = raw.decode(codec)
        except UnicodeDecodeError:
            continue
        head = text[:_SAMPLE]
        if "\x00" not in text and _is_text(head):
            found.append((sum(letter.isascii() for letter in head), codec))
    return Decoded(raw, max(found)[1], "UTF-16") if found else None


def _is_text(head: str) -> bool:
    """Say whether nearly all characters are ones that people write."""
    odd = sum(
        unicodedata.category(letter) in ("Cc", "Cn", "Co") and letter not in "\t\n\r\x0b\x0c\x85"
        for letter in head
    )
    return "\x00" not in head and odd <= len(head) * _ODD
