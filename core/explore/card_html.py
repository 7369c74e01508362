"""A model card as HTML that is safe to show: what is not on a short list does not get through."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from nh3 import Cleaner

TAGS = frozenset(
    {"a", "p", "br", "hr", "em", "strong", "b", "i", "u", "s", "del", "sub", "sup", "code", "pre"}
    | {"blockquote", "ul", "ol", "li", "dl", "dt", "dd", "h3", "h4", "h5", "h6", "kbd", "small"}
    | {"table", "thead", "tbody", "tr", "th", "td", "details", "summary"}
)
ATTRIBUTES = {"a": frozenset({"href", "target", "rel"}), "ol": frozenset({"start"})}
SCHEMES = frozenset({"http", "https", "mailto"})
REL = "noopener noreferrer nofollow"

# What is inside these is no text for readers.
_DROPPED = frozenset(
    {"script", "style", "iframe", "object", "embed", "svg", "math", "form", "button", "select"}
    | {"textarea", "audio", "video", "canvas", "template", "noscript", "title", "noembed"}
    | {"noframes", "xmp", "plaintext"}
)
# A page has its own first two ranks of headings.
_DEMOTED = {"h1": "h3", "h2": "h4", "h3": "h5", "h4": "h6", "h5": "h6", "h6": "h6"}

_LONGEST_ADDRESS = 2000
_LONGEST_ALTERNATIVE = 200
# What takes the parser's time, in units of about 20 microseconds: tags nest, lines begin blocks.
_COSTLY = re.compile(r"- |[*_`~\[\]<>|!&\\\n]")
_EFFORT = {"- ": 4, "<": 6, "\n": 4, "[": 3}
_MOST_EFFORT = 40_000
_CUT = "This card is too intricate to be shown whole: its end is missing."
# Browsers get slow with deeper ones, and no author means them.
_DEEPEST = 60

# These read only what the sanitiser wrote, in which a tag cannot look any other way.
_PICTURE = re.compile(r'<img(?: alt="([^"]*)")?>')
_HEADING = re.compile(r"<(/?)(h[1-6])>")
_PREFORMATTED = re.compile("(</?pre>)")
_TAG = re.compile(r"<(/?)([a-z0-9]+)[^>]*>")


@dataclass(frozen=True)
class SafeHtml:
    """HTML that cannot act, how many pictures were left out, and what else was done to it."""

    html: str
    pictures: int = 0
    note: str = ""


def render_card(markdown: str, *, base: str = "") -> SafeHtml:
    """Return a card's Markdown as harmless HTML.

    `base` is the address against which the card's own links are resolved; without it they are
    dropped, and their words stay.
    """
    source, note = _bounded(markdown)
    try:
        cleaned = _cleaner(base).clean(_parser().render(source))
    except RecursionError:
        return _as_text(source)
    if _depth(cleaned) > _DEEPEST:
        return _as_text(source)
    shown, pictures = _PICTURE.subn(_alternative, cleaned)
    shown = _HEADING.sub(lambda found: f"<{found[1]}{_DEMOTED[found[2]]}>", shown)
    return SafeHtml("".join(_wrapping(shown)), pictures=pictures, note=note)


def _as_text(source: str) -> SafeHtml:
    note = "This card is nested too deeply to be laid out, so it is shown as it was typed."
    return SafeHtml(f"<p>{_lines(html.escape(source))}</p>", note=note)


def _wrapping(cleaned: str) -> Iterator[str]:
    """Yield the HTML with breaks in place of `pre`, whose lines run out of a phone's screen."""
    depth = 0
    for part in _PREFORMATTED.split(cleaned):
        if _PREFORMATTED.fullmatch(part):
            depth += -1 if part.startswith("</") else 1
            yield "<br>"
        else:
            yield _lines(part) if depth > 0 else part


def _lines(text: str) -> str:
    kept = text.replace("\t", "    ").replace("  ", "&nbsp; ").removesuffix("\n")
    return kept.replace("\n</code>", "</code>").replace("\n", "<br>")


def _bounded(markdown: str) -> tuple[str, str]:
    """Return as much of the source as is laid out in about a second, whatever it is."""
    effort = 0
    for mark in _COSTLY.finditer(markdown):
        effort += _EFFORT.get(mark[0], 1)
        if effort > _MOST_EFFORT:
            return markdown[: mark.start()], _CUT
    return markdown, ""


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


def _cleaner(base: str) -> Cleaner:
    import nh3

    def address(tag: str, name: str, value: str) -> str | None:
        if (tag, name) != ("a", "href"):
            return value
        return _address(value, base)

    return nh3.Cleaner(
        tags={*TAGS, "img", "h1", "h2"},
        clean_content_tags=set(_DROPPED),
        attributes={"a": {"href"}, "ol": {"start"}, "img": {"alt"}},
        attribute_filter=address,
        url_schemes=set(SCHEMES),
        link_rel=REL,
        set_tag_attribute_values={"a": {"target": "_blank"}},
        strip_comments=True,
    )


def _address(value: str, base: str) -> str | None:
    """Return where a link leads, as a whole address, or None where it must not lead."""
    if len(value) > _LONGEST_ADDRESS:
        return None
    try:
        parts = urlsplit(urljoin(base, value) if base else value)
        # A name before an @ only looks like the site that is opened.
        if parts.scheme not in SCHEMES or "@" in parts.netloc:
            return None
        if parts.scheme != "mailto" and not parts.hostname:
            return None
    except ValueError:
        return None
    return parts.geturl()


def _alternative(found: re.Match[str]) -> str:
    words = " ".join(html.unescape(found[1] or "").split())[:_LONGEST_ALTERNATIVE]
    return html.escape(f"[picture: {words}]" if words else "[picture]")


def _depth(cleaned: str) -> int:
    return max(_depths(cleaned), default=0)


def _depths(cleaned: str) -> Iterator[int]:
    depth = 0
    for closing, tag in _TAG.findall(cleaned):
        if tag not in {"br", "hr", "img"}:
            depth += -1 if closing else 1
        yield depth
