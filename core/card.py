"""A model card, read from bytes that anybody may have written."""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml

from core.bounds import mapping

# What is read of a card at most, and how much of its text is shown.
CARD_BYTES = 1024**2
SHOWN_CHARACTERS = 256 * 1024
_METADATA_CHARACTERS = 48 * 1024
_DEEPEST = 40
_MOST_SECTIONS = 1000
_LONGEST_LINE = 20_000
_TITLE = 200
_BROKEN = "The metadata of this card are broken, so they were left out."

_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]")
_ATX = re.compile(r" {0,3}(#{1,6})[ \t]+(.*?)[ \t]*#*[ \t]*")
_HTML = re.compile(r"[ \t]*<h([1-6])\b[^>]*>(.*?)</h\1>[ \t]*", re.IGNORECASE)
_BOLD = re.compile(r" {0,3}(?:\*\*|__)([^*_]{1,100})(?:\*\*|__):?[ \t]*")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_NESTED = re.compile(r"(?:[-?:]\s+){2,}")
_BRACKET = re.compile(r"[\[\]{}]")
_RULE = re.compile(r" {0,3}(=+|-+)[ \t]*")
_MARKS = re.compile(r"<[^<>]{0,200}>|[*_`~]|\[|\]\([^)]{0,500}\)|\]")


@dataclass(frozen=True)
class Section:
    """What stands under one heading, up to the next; `level` is 7 for a line in bold letters.

    What comes before the first heading has level 0 and no title.
    """

    level: int
    title: str
    text: str


@dataclass(frozen=True)
class Card:
    """A card's metadata, bounded, and its body in Markdown; `note` says what was cut or broken."""

    metadata: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    body: str = ""
    note: str = ""


def card_in(folder: Path) -> Card:
    """Return the card of a model folder, empty when it has none."""
    file = folder / "README.md"
    try:
        # A pipe or a device would never end.
        if not file.is_file():
            return Card(note="This model has no card.")
        with file.open("rb") as stream:
            return parse_card(stream.read(CARD_BYTES + 1))
    except OSError:
        return Card(note="The card of this model cannot be read.")


def parse_card(raw: bytes) -> Card:
    """Return the card in `raw`, of which no more than `CARD_BYTES` are looked at."""
    notes = []
    whole, note = _decode(raw[:CARD_BYTES])
    notes.append(note)
    front, body = _split(whole)
    body = body.strip("\n")
    metadata, note = _read_metadata(front)
    notes.append(note)
    if len(raw) > CARD_BYTES or len(body) > SHOWN_CHARACTERS:
        body = body[:SHOWN_CHARACTERS]
        notes.append("This card is very long: only its beginning is shown.")
    if not body.strip() and not any(notes):
        notes.append("This card has no text.")
    return Card(metadata=metadata, body=body, note=" ".join(filter(None, notes)))


def sections(body: str) -> tuple[Section, ...]:
    """Return the parts of a card's body in order; code blocks hold no headings."""
    found: list[Section] = []
    level, title, lines, fence = 0, "", list[str](), ""

    def close() -> None:
        if title or any(line.strip() for line in lines):
            found.append(Section(level, title, "\n".join(lines).strip()))

    for line in body.split("\n"):
        line = line[:_LONGEST_LINE]
        if mark := _FENCE.match(line):
            fence = "" if fence and mark[1].startswith(fence) else fence or mark[1]
        heading = None if fence else _heading(line)
        previous = lines[-1].strip() if lines else ""
        if not fence and heading is None and _is_underline(line, previous):
            heading = (1 if "=" in line else 2, lines.pop())
        if heading is None or len(found) >= _MOST_SECTIONS:
            lines.append(line)
            continue
        close()
        level, title, lines = heading[0], _plain(heading[1]), []
    close()
    return tuple(found)


def _heading(line: str) -> tuple[int, str] | None:
    if found := _ATX.fullmatch(line):
        return len(found[1]), found[2]
    if "<h" in line.lower() and (found := _HTML.fullmatch(line)):
        return int(found[1]), found[2]
    if found := _BOLD.fullmatch(line):
        return 7, found[1]
    return None


def _is_underline(line: str, previous: str) -> bool:
    return bool(previous) and len(previous) < _TITLE and _RULE.fullmatch(line) is not None


def _plain(title: str) -> str:
    return " ".join(_MARKS.sub("", title[: _TITLE * 5]).split()).strip(":# ")[:_TITLE]


def _decode(raw: bytes) -> tuple[str, str]:
    """Return the text in `raw` and a note where it had to be guessed."""
    note = ""
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        text = raw.decode("utf-16", errors="replace")
    elif raw.startswith(codecs.BOM_UTF8):
        text = raw[3:].decode("utf-8", errors="replace")
    else:
        try:
            # The limit may have cut the last letter in two.
            text = codecs.getincrementaldecoder("utf-8")().decode(raw)
        except UnicodeDecodeError:
            text = raw.decode("cp1252", errors="replace")
            note = "This card is not written in UTF-8: some letters may be wrong."
    strange = len(_CONTROLS.findall(text)) + text.count("\ufffd")
    if strange > 20 and strange > len(text) / 20:
        return "", "This card is not readable text."
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n")
    return _CONTROLS.sub("", text), note


def _split(text: str) -> tuple[str, str]:
    """Return the metadata between the first two lines of dashes, and what follows them."""
    start = text.lstrip("\n")
    if not re.match(r"---[ \t]*\n", start):
        return "", text
    inner = start.partition("\n")[2]
    end = re.search(r"^(?:---|\.\.\.)[ \t]*$", inner, re.MULTILINE)
    # Without an end there is no telling metadata from text.
    return (inner[: end.start()], inner[end.end() :]) if end else ("", text)


def _read_metadata(front: str) -> tuple[Mapping[str, Any], str]:
    if len(front) > _METADATA_CHARACTERS:
        return mapping({}), "The metadata of this card are longer than the lab reads."
    if _depth(front) > _DEEPEST:
        return mapping({}), _BROKEN
    try:
        # This loader converts nothing and merges nothing: a foreign card cannot make it explode.
        read = yaml.load(front, Loader=yaml.BaseLoader)  # noqa: S506
    except (ValueError, TypeError, RecursionError, yaml.YAMLError):
        return mapping({}), _BROKEN
    if read in (None, "") or isinstance(read, dict):
        return mapping(read), ""
    return mapping({}), _BROKEN


def _depth(front: str) -> int:
    """Return how deeply the metadata could be nested: the parser takes long to find that out."""
    deepest = max((found[0].count(" ") + 1 for found in _NESTED.finditer(front)), default=0)
    depth = 0
    for mark in _BRACKET.findall(front):
        depth = depth + 1 if mark in "[{" else max(0, depth - 1)
        deepest = max(deepest, depth)
    return deepest
