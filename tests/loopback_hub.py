"""A Hub of one's own on 127.0.0.1: the real protocol over real HTTP, with faults on demand."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import pytest

from core.hub_client import prepare
from tests.loopback_repo import Repo

__all__ = ["Faults", "LoopbackHub", "Repo", "Seen", "point_at", "serve"]

# Tokens of somebody whom the owners of gated repositories let in, and of somebody whom they do not.
MEMBER = "hf_loopbackMember"
STRANGER = "hf_loopbackStranger"
# And of somebody whose token may read alone.
READER = "hf_loopbackReader"
KNOWN = frozenset({MEMBER, STRANGER, READER, "hf_private"})
ACCOUNTS = {MEMBER: "member", STRANGER: "stranger", READER: "member"}

GARBAGE = b'[{"id": "cut/off", "tags": ['
LOGIN_PAGE = b"<!doctype html><title>Guest network</title><form>Accept our terms</form>"

VIEWER = "/viewer"
_MOST_LISTED = 1000


@dataclass(frozen=True)
class Faults:
    """What goes wrong with every answer until it is set right again.

    `status` refuses with that number, with `retry_after_s` as its Retry-After; `slow_s` answers
    that much later; `silent` accepts and never answers; `body` is sent in place of every answer;
    `truncates` breaks the connection in the middle of every answer. `cut_after` breaks it after so
    many bytes of a large file, `cuts` times; `ignores_range` sends the whole; `damages` sends
    large files with the last byte changed.

    `only` is a pattern: what is asked for at other paths is answered as it should be. After
    `times` answers that went wrong, the rest goes well.
    """

    status: int = 0
    silent: bool = False
    cut_after: int | None = None
    cuts: int = 1_000_000
    ignores_range: bool = False
    damages: bool = False
    retry_after_s: int | None = None
    slow_s: float = 0.0
    body: bytes | None = None
    truncates: bool = False
    only: str = ""
    times: int = 1_000_000


@dataclass(frozen=True)
class Seen:
    """A request that came in; `query` is as it was sent."""

    method: str
    path: str
    headers: Mapping[str, str]
    query: str = ""


@dataclass
class LoopbackHub:
    """The repositories served, the faults switched on, and all requests so far.

    With several faults, the first whose pattern is met counts. `most_listed` is how many results
    one page of a list has at most. `uploads` is the folder of the repositories that visitors make,
    which without it nobody may; `blobs` are large files sent there.
    """

    repos: tuple[Repo, ...]
    faults: Faults | tuple[Faults, ...] = Faults()
    seen: list[Seen] = field(default_factory=list)
    closing: threading.Event = field(default_factory=threading.Event)
    port: int = 0
    cuts: int = 0
    most_listed: int = _MOST_LISTED
    struck: list[Faults] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    uploads: Path | None = None
    blobs: dict[str, bytes] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """Return what HF_ENDPOINT is to be."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def viewer_url(self) -> str:
        """Return where the dataset viewer answers."""
        return self.url + VIEWER

    @property
    def environment(self) -> dict[str, str]:
        """Return what makes a new process take this for the Hub, and for its dataset viewer."""
        return {
            "HF_ENDPOINT": self.url,
            "HF_HUB_OFFLINE": "0",
            "OPEN_MODEL_LAB_DATASET_VIEWER": self.viewer_url,
        }

    @property
    def fetched(self) -> set[str]:
        """Return the names of the files of which the content was asked for."""
        gets = (seen.path for seen in self.seen if seen.method == "GET")
        return {
            path.rpartition("/")[2] for path in gets if not path.startswith(("/api/", VIEWER + "/"))
        }

    def requests(self, pattern: str) -> list[Seen]:
        """Return the requests so far for paths that match, in their order."""
        return [seen for seen in self.seen if re.search(pattern, seen.path)]

    def fault_at(self, path: str) -> Faults:
        """Return what goes wrong with this answer, and count it."""
        faults = self.faults if isinstance(self.faults, tuple) else (self.faults,)
        with self.lock:
            for fault in faults:
                struck = sum(one is fault for one in self.struck)
                if re.search(fault.only, path) and struck < fault.times:
                    if fault.times < Faults.times:
                        self.struck.append(fault)
                    return fault
        return Faults()


@contextmanager
def serve(*repos: Repo, uploads: Path | None = None) -> Iterator[LoopbackHub]:
    """Serve `repos` until the end of the block, and what is uploaded, kept in `uploads`."""
    from tests.loopback_routes import Routes

    hub = LoopbackHub(repos, uploads=uploads)
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Routes,), {"hub": hub}))
    server.daemon_threads = True
    hub.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield hub
    finally:
        hub.closing.set()
        server.shutdown()
        server.server_close()
        thread.join()


def point_at(url: str, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Do what HF_ENDPOINT and HF_HUB_CACHE do for a new process, and make retries come at once."""
    from huggingface_hub import constants, file_download
    from huggingface_hub.utils import _http

    prepare()
    template = "/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "ENDPOINT", url)
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", url + template)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(cache))
    monkeypatch.setattr(constants, "DOWNLOAD_CHUNK_SIZE", 32 * 1024)
    monkeypatch.setenv("OPEN_MODEL_LAB_DATASET_VIEWER", url + VIEWER)
    unhurried = SimpleNamespace(**{**vars(time), "sleep": lambda _: None})
    monkeypatch.setattr(_http, "time", unhurried)
    monkeypatch.setattr(file_download, "time", unhurried)
