"""Whether a model of which the lab knows the facts is one that somebody looks for."""

from __future__ import annotations

from dataclasses import dataclass

from core.explore.types import Kind, Query


@dataclass(frozen=True)
class Known:
    """What is known of a model, to be held against a question; `words` are those it is found by."""

    words: str
    tasks: tuple[str, ...]
    licence: str
    languages: tuple[str, ...]
    parameters: int | None
    gated: bool | None


def matches(query: Query, known: Known) -> bool:
    """Whether `known` is what `query` asks for; what is not known is not a match."""
    words = known.words.casefold()
    return (
        query.kind is Kind.MODEL
        and all(word in words for word in query.text.casefold().split())
        and query.task in ("", *known.tasks)
        and query.licence in ("", known.licence)
        and query.language in ("", *known.languages)
        and query.gated in (None, known.gated)
        and _in_range(query, known.parameters)
    )


def _in_range(query: Query, parameters: int | None) -> bool:
    if query.min_parameters is None and query.max_parameters is None:
        return True
    least, most = query.min_parameters or 0, query.max_parameters
    return parameters is not None and least <= parameters and (most is None or parameters <= most)
