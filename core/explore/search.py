"""What somebody looks for: on this machine, and on the Hub or, while it is silent, elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from core.catalogue import ModelEntry
from core.errors import HubError
from core.explore.hub_search import search_hub, tidy
from core.explore.on_machine import search_here
from core.explore.shared import SharedAnswers
from core.explore.snapshot import search_snapshot, snapshot
from core.explore.types import Answer, Query, Results
from core.hub_token import Token

_KEPT_S = 300.0
_MOST_KEPT = 300

# By the address of the Hub as well: a mirror has other answers.
_SHARED: SharedAnswers[tuple[str, Query], Results] = SharedAnswers(keep_s=_KEPT_S, most=_MOST_KEPT)


def search(
    query: Query,
    *,
    entries: Sequence[ModelEntry],
    token: Token | None = None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Answer:
    """Return what is found for `query`; `entries` are the models that the lab knows.

    Everybody's same question is asked once in five minutes, except with a `token`, whose answers
    are its owner's alone. While the Hub does not answer there is its last answer to the question
    if there was one, else the snapshot, and `problem` says so.

    Raises:
        DownloadStopped: `cancelled()` became true on the way.
    """
    query = tidy(query)
    here = search_here(query, entries)
    try:
        return Answer(here, _live(query, token, cancelled))
    except HubError as error:
        older = None if token else _SHARED.last_good(_key(query))
        known = f"the lab's own list of {snapshot().as_of:%d %B %Y}".replace(" 0", " ")
        shown = "what it answered earlier" if older else known
        problem = f"{error} Meanwhile you see {shown}."
        return Answer(here, older or search_snapshot(query), problem)


def forget_answers() -> None:
    """Forget what the Hub answered, so that the next question is asked anew."""
    _SHARED.clear()


def _live(query: Query, token: Token | None, cancelled: Callable[[], bool]) -> Results:
    if token is not None:
        return search_hub(query, token=token, cancelled=cancelled)
    ask = partial(_ask, query)
    return _SHARED.get(_key(query), ask, cancelled=cancelled)


def _ask(query: Query, cancelled: Callable[[], bool]) -> Results:
    return search_hub(query, cancelled=cancelled)


def _key(query: Query) -> tuple[str, Query]:
    from huggingface_hub import constants

    return constants.ENDPOINT, query
