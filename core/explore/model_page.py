"""The page of one model: on the Hub, in the snapshot, or on this machine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any
from urllib.parse import quote

from core.card import CARD_BYTES, Card, card_in, parse_card
from core.catalogue import ModelEntry
from core.errors import BadInputError, HubError
from core.explore.facts import facts_of
from core.explore.gaps import gaps_of
from core.explore.hub_answers import TooLongError, ask_bytes, ask_json, check_id, refusal
from core.explore.model_here import here_record
from core.explore.model_hub_record import hub_record
from core.explore.model_record import ModelRecord
from core.explore.model_snapshot import (
    snapshot_facts,
    snapshot_gaps,
    snapshot_licence,
    snapshot_note,
)
from core.explore.openness import openness_of, snapshot_openness, starter_openness
from core.explore.shared import SharedAnswers
from core.explore.snapshot import SnapshotModel, snapshot
from core.explore.types import ModelPage, Origin
from core.hub_client import asking
from core.hub_token import Token

Cancelled = Callable[[], bool]

_ADDRESS = "https://huggingface.co/"
_ANSWER_BYTES = 4 * 1024**2
_LONGEST_REVISION = 200
# What is asked for when the list of files is too long to be worth waiting for.
_WITHOUT_FILES: tuple[str, ...] = (
    "cardData",
    "config",
    "downloads",
    "gated",
    "gguf",
    "lastModified",
    "likes",
)
_WITHOUT_FILES += ("library_name", "pipeline_tag", "safetensors", "sha", "tags")

page_cache: SharedAnswers[tuple[str, str, str], ModelPage] = SharedAnswers(keep_s=600, most=100)


def live_page(
    model_id: str,
    *,
    revision: str = "main",
    token: Token | None = None,
    cancelled: Cancelled,
) -> ModelPage:
    """Return the page of a model on the Hub, asked for once in a while for everybody.

    A gated model's facts are shown without its card, and the note says what to do. For such a
    model alone `token` is sent; if the Hub does not accept it, the note says so.

    Raises:
        BadInputError: the id or the revision is none.
        HubError: the Hub cannot be reached, or has no such model.
        DownloadStopped: `cancelled()` became true on the way.
    """
    from huggingface_hub import constants

    check_id(model_id)
    _check_revision(revision)
    key = (constants.ENDPOINT, model_id, revision)
    ask = partial(_ask, model_id, revision, None)
    for_everybody = page_cache.get(key, ask, cancelled=cancelled)
    if token is None or not for_everybody.gated:
        return for_everybody
    # What one visitor's token shows is not for the others, and is not kept.
    try:
        return _ask(model_id, revision, token, cancelled)
    except HubError as error:
        return replace(for_everybody, card_note=str(error))


def last_good_page(model_id: str) -> ModelPage | None:
    """Return what the Hub said of a model before, however long ago, None if it never did."""
    from huggingface_hub import constants

    return page_cache.last_good((constants.ENDPOINT, model_id, "main"))


def snapshot_page(model: SnapshotModel) -> ModelPage:
    """Return the page of a model as the snapshot describes it."""
    gaps = snapshot_gaps(model)
    # "Not disclosed" is no dataset: where nobody says, none is named.
    silent = any(gap.name == "training data" for gap in gaps)
    return ModelPage(
        id=model.id,
        origin=Origin.SNAPSHOT,
        as_of=snapshot().asked_at,
        task=model.task,
        revision=model.revision or ("" if model.closed else "main"),
        parameters=model.parameters,
        size_bytes=model.weights_bytes,
        gated=bool(model.gated),
        address="" if model.closed else _ADDRESS + model.id,
        facts=snapshot_facts(model),
        gaps=gaps,
        openness=snapshot_openness(model, snapshot_licence(model)),
        card_note=snapshot_note(model),
        licence=model.licence,
        datasets=(model.training_data,) if model.training_data and not silent else (),
    )


def local_page(entry: ModelEntry) -> ModelPage:
    """Return the page of a starter, or of a model in a folder or file of this machine."""
    card = card_in(entry.path) if entry.path else Card(note="This model has no card here.")
    page = _page(here_record(entry, card), card, revision=entry.revision)
    openness = page.openness
    if entry.source == "starter" and not entry.refusal:
        openness = starter_openness(here_record(entry, card))
    address = _ADDRESS + entry.id if entry.source == "hub" else ""
    note = " ".join(filter(None, (entry.refusal, page.card_note)))
    return replace(page, openness=openness, address=address, gated=entry.gated, card_note=note)


def card_base(page: ModelPage) -> str:
    """Return the address against which the card's own links are resolved, "" if it has none."""
    if not page.address:
        return ""
    return f"{page.address}/blob/{quote(page.revision or 'main', safe='')}/README.md"


def _ask(model_id: str, revision: str, token: Token | None, cancelled: Cancelled) -> ModelPage:
    with asking(model_id, revision, cancelled, token):
        told = _ask_properties(model_id, revision, token, cancelled)
    commit = hub_record(model_id, told).sha
    card, note = _ask_card(model_id, commit or revision, token, cancelled)
    record = hub_record(model_id, told, card=card.metadata if card else None)
    page = _page(record, card or Card(), revision=commit or revision)
    # Of a card that nobody could read, nobody can say what it leaves out.
    return replace(page, card_note=note, gaps=page.gaps if card else ())


def _page(record: ModelRecord, card: Card, *, revision: str) -> ModelPage:
    return ModelPage(
        id=record.id,
        origin=record.origin,
        as_of=datetime.now(UTC),
        task=record.task,
        revision=revision,
        parameters=record.parameters,
        size_bytes=record.weights_bytes,
        gated=bool(record.gated),
        address=_ADDRESS + record.id,
        facts=facts_of(record),
        gaps=gaps_of(record, card.body),
        openness=openness_of(record, card.body),
        card=card.body,
        card_note=card.note,
        licence=record.licence.tag if record.licence else "",
        datasets=record.datasets,
    )


def _ask_properties(
    model_id: str, revision: str, token: Token | None, cancelled: Cancelled
) -> Mapping[str, Any]:
    from huggingface_hub import constants

    address = f"{constants.ENDPOINT}/api/models/{model_id}/revision/{quote(revision, safe='')}"
    ask = partial(ask_json, address, token=token, cancelled=cancelled, most_bytes=_ANSWER_BYTES)
    try:
        told = ask(query={"blobs": "true"})
    except TooLongError:
        told = ask(query={"expand": [*_WITHOUT_FILES]})
    if not isinstance(told, dict) or not isinstance(told.get("id"), str):
        raise ValueError("This is no answer of the Hub.")
    return told


def _ask_card(
    model_id: str, commit: str, token: Token | None, cancelled: Cancelled
) -> tuple[Card | None, str]:
    """Return the card, or None where nothing can be told about it, and a note about it."""
    from huggingface_hub import hf_hub_url

    try:
        with asking(model_id, commit, cancelled, token):
            address = hf_hub_url(model_id, "README.md", revision=commit)
            raw = ask_bytes(address, token=token, cancelled=cancelled, most_bytes=CARD_BYTES)
    except HubError as error:
        status, _ = refusal(error)
        if status == 404:
            return Card(), "This model has no card."
        if status in {401, 403}:
            return None, _behind_gate(model_id, token)
        return None, "The card did not arrive. Try again later, or open it on the Hub."
    card = parse_card(raw)
    return card, card.note


def _behind_gate(model_id: str, token: Token | None) -> str:
    if token is None:
        return (
            "The card is behind the model's gate: its owner asks you to accept terms first. "
            f"Log in at {_ADDRESS}{model_id} and accept them; then type your token here."
        )
    return (
        "The card is behind the model's gate, and your account may not have access yet. "
        f"Accept the terms at {_ADDRESS}{model_id} and wait until its owner lets you in."
    )


def _check_revision(revision: str) -> None:
    fits = 0 < len(revision) <= _LONGEST_REVISION and revision.isprintable()
    if not fits or ".." in revision or " " in revision:
        raise BadInputError(
            "This is not a revision of a model.",
            next_step="Leave it empty for the newest, or paste a commit from the Hub.",
        )
