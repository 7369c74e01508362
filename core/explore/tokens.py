"""What a model reads of a text: its tokens, for any model on this machine.

The tokenizer's file is enough; neither transformers nor the weights are loaded.
"""

from __future__ import annotations

import json
import re
import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Protocol

from core.catalogue import ModelEntry
from core.errors import RefusedModelError
from core.hub import cached_folder

MAX_CHARACTERS = 5_000
_MOST_FILE_BYTES = 64 * 1024**2
# One of them can take a hundred megabytes, and two are shown side by side.
_MOST_KEPT = 3
_BYTE = re.compile(r"<0x([0-9A-F]{2})>")


@dataclass(frozen=True)
class Piece:
    """One token: `data` are the bytes of the text that it stands for, maybe half a character.

    `token` is its name in the vocabulary. What is `special` was not written by anybody.
    """

    data: bytes
    token: str
    id: int
    special: bool = False


@dataclass(frozen=True)
class Split:
    """A text in pieces; `left_out` characters at its end were not read.

    When `lossless`, the pieces' data joined are the text that was read.
    """

    pieces: tuple[Piece, ...]
    lossless: bool
    characters: int
    left_out: int = 0


class _Splitter(Protocol):
    def split(self, text: str) -> list[Piece]: ...


def can_split(entry: ModelEntry) -> bool:
    """Tell whether `split` can show how `entry` reads a text, without opening its tokenizer."""
    return _file_of(entry) is not None


def split(text: str, entry: ModelEntry) -> Split:
    """Return the tokens that `entry` reads of `text`, of at most `MAX_CHARACTERS`.

    Raises:
        RefusedModelError: the model has no tokenizer here that can be shown, or a broken one.
    """
    file = _file_of(entry)
    if file is None:
        why = (
            "is here as GGUF only, and its tokenizer is inside of that file"
            if entry.gguf and entry.reference_refusal
            else "has no tokenizer on this machine in a form that can be shown (tokenizer.json)"
        )
        raise RefusedModelError(f"{entry.id} {why}.", next_step="Choose another model.")
    # Half of a character in UTF-16 is no text.
    read = text[:MAX_CHARACTERS].encode("utf-8", "replace").decode()
    try:
        pieces = tuple(_splitter(file).split(read))
    # Foreign files make the libraries fail in any way they like, with a class of their own.
    except Exception as error:
        raise RefusedModelError(
            f"The tokenizer of {entry.id} is broken.",
            next_step="Choose another model, or download this one again.",
        ) from error
    lossless = b"".join(piece.data for piece in pieces) == read.encode()
    return Split(pieces, lossless, len(read), len(text) - len(read))


def shown(piece: Piece) -> str:
    """Return how a piece is written: ␣ for a space, ⏎ for a line's end, bytes as ‹E2 82›."""
    if piece.special:
        return piece.token
    if not piece.data:
        return piece.token.replace("▁", "␣")
    try:
        text = piece.data.decode()
    except UnicodeDecodeError:
        return f"‹{piece.data.hex(' ').upper()}›"
    return "".join(map(_visible, text))


def _visible(character: str) -> str:
    signs = {" ": "␣", "\n": "⏎", "\t": "⇥", "\r": "␍"}
    if character in signs:
        return signs[character]
    return character if character.isprintable() else f"‹U+{ord(character):04X}›"


def _file_of(entry: ModelEntry) -> Path | None:
    folder = cached_folder(entry.id, entry.revision) if entry.source == "hub" else entry.path
    if folder is None or entry.refusal:
        return None
    names = ("tokenizer.json", "source.spm") if (folder / "vocab.json").is_file() else _ALONE
    files = (folder / name for name in names)
    return next((f for f in files if f.is_file() and f.stat().st_size <= _MOST_FILE_BYTES), None)


_ALONE = ("tokenizer.json",)
_kept: OrderedDict[tuple[Path, float], _Splitter] = OrderedDict()
_keeping = threading.Lock()


def _splitter(file: Path) -> _Splitter:
    """Return the tokenizer in `file`, read once while it is among the last that were used."""
    key = (file, file.stat().st_mtime)
    with _keeping:
        if key not in _kept:
            _kept[key] = _Marian(file) if file.suffix == ".spm" else _Fast(file)
            while len(_kept) > _MOST_KEPT:
                _kept.popitem(last=False)
        _kept.move_to_end(key)
        return _kept[key]


class _Fast:
    """A tokenizer.json. It keeps settings inside, so one thread uses it at a time."""

    def __init__(self, file: Path) -> None:
        from tokenizers import Tokenizer

        self._tokenizer = Tokenizer.from_str(file.read_text(encoding="utf-8"))
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        added = self._tokenizer.get_added_tokens_decoder()
        self._added = {int(id): bool(token.special) for id, token in added.items()}
        self._lock = threading.Lock()

    def split(self, text: str) -> list[Piece]:
        with self._lock:
            read = self._tokenizer.encode(text)
        tokens: list[_Read] = [
            _Read(token, id, span, bool(mask))
            for token, id, span, mask in zip(
                read.tokens, read.ids, read.offsets, read.special_tokens_mask, strict=True
            )
        ]
        by_bytes = [self._from_alphabet(token, text) for token in tokens]
        if b"".join(by_bytes) == text.encode():
            return self._pieces(tokens, by_bytes)
        return self._pieces(tokens, _from_spans(tokens, text))

    def _from_alphabet(self, token: _Read, text: str) -> bytes:
        """Return a token's bytes if each character of its name is one, as in GPT-2."""
        if token.closes or token.id in self._added:
            start, end = token.span
            return text[start:end].encode()
        return bytes(_alphabet().get(character, 63) for character in token.name)

    def _pieces(self, tokens: Iterable[_Read], data: Iterable[bytes]) -> list[Piece]:
        return [
            Piece(own, token.name, token.id, token.closes or self._added.get(token.id, False))
            for token, own in zip(tokens, data, strict=True)
        ]


@dataclass(frozen=True)
class _Read:
    """A token as a tokenizer tells it; `closes` if it was added around the text."""

    name: str
    id: int
    span: tuple[int, int]
    closes: bool


def _from_spans(tokens: list[_Read], text: str) -> list[bytes]:
    """Return each token's part of `text`, told by where in it the token begins and ends."""
    spelt = {token.span for token in tokens if _BYTE.fullmatch(token.name)}
    data = []
    read = 0
    for token in tokens:
        start, end = token.span
        byte = _BYTE.fullmatch(token.name)
        if byte:
            data.append(bytes.fromhex(byte[1]))
        elif token.closes or token.span in spelt:
            data.append(b"")
        else:
            data.append(text[max(start, read) : end].encode())
        read = max(read, end)
    return data


class _Marian:
    """Marian's two files: SentencePiece splits, and vocab.json numbers what it splits."""

    def __init__(self, file: Path) -> None:
        from sentencepiece import SentencePieceProcessor

        vocabulary = file.with_name("vocab.json")
        if vocabulary.stat().st_size > _MOST_FILE_BYTES:
            raise ValueError("The vocabulary is too large.")
        self._ids: Mapping[str, int] = json.loads(vocabulary.read_text(encoding="utf-8"))
        self._processor: Any = SentencePieceProcessor(model_file=str(file))
        self._lock = threading.Lock()

    def split(self, text: str) -> list[Piece]:
        with self._lock:
            read = self._processor.encode(text, return_type="proto").pieces
        unknown = self._ids["<unk>"]
        pieces = [Piece(p.surface.encode(), p.piece, self._ids.get(p.piece, unknown)) for p in read]
        return [*pieces, Piece(b"", "</s>", self._ids["</s>"], special=True)]


@cache
def _alphabet() -> Mapping[str, int]:
    """Return the byte of each character in GPT-2's alphabet (openai/gpt-2, encoder.py)."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in printable]
    shifted = {chr(256 + place): byte for place, byte in enumerate(others)}
    return {**{chr(byte): byte for byte in printable}, **shifted}
