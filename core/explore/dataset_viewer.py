"""The Hub's dataset viewer: where it answers, what it is asked, and why it refuses."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from core.errors import HubError
from core.explore.hub_answers import ask_json, refusal
from core.hub_token import Token

SPLITS_BYTES = 512 * 1024
_MOST_SPLITS = 1000

_VARIABLE = "OPEN_MODEL_LAB_DATASET_VIEWER"
_ON_THE_HUB = "Open the dataset on the Hub to see what is in it."
EMPTY = f"The Hub finds no rows in this dataset. {_ON_THE_HUB}"
_HIDDEN = f"The owner of this dataset turned the view of its rows off. {_ON_THE_HUB}"
# By the viewer's own error codes.
_REASONS = {
    "ResponseNotReady": "The Hub is still preparing the rows of this dataset. "
    "Try again in a few minutes.",
    "DisabledViewerError": _HIDDEN,
    "NotSupportedDisabledViewerError": _HIDDEN,
    "DatasetWithScriptNotSupportedError": "The Hub shows no rows of this dataset: a program of "
    f"its own builds it, which the viewer does not run. {_ON_THE_HUB}",
    "EmptyDatasetError": EMPTY,
    "DataFilesNotFoundError": EMPTY,
}


def viewer_address() -> tuple[str, str]:
    """Return where the dataset viewer answers, or "" and why there is none."""
    from huggingface_hub import constants

    named = os.environ.get(_VARIABLE, "").strip().rstrip("/")
    if named:
        try:
            address = urlsplit(named)
        except ValueError:
            address = urlsplit("")
        if address.scheme in {"http", "https"} and address.hostname:
            return named, ""
        return "", f"No rows: {_VARIABLE} is not a web address. Tell whoever runs the lab."
    if constants.ENDPOINT == constants._HF_DEFAULT_ENDPOINT:
        return constants.DATASETS_SERVER_ENDPOINT, ""
    return "", (
        "No rows: this lab asks a copy of the Hub, and the rows come from elsewhere. "
        f"Whoever runs the lab can name that place in {_VARIABLE}."
    )


def ask_viewer(
    viewer: str,
    id: str,
    question: str,
    *,
    token: Token | None = None,
    cancelled: Callable[[], bool],
    most_bytes: int,
    **query: str,
) -> Mapping[str, Any]:
    """Return the answer to `question` on the dataset `id`; call it within `asking`.

    Raises:
        ValueError: it is no answer of the viewer, or longer than `most_bytes`.
    """
    answer = ask_json(
        f"{viewer}/{question}",
        query={"dataset": id, **query},
        token=token,
        cancelled=cancelled,
        most_bytes=most_bytes,
    )
    if not isinstance(answer, dict):
        raise ValueError("This is no answer of the dataset viewer.")
    return answer


def named_splits(answer: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the configuration and the name of each split that the viewer lists."""
    listed = answer.get("splits")
    entries = listed[:_MOST_SPLITS] if isinstance(listed, list) else []
    named = [
        (entry.get("config"), entry.get("split")) for entry in entries if isinstance(entry, dict)
    ]
    return [(str(one), str(two)) for one, two in named if _is_name(one) and _is_name(two)]


def why_no_rows(error: HubError) -> str:
    """Say why the viewer shows no rows."""
    status, code = refusal(error)
    if code in _REASONS:
        return _REASONS[code]
    if status in {401, 403}:
        return (
            "The Hub shows no rows of this dataset without an account: it is behind a gate, "
            f"private, or not there. {_ON_THE_HUB}"
        )
    if status == 404:
        return f"The Hub's dataset viewer does not know this dataset. {_ON_THE_HUB}"
    if status == 429:
        return "No rows: the Hub got too many requests from this network. Try again in a minute."
    if status:
        return f"The Hub's dataset viewer cannot show these rows (error {status}). {_ON_THE_HUB}"
    return "No rows: the Hub's dataset viewer does not answer from here. Try again later."


def _is_name(value: object) -> bool:
    # Half a letter of UTF-16 cannot be sent in an address.
    return isinstance(value, str) and 0 < len(value) <= 300 and value.isprintable()
