"""The pages of datasets and Spaces: what the Hub and the card say, and what they leave out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from core.bounds import mapping, text
from core.card import CARD_BYTES, Card, parse_card
from core.errors import HubError
from core.explore.dataset_facts import dataset_facts, dataset_gaps
from core.explore.hub_answers import (
    TooLongError,
    ask_bytes,
    ask_json,
    check_id,
    explain_for,
    refusal,
)
from core.explore.shared import SharedAnswers
from core.explore.space_facts import space_facts, space_gaps
from core.explore.types import Fact, Gap, Kind, Origin, RepoPage
from core.hub_client import asking
from core.hub_token import Token

Cancelled = Callable[[], bool]

_MOST_BYTES = 4 * 1024**2
# A list of a hundred thousand files is not worth waiting for, and the card can be read itself.
_MAY_BE_TOO_LONG = ("siblings", "cardData")
_SHARED = ("author", "cardData", "createdAt", "disabled", "lastModified", "likes", "sha", "tags")


@dataclass(frozen=True)
class _Sort:
    """What differs between datasets and Spaces; `asked` are the Hub's names of properties."""

    kind: Kind
    asked: tuple[str, ...]
    facts: Callable[[Mapping[str, Any]], Iterator[Fact]]
    gaps: Callable[[Mapping[str, Any], Card | None], Iterator[Gap]]

    @property
    def path(self) -> str:
        """Return the part of addresses that names the kind."""
        return f"{self.kind}s"


_DATASET = _Sort(
    kind=Kind.DATASET,
    asked=(*_SHARED, "downloads", "gated", "mainSize", "siblings"),
    facts=dataset_facts,
    gaps=dataset_gaps,
)
_SPACE = _Sort(
    kind=Kind.SPACE,
    asked=(*_SHARED, "sdk", "runtime", "models", "datasets"),
    facts=space_facts,
    gaps=space_gaps,
)

_shared: SharedAnswers[tuple[str, Kind, str], RepoPage] = SharedAnswers(keep_s=600, most=100)


def dataset_page(id: str, *, token: Token | None = None, cancelled: Cancelled) -> RepoPage:
    """Return the page of a dataset on the Hub, asked for once in a while for everybody.

    Raises:
        BadInputError: the id is none.
        HubError: the Hub cannot be reached, or has no such dataset.
        DownloadStopped: `cancelled()` became true on the way.
    """
    return _page(_DATASET, id, token, cancelled)


def space_page(id: str, *, token: Token | None = None, cancelled: Cancelled) -> RepoPage:
    """Return the page of a Space on the Hub; as `dataset_page`."""
    return _page(_SPACE, id, token, cancelled)


def _page(sort: _Sort, id: str, token: Token | None, cancelled: Cancelled) -> RepoPage:
    from huggingface_hub import constants

    check_id(id)
    ask = partial(_ask, sort, id, token)
    try:
        # What one visitor's token shows is not for the others.
        if token is not None:
            return ask(cancelled)
        return _shared.get((constants.ENDPOINT, sort.kind, id), ask, cancelled=cancelled)
    except HubError as error:
        raise explain_for(error, sort.kind, id) from error


def _ask(sort: _Sort, id: str, token: Token | None, cancelled: Cancelled) -> RepoPage:
    with asking(id, "main", cancelled, token):
        told = _ask_properties(sort, id, token, cancelled)
    card, note = _ask_card(sort, id, text(told.get("sha")), token, cancelled)
    # The Hub's own reading of the card wins; a mirror may not have one.
    metadata = mapping(told.get("cardData")) or (card.metadata if card else mapping({}))
    properties = {**told, "cardData": metadata}
    return RepoPage(
        kind=sort.kind,
        id=id,
        origin=Origin.LIVE,
        as_of=datetime.now(UTC),
        address=f"https://huggingface.co/{sort.path}/{id}",
        facts=tuple(sort.facts(properties)),
        gaps=tuple(sort.gaps(properties, card)),
        card=card.body if card else "",
        card_note=note,
    )


def _ask_properties(
    sort: _Sort, id: str, token: Token | None, cancelled: Cancelled
) -> Mapping[str, Any]:
    from huggingface_hub import constants

    def ask(*names: str) -> Any:
        return ask_json(
            f"{constants.ENDPOINT}/api/{sort.path}/{id}",
            query={"expand": [*names]},
            token=token,
            cancelled=cancelled,
            most_bytes=_MOST_BYTES,
        )

    names = sort.asked
    for longest in _MAY_BE_TOO_LONG:
        try:
            told = ask(*names)
            break
        except TooLongError:
            names = tuple(name for name in names if name != longest)
    else:
        told = ask(*names)
    if not isinstance(told, dict) or not isinstance(told.get("id"), str):
        raise ValueError("This is no answer of the Hub.")
    return told


def _ask_card(
    sort: _Sort, id: str, commit: str, token: Token | None, cancelled: Cancelled
) -> tuple[Card | None, str]:
    """Return the card, or None where nothing can be told about it, and a note about it."""
    from huggingface_hub import hf_hub_url

    try:
        with asking(id, "main", cancelled, token):
            raw = ask_bytes(
                hf_hub_url(id, "README.md", repo_type=sort.kind, revision=commit or "main"),
                token=token,
                cancelled=cancelled,
                most_bytes=CARD_BYTES,
            )
    except HubError as error:
        status, _ = refusal(error)
        if status == 404:
            return Card(), f"This {sort.kind} has no card."
        if status in {401, 403}:
            return None, f"The card of this {sort.kind} is behind its gate: open it on the Hub."
        return None, "The card did not arrive. Try again later, or open it on the Hub."
    card = parse_card(raw)
    return card, card.note
