"""Tokenizers that many threads may use, and text that grows token by token."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any, Protocol


class Decoder(Protocol):
    """What turns token ids back into text."""

    def decode(self, ids: Sequence[int]) -> str:
        """Return the text of `ids`, special tokens left out."""
        ...


class LockedTokenizer:
    """A tokenizer of transformers behind a lock.

    A fast tokenizer keeps its truncation and padding settings inside: two threads with different
    settings silently get each other's results. Here each call holds the lock from setting to use.
    """

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        self._lock = threading.Lock()

    def encode(
        self, text: str, *, max_tokens: int | None = None, special_tokens: bool = True
    ) -> list[int]:
        """Return the token ids of `text`, cut at the end to `max_tokens`."""
        with self._lock:
            # Cutting here would hide how much was cut; without a limit the length is true.
            ids = self._tokenizer(
                text,
                add_special_tokens=special_tokens,
                truncation=max_tokens is not None,
                max_length=max_tokens,
                verbose=False,
            )["input_ids"]
        return list(map(int, ids))

    def decode(self, ids: Sequence[int]) -> str:
        """Return the text of `ids`, special tokens left out."""
        with self._lock:
            text = self._tokenizer.decode(
                list(ids), skip_special_tokens=True, clean_up_tokenization_spaces=False
            )
        return str(text)

    def decode_whole(self, ids: Sequence[int]) -> str:
        """Return the text of `ids` with special tokens by their names, as the library shows one."""
        with self._lock:
            return str(self._tokenizer.decode(list(ids)))

    @property
    def mask(self) -> tuple[str, int] | None:
        """The token that stands for a gap, with its id, if there is one."""
        token, number = self._tokenizer.mask_token, self._tokenizer.mask_token_id
        return None if token is None or number is None else (str(token), int(number))

    @property
    def eos_id(self) -> int | None:
        """The token that ends a text, if there is one."""
        eos = self._tokenizer.eos_token_id
        return int(eos) if eos is not None else None

    @property
    def pad_id(self) -> int | None:
        """The token that fills a batch up, if there is one."""
        pad = self._tokenizer.pad_token_id
        return int(pad) if pad is not None else None


class GrowingText:
    """Turns a stream of token ids into a stream of text whose pieces add up to the whole.

    A token can hold part of a character, and a token's text can depend on the one before it. So a
    piece is the difference of two decodings that share a few earlier tokens, and is held back while
    it ends in the middle of a character (the scheme of text-generation-inference).
    """

    def __init__(self, tokenizer: Decoder, before: Sequence[int] = ()) -> None:
        self._tokenizer = tokenizer
        self._ids = list(before)
        self._start = max(0, len(self._ids) - 5)
        self._read = len(self._ids)

    def add(self, token: int) -> str:
        """Return the text that `token` completes, which may be empty."""
        self._ids.append(token)
        old = self._tokenizer.decode(self._ids[self._start : self._read])
        new = self._tokenizer.decode(self._ids[self._start :])
        if len(new) <= len(old) or new.endswith("\ufffd"):
            return ""
        self._start, self._read = self._read, len(self._ids)
        return new[len(old) :]

    def rest(self) -> str:
        """Return what was held back, once no more tokens come."""
        old = self._tokenizer.decode(self._ids[self._start : self._read])
        new = self._tokenizer.decode(self._ids[self._start :])
        self._start = self._read = len(self._ids)
        return new[len(old) :]
