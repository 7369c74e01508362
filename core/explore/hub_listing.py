"""Lists that the Hub answers with, fetched politely, stoppable, and never more than is good."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from core.hub_client import DownloadStopped, asking
from core.hub_token import Token, secret_of

Params = Mapping[str, Any]

# A list with the cards' metadata of a hundred repositories is about one megabyte.
_MOST_BYTES = 16 * 1024**2
_MOST_REQUESTS = 12
# The library's own retries take up to a minute and a half, and as long as a Retry-After says.
_PATIENCE_S = 20.0
_PAUSES_S = (0.5, 1.5)
_LONGEST_PAUSE_S = 5.0
_LOOK_S = 0.1
_WORTH_A_RETRY = {408, 429, 500, 502, 503, 504}


def listing(
    path: str,
    params: Params,
    *,
    most: int,
    token: Token | None,
    cancelled: Callable[[], bool],
) -> list[Any]:
    """Return up to `most` entries of the list at `path`, as the Hub sent them, page by page.

    Raises:
        HubError: the Hub cannot be reached, refuses, or sends no list.
        DownloadStopped: `cancelled()` became true on the way.
    """
    from huggingface_hub import constants
    from huggingface_hub.utils import build_hf_headers  # type: ignore[attr-defined]

    entries: list[Any] = []
    ends = time.monotonic() + _PATIENCE_S
    with asking("", "", cancelled, token):
        # Other packings can make a short answer as long as the memory of this machine.
        headers = build_hf_headers(token=secret_of(token)) | {"Accept-Encoding": "gzip"}
        asked: Params | None = params
        for _ in range(_MOST_REQUESTS):
            where = constants.ENDPOINT + path
            page, following = _page(where, asked, headers, ends, cancelled)
            entries += page
            if len(entries) >= most or not following or not page:
                break
            # Of the address of the next page only the question counts: a mirror may name a host
            # that cannot be reached from here, or should not be.
            path, asked = f"{path.partition('?')[0]}?{following}", None
    return entries[:most]


def _page(
    url: str,
    params: Params | None,
    headers: Mapping[str, str],
    ends: float,
    cancelled: Callable[[], bool],
) -> tuple[list[Any], str]:
    from huggingface_hub.errors import HfHubHTTPError
    from huggingface_hub.utils import httpx  # type: ignore[attr-defined]

    for pause in _PAUSES_S:
        try:
            return _try(url, params, headers, ends, cancelled)
        except (httpx.RemoteProtocolError, httpx.ReadError):
            pass
        except HfHubHTTPError as error:
            asked_to_wait = _retry_after_s(error.response.headers)
            pause = pause if asked_to_wait is None else asked_to_wait
            if error.response.status_code not in _WORTH_A_RETRY or pause > _LONGEST_PAUSE_S:
                raise
        if time.monotonic() + pause > ends:
            break
        _wait(pause, cancelled)
    return _try(url, params, headers, ends, cancelled)


def _try(
    url: str,
    params: Params | None,
    headers: Mapping[str, str],
    ends: float,
    cancelled: Callable[[], bool],
) -> tuple[list[Any], str]:
    from huggingface_hub.errors import HfHubHTTPError
    from huggingface_hub.utils import get_session  # type: ignore[attr-defined]

    body = bytearray()
    with get_session().stream("GET", url, params=params, headers=dict(headers)) as response:
        # The library's own check reads all that an error's page has to say.
        if response.status_code >= 400:
            raise HfHubHTTPError(f"Error {response.status_code}", response=response)
        for chunk in response.iter_bytes():
            body += chunk
            if cancelled():
                raise DownloadStopped
            if len(body) > _MOST_BYTES:
                raise ValueError("The answer does not end.")
            if time.monotonic() > ends:
                raise TimeoutError("The answer takes too long.")
        following = urlsplit(response.links.get("next", {}).get("url", "")).query
    try:
        entries = json.loads(body)
    except RecursionError as error:
        raise ValueError("The answer is nested without end.") from error
    if not isinstance(entries, list):
        raise ValueError("The answer is no list.")
    return entries, following


def _retry_after_s(headers: Mapping[str, str]) -> float | None:
    from huggingface_hub.utils import parse_ratelimit_headers  # type: ignore[attr-defined]

    with suppress(ValueError):
        return max(0.0, float(headers.get("retry-after", "")))
    limit = parse_ratelimit_headers(headers)
    return float(limit.reset_in_seconds) if limit and limit.remaining == 0 else None


def _wait(seconds: float, cancelled: Callable[[], bool]) -> None:
    ends = time.monotonic() + seconds
    while (left := ends - time.monotonic()) > 0:
        if cancelled():
            raise DownloadStopped
        time.sleep(min(left, _LOOK_S))
