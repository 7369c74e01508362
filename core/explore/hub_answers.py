"""What the Hub answers to one question, read only as far as a page needs it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from typing import Any

from core.errors import BadInputError, HubError
from core.hub_client import DownloadStopped
from core.hub_token import Token, secret_of

# Far more than any honest answer takes, each piece of which has a time limit in core.hub_client.
_PATIENCE_S = 30.0
_ANYWAY = "Try again later. What is on this machine works without the Hub."


class TooLongError(ValueError):
    """The answer is longer than what was to be read of it."""


def check_id(id: str) -> str:
    """Return `id` if the Hub could have a repository of that name.

    Raises:
        BadInputError: it could not.
    """
    from huggingface_hub.errors import HFValidationError
    from huggingface_hub.utils import validate_repo_id  # type: ignore[attr-defined]

    try:
        validate_repo_id(id)
    except HFValidationError as error:
        raise BadInputError(
            "This is not the id of anything on the Hub.",
            next_step="An id looks like owner/name: letters, digits, and - _ . between them.",
        ) from error
    return id


def ask_json(
    url: str,
    *,
    query: Mapping[str, str | list[str]],
    token: Token | None,
    cancelled: Callable[[], bool],
    most_bytes: int,
) -> Any:
    """Return what is answered at `url`; call it within `core.hub_client.asking`.

    Raises:
        TooLongError: the answer has more than `most_bytes`.
        ValueError: it is no JSON.
    """
    raw = ask_bytes(url, query=query, token=token, cancelled=cancelled, most_bytes=most_bytes)
    if len(raw) > most_bytes:
        raise TooLongError("The answer is too long.")
    try:
        return json.loads(raw)
    except RecursionError as error:
        raise ValueError("The answer is nested too deeply.") from error


def ask_bytes(
    url: str,
    *,
    query: Mapping[str, str | list[str]] | None = None,
    token: Token | None,
    cancelled: Callable[[], bool],
    most_bytes: int,
) -> bytes:
    """Return the beginning of what is at `url`: `most_bytes`, and one more if there is more."""
    from huggingface_hub.utils import (  # type: ignore[attr-defined]
        build_hf_headers,
        get_session,
        hf_raise_for_status,
        httpx,
    )

    # Unpacked, a small answer can be as long as the memory of this machine.
    headers = build_hf_headers(token=secret_of(token)) | {"Accept-Encoding": "identity"}
    latest = time.monotonic() + _PATIENCE_S
    read = bytearray()
    with get_session().stream("GET", url, params=query, headers=headers) as response:
        # The library would read the whole of what comes with a refusal, and trust it.
        told = {"x-error-code", "x-error-message"}
        kept = {name: value for name, value in response.headers.items() if name.lower() in told}
        hf_raise_for_status(
            httpx.Response(response.status_code, headers=kept, request=response.request)
        )
        for chunk in response.iter_bytes():
            read += chunk
            if len(read) > most_bytes:
                break
            if cancelled():
                raise DownloadStopped
            if time.monotonic() > latest:
                raise httpx.ReadTimeout("The answer takes too long.", request=response.request)
    return bytes(read[: most_bytes + 1])


def explain_for(error: HubError, kind: str, id: str) -> HubError:
    """Return an error of `core.hub_client.asking`, which speaks of models, as one of a `kind`."""
    status = refusal(error)[0]
    if status == 404 or (status in {401, 403} and "token" not in error.message):
        return HubError(
            f"The Hub has no public {kind} {id}.",
            next_step=f"Check its name, or search for another {kind}.",
        )
    silent = "the Hub does not answer from here."
    # What is only read was not to be fetched.
    message = f"T{silent[1:]}" if error.message.endswith(silent) else error.message
    return HubError(message, next_step=error.next_step if status == 401 else _ANYWAY)


def refusal(error: HubError) -> tuple[int, str]:
    """Return the status and the error code with which the Hub refused, 0 and "" if it did not."""
    from huggingface_hub.errors import HfHubHTTPError

    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, HfHubHTTPError):
            return cause.response.status_code, cause.response.headers.get("X-Error-Code", "")
        cause = cause.__cause__
    return 0, ""
