"""The report's smaller things: pages read in Task 1, and texts cut into tokens."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from core.report.clock import Clock
from core.work.entries import PageRead, Tokenized


@dataclass(frozen=True)
class PageRow:
    """A page of the Hub, and what it said when it was last opened."""

    when: str
    kind: str
    id: str
    licence: str
    verdict: str
    gaps: tuple[str, ...]
    source: str


@dataclass(frozen=True)
class TokenRow:
    """A text and how many tokens it is for a model."""

    model: str
    text: str
    tokens: int


def page_rows(pages: Iterable[tuple[float, PageRead]], clock: Clock) -> tuple[PageRow, ...]:
    """Return a row for each page, as it was opened last."""
    latest = {(page.kind, page.id): (when_s, page) for when_s, page in pages}
    return tuple(
        PageRow(
            when=clock.minute(when_s),
            kind=str(page.kind).capitalize(),
            id=page.id,
            licence=page.licence or "not said",
            verdict=str(page.verdict) if page.verdict else "–",
            gaps=page.gaps,
            source=str(page.origin),
        )
        for when_s, page in latest.values()
    )


def token_rows(tokenized: Iterable[Tokenized]) -> tuple[TokenRow, ...]:
    """Return a row for each text and model, once."""
    return tuple(TokenRow(one.model_id, one.text, one.tokens) for one in dict.fromkeys(tokenized))
