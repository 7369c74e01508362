"""Opening the page of whatever was found: from the Hub, or from what is known without it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from core.catalogue import Catalogue
from core.errors import HubError
from core.explore.hub_answers import explain_for
from core.explore.model_page import last_good_page, live_page, local_page, snapshot_page
from core.explore.repo_page import dataset_page, space_page
from core.explore.snapshot import snapshot
from core.explore.types import Kind, ModelPage, RepoPage
from core.hub_token import Token

Cancelled = Callable[[], bool]


@dataclass(frozen=True)
class Opened:
    """A page; `problem` says in plain words why it is not the Hub's own of now, "" if it is."""

    page: ModelPage | RepoPage
    problem: str = ""


def open_page(
    kind: Kind,
    id: str,
    *,
    catalogue: Catalogue,
    token: Token | None = None,
    cancelled: Cancelled = lambda: False,
) -> Opened:
    """Return the page of `id`; `catalogue` has the models that are on this machine.

    While the Hub does not answer, a model's page is what the Hub said before, what the snapshot
    says, or what its files on this machine say.

    Raises:
        BadInputError: the id is none.
        HubError: the Hub cannot be reached or has none of that id, and nothing else is known.
        DownloadStopped: `cancelled()` became true on the way.
    """
    if kind is Kind.DATASET:
        return Opened(dataset_page(id, token=token, cancelled=cancelled))
    if kind is Kind.SPACE:
        return Opened(space_page(id, token=token, cancelled=cancelled))
    entry = catalogue.get(id)
    if entry is not None and entry.source != "hub":
        return Opened(local_page(entry))
    listed = snapshot().find(id)
    if listed is not None and listed.closed:
        return Opened(snapshot_page(listed))
    try:
        return Opened(live_page(id, token=token, cancelled=cancelled))
    except HubError as error:
        told = explain_for(error, kind, id)
        if older := last_good_page(id):
            shown = "what the Hub said earlier"
            return Opened(older, f"{told.message} Meanwhile you see {shown}.")
        if listed is not None:
            shown = f"what the lab's own list of {snapshot().as_of:%d %B %Y} says".replace(
                " 0", " "
            )
            return Opened(snapshot_page(listed), f"{told.message} Meanwhile you see {shown}.")
        if entry is not None and entry.path is not None:
            shown = "what its files on this machine say"
            return Opened(local_page(entry), f"{told.message} Meanwhile you see {shown}.")
        raise told from error
