"""A visitor's own token for the Hub: shown to nobody, kept nowhere, sent to one host alone."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import SplitResult, urlsplit

from core.errors import BadInputError, HubError

_SHAPE = re.compile(r"hf_[A-Za-z0-9]{8,200}")
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_PORTS = {"http": 80, "https": 443}


class Token:
    """A token that does not show in any text, and cannot be written to a file or a cache."""

    __slots__ = ("_secret",)

    def __init__(self, text: str) -> None:
        if not _SHAPE.fullmatch(text):
            raise BadInputError(
                "This does not look like a token of the Hub.",
                next_step="A token begins with hf_, and letters and digits follow. "
                "Copy it whole from huggingface.co/settings/tokens.",
            )
        self._secret = text

    def __repr__(self) -> str:
        return "Token(…)"

    def __reduce__(self) -> Any:
        raise TypeError("A token is not written anywhere.")

    def reveal(self) -> str:
        """Return the token itself, for the header of a request and nothing else."""
        return self._secret


def secret_of(token: Token | None) -> str | bool:
    """Return what the Hub's library is to send: `token`, or nothing.

    A token on this machine is its owner's: it is neither spent on visitors nor sent to whatever
    mirror HF_ENDPOINT names.
    """
    return token.reveal() if token else False


def endpoint_host() -> str:
    """Return the name of the host that answers as the Hub, and gets a visitor's token."""
    return _endpoint().netloc


def endpoint_url() -> str:
    """Return the address at which the Hub, or what stands for it, is asked."""
    return _endpoint().geturl().rstrip("/")


def check_endpoint() -> None:
    """Raise a HubError where a token could be read on its way to the Hub."""
    endpoint = _endpoint()
    if endpoint.scheme != "https" and endpoint.hostname not in _LOOPBACK:
        raise HubError(
            f"This lab asks {endpoint.netloc} without encryption, so your token is not sent.",
            next_step="Tell whoever runs the lab: HF_ENDPOINT has to begin with https.",
        )


def goes_to_endpoint(url: str) -> bool:
    """Tell whether `url` is at the Hub itself, not at a host that it sends us on to."""
    return _origin(urlsplit(url)) == _origin(_endpoint())


def _endpoint() -> SplitResult:
    from huggingface_hub import constants

    return urlsplit(constants.ENDPOINT)


def _origin(url: SplitResult) -> tuple[str, str, int | None]:
    return url.scheme, url.hostname or "", url.port or _PORTS.get(url.scheme)
