"""How the lab asks the Hub: with timeouts, a Stop, plain words, and no token of its own."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Any

from core.hub_errors import explain
from core.hub_token import Token, check_endpoint, goes_to_endpoint

_TIMEOUT_S = 10.0
_CHUNK_BYTES = 512 * 1024

# What visitors ask for is public unless they type a token of their own. A token on this machine is
# its owner's: it is neither spent on them nor sent to whatever mirror HF_ENDPOINT names.
TOKEN = False

# Whether the download that this thread is busy with was stopped.
_cancelled: ContextVar[Callable[[], bool]] = ContextVar("_cancelled", default=lambda: False)


class DownloadStopped(Exception):
    """Somebody pressed Stop; what was fetched stays for the next try."""


@contextmanager
def asking(
    model_id: str, revision: str, cancelled: Callable[[], bool], token: Token | None = None
) -> Iterator[None]:
    """Make every question to the Hub within stop once `cancelled()`, and fail in plain words.

    `token` is that of the questions, which is not sent by this alone.

    Raises:
        HubError: the Hub cannot be reached, or refuses.
        DownloadStopped: `cancelled()` became true on the way.
    """
    prepare()
    from huggingface_hub.utils import httpx  # type: ignore[attr-defined]

    if token is not None:
        check_endpoint()
    watched = _cancelled.set(cancelled)
    try:
        yield
    # A ValueError is an answer that is no answer of the Hub: the log-in page of a guest network.
    except (httpx.HTTPError, OSError, ValueError) as error:
        raise explain(error, model_id, revision, with_token=token is not None) from error
    finally:
        _cancelled.reset(watched)


@cache
def prepare() -> None:
    """Set the Hub library up, once a process, for all that the lab asks of the Hub."""
    from huggingface_hub import constants, set_client_factory
    from huggingface_hub.utils import httpx  # type: ignore[attr-defined]
    from huggingface_hub.utils._http import default_client_factory

    def before_each(request: Any) -> None:
        # The library waits for ever by default, and asks for that in so many words here and there:
        # one dead connection would block a model's whole line.
        request.extensions["timeout"] = httpx.Timeout(_TIMEOUT_S).as_dict()
        # And it tries again several times: Stop is looked at before each.
        if _cancelled.get()():
            raise DownloadStopped
        # Called for each host that a request is sent on to: the token is for the Hub alone.
        if "authorization" in request.headers and not goes_to_endpoint(str(request.url)):
            del request.headers["authorization"]

    def client() -> Any:
        made = default_client_factory()
        made.event_hooks = {"request": [*made.event_hooks["request"], before_each]}
        return made

    set_client_factory(client)
    # Its warnings name the address of a file, which for a while opens a gated one to anybody.
    logging.getLogger("huggingface_hub.file_download").setLevel(logging.ERROR)
    # Stop and progress are looked at once a chunk; the library's are 10 MB.
    constants.DOWNLOAD_CHUNK_SIZE = _CHUNK_BYTES
    # The Xet protocol runs outside Python: it knows neither Stop nor these timeouts, and asks for
    # hosts that a school's mirror or firewall does not have.
    constants.HF_HUB_DISABLE_XET = True
