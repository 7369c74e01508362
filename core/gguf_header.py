"""The header of a GGUF file, taken apart within bounds.

It knows nothing of models: keys with values, tensors with shapes, and whether all of it fits into
the file.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import IO

Value = str | int | float | bool | None

_MAX_KEYS = 4096
_MAX_TENSORS = 20_000
_MAX_TEXT_BYTES = 2**20  # chat templates are the longest texts
_MAX_NAME_BYTES = 256
# Vocabularies have up to half a million words and as many rules; more only costs time.
_MAX_WORDS = 3_000_000
_MAX_DIMENSIONS = 4
_STRING, _ARRAY = 8, 9
_NUMBERS = {
    **{0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?"},
    **{10: "<Q", 11: "<q", 12: "<d"},
}
# The types of tensors by number: name, values in a block, bytes of a block.
_KINDS = {
    **{0: ("F32", 1, 4), 1: ("F16", 1, 2), 2: ("Q4_0", 32, 18), 3: ("Q4_1", 32, 20)},
    **{6: ("Q5_0", 32, 22), 7: ("Q5_1", 32, 24), 8: ("Q8_0", 32, 34), 10: ("Q2_K", 256, 84)},
    **{11: ("Q3_K", 256, 110), 12: ("Q4_K", 256, 144), 13: ("Q5_K", 256, 176)},
    **{14: ("Q6_K", 256, 210), 20: ("IQ4_NL", 32, 18), 23: ("IQ4_XS", 256, 136)},
    **{24: ("I8", 1, 1), 25: ("I16", 1, 2), 26: ("I32", 1, 4), 30: ("BF16", 1, 2)},
}


class BrokenHeader(Exception):
    """The file is not what it should be; says in a few words how."""


@dataclass(frozen=True)
class Tensor:
    """A tensor's shape, the name of its type, and its size in the file."""

    shape: tuple[int, ...]
    kind: str
    data_bytes: int


@dataclass(frozen=True)
class Header:
    """Single values by key, the number of words of the tokenizer, and the tensors."""

    values: dict[str, Value]
    tokens: int
    tensors: tuple[Tensor, ...]
    file_bytes: int


def read_header(path: Path) -> Header:
    """Return the header of the file `path`.

    Raises:
        BrokenHeader: it is no GGUF, or promises more than the file holds.
        OSError: it cannot be read.
    """
    # A pipe or a device would never end.
    if not path.is_file():
        raise BrokenHeader("there is no such file")
    with path.open("rb") as file:
        return _Reader(file, path.stat().st_size).header()


class _Reader:
    """Reads forward, never past the end, and counts the words of lists."""

    def __init__(self, file: IO[bytes], size: int) -> None:
        self._file = file
        self._size = size
        self._at = 0
        self._words_left = _MAX_WORDS
        self._tokens = 0

    def header(self) -> Header:
        if self._take(4) != b"GGUF":
            raise BrokenHeader("it does not begin as one")
        if self._number("<I") not in {2, 3}:
            raise BrokenHeader("its version is not one that the lab reads")
        tensors, keys = self._number("<Q"), self._number("<Q")
        if not 0 < tensors <= _MAX_TENSORS or keys > _MAX_KEYS:
            raise BrokenHeader("its header is out of range")
        values = dict(self._key() for _ in range(keys))
        alignment = values.get("general.alignment", 32)
        if not isinstance(alignment, int) or alignment not in {2**power for power in range(3, 17)}:
            raise BrokenHeader("its header is out of range")
        placed = [self._tensor(alignment) for _ in range(tensors)]
        start = -(-self._at // alignment) * alignment
        if start + max(offset + tensor.data_bytes for offset, tensor in placed) > self._size:
            raise BrokenHeader("its end is missing")
        return Header(values, self._tokens, tuple(tensor for _, tensor in placed), self._size)

    def _key(self) -> tuple[str, Value]:
        name = self._text(_MAX_NAME_BYTES)
        kind = self._number("<I")
        if kind == _STRING:
            return name, self._text(_MAX_TEXT_BYTES)
        if kind == _ARRAY:
            length = self._skip_list()
            if name == "tokenizer.ggml.tokens":
                self._tokens = length
            return name, None
        return name, self._value(kind)

    def _value(self, kind: int) -> Value:
        if kind not in _NUMBERS:
            raise BrokenHeader("its header holds a value of an unknown type")
        (value,) = struct.unpack(_NUMBERS[kind], self._take(struct.calcsize(_NUMBERS[kind])))
        number: int | float | bool = value
        return number

    def _skip_list(self) -> int:
        kind, length = self._number("<I"), self._number("<Q")
        if kind in _NUMBERS:
            self._skip(length * struct.calcsize(_NUMBERS[kind]))
        elif kind == _STRING:
            self._words_left -= length
            if self._words_left < 0:
                raise BrokenHeader("its lists are longer than any vocabulary")
            for _ in range(length):
                self._skip(self._number("<Q"))
        else:
            raise BrokenHeader("its header holds a value of an unknown type")
        return length

    def _tensor(self, alignment: int) -> tuple[int, Tensor]:
        self._text(_MAX_NAME_BYTES)
        dimensions = self._number("<I")
        if not 0 < dimensions <= _MAX_DIMENSIONS:
            raise BrokenHeader("a tensor of it has no proper shape")
        shape = tuple(self._number("<Q") for _ in range(dimensions))
        kind, offset = self._number("<I"), self._number("<Q")
        if kind not in _KINDS:
            raise BrokenHeader("its numbers are stored in a way that the lab does not know")
        name, block, block_bytes = _KINDS[kind]
        if 0 in shape or shape[0] % block or offset % alignment:
            raise BrokenHeader("a tensor of it has no proper shape")
        return offset, Tensor(shape, name, math.prod(shape) // block * block_bytes)

    def _text(self, longest: int) -> str:
        length = self._number("<Q")
        if length > longest:
            raise BrokenHeader("a text in its header is too long")
        return self._take(length).decode("utf-8", errors="replace")

    def _number(self, form: str) -> int:
        (number,) = struct.unpack(form, self._take(struct.calcsize(form)))
        return int(number)

    def _take(self, length: int) -> bytes:
        self._at += length
        data = self._file.read(length) if self._at <= self._size else b""
        # Another program may cut the file while we read.
        if len(data) < length:
            raise BrokenHeader("its end is missing")
        return data

    def _skip(self, length: int) -> None:
        self._at += length
        if self._at > self._size:
            raise BrokenHeader("its end is missing")
        self._file.seek(length, 1)
