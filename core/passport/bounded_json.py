"""JSON from strangers: what would take the memory, the time or the stack of the lab is refused.

Everything is bounded before the parser sees it, and then the parser allows only what the lab's own
files hold: finite numbers, names that stand once, text that is text.
"""

from __future__ import annotations

import json
import math
import re
from array import array
from itertools import accumulate
from typing import Any

from core.errors import LabError

MAX_BYTES = 10_000_000
MAX_DEPTH = 40
# A list or an object takes some ten times the bytes in memory that it takes in the file.
_MOST_CONTAINERS = 300_000
_MOST_VALUES = 700_000
_MOST_QUOTES = 3_000_000
_LONGEST_NUMBER = 25

# Also without its end: were it to fail there, each quote inside would be tried in turn.
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)', re.DOTALL)
_OPENS, _CLOSES, _BRACKETS = b"[{", b"]}", b"[]{}"
_NO_BRACKETS = bytes(set(range(256)) - set(_BRACKETS))
_STEPS = bytes.maketrans(_BRACKETS, b"\x01\xff\x01\xff")  # as signed bytes: one down, one up


class HostileJson(LabError):
    """The bytes are no JSON, or JSON that no file of the lab would be; `message` says which."""


def parse(raw: bytes) -> Any:
    """Return the JSON value in `raw`.

    Raises:
        HostileJson: it is longer, deeper or fuller than allowed, or not plain JSON in UTF-8.
    """
    if len(raw) > MAX_BYTES:
        raise HostileJson(
            f"The file has {len(raw) / 1e6:,.1f} MB; no more than {MAX_BYTES / 1e6:g} MB are read."
        )
    raw = raw.removeprefix(b"\xef\xbb\xbf")  # some editors put this mark in front
    _refuse_shape(raw)
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise HostileJson("The file is not text in UTF-8.") from error
    try:
        return json.loads(
            text,
            object_pairs_hook=_object,
            parse_constant=_constant,
            parse_float=_float,
            parse_int=_integer,
        )
    except RecursionError as error:  # the bound on the depth is far below; Python has the last word
        raise _deep() from error
    except ValueError as error:
        raise HostileJson("The file is not whole, or it is no JSON.") from error


def _refuse_shape(raw: bytes) -> None:
    """Look at brackets and commas alone, which takes no memory to speak of."""
    if raw.count(b'"') > _MOST_QUOTES:
        raise _full()
    bare = _STRING.sub(b"", raw)
    brackets = bare.translate(None, _NO_BRACKETS)
    depths = accumulate(array("b", brackets.translate(_STEPS)))
    if max(depths, default=0) > MAX_DEPTH:
        raise _deep()
    containers = len(brackets.translate(None, _CLOSES))
    if containers > _MOST_CONTAINERS or bare.count(b",") > _MOST_VALUES:
        raise _full()


def _deep() -> HostileJson:
    return HostileJson(f"The file is nested deeper than {MAX_DEPTH} levels.")


def _full() -> HostileJson:
    return HostileJson("The file holds far more values than any work in this lab has.")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise HostileJson("In the file one name stands twice in one place.")
    return found


def _constant(name: str) -> Any:
    raise HostileJson(f"The file holds {name}, which is no number.")


def _float(text: str) -> float:
    number = float(text)
    if len(text) > _LONGEST_NUMBER or not math.isfinite(number):
        raise HostileJson("The file holds a number that is longer or larger than any of the lab's.")
    return number


def _integer(text: str) -> int:
    # Python takes time with the square of the digits.
    if len(text) > _LONGEST_NUMBER:
        raise HostileJson("The file holds a number that is longer or larger than any of the lab's.")
    return int(text)
