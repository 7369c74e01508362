"""Markdown that people write for the lab, read without raw HTML, which pages do not show."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

from core.checked_yaml import error_at


def tokens_of(path: Path, text: str, first_line: int) -> list[Token]:
    """Return the Markdown tokens of `text`, which starts on `first_line` of `path`.

    Raises:
        ContentError: there is raw HTML in it.
    """
    tokens = _reader().parse(text)
    for token in tokens:
        if _is_html(token):
            line = first_line + (token.map[0] if token.map else 0)
            raise error_at(path, line, "raw HTML is not shown; use Markdown instead.")
    return tokens


def has_html(text: str) -> bool:
    """Return whether there is raw HTML in the Markdown `text`."""
    return "<" in text and any(map(_is_html, _reader().parse(text)))


@cache
def _reader() -> MarkdownIt:
    return MarkdownIt("commonmark").enable("table")


def _is_html(token: Token) -> bool:
    inner = (child.type for child in token.children or ())
    return token.type == "html_block" or "html_inline" in inner
