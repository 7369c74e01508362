"""A Hub of one's own on 127.0.0.1: the real protocol over real HTTP, with faults on demand."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import pytest

from core.hub import prepare


@dataclass(frozen=True)
class Repo:
    """A model repository: the files of `folder`, at one commit that `branch` names.

    It is found by its `tags`, the one with the most `downloads` first.
    """

    id: str
    folder: Path
    branch: str = "main"
    gated: bool = False
    tags: tuple[str, ...] = ()
    downloads: int = 0

    @property
    def commit(self) -> str:
        """Return its commit, as long as a real one."""
        return hashlib.sha1(self.id.encode(), usedforsecurity=False).hexdigest()

    @property
    def files(self) -> tuple[str, ...]:
        """Return the paths of its files."""
        every = sorted(path for path in self.folder.rglob("*") if path.is_file())
        return tuple(path.relative_to(self.folder).as_posix() for path in every)


@dataclass(frozen=True)
class Faults:
    """What goes wrong with every answer until it is set right again.

    `status` refuses with that number; `silent` accepts and never answers; `cut_after` breaks the
    connection after so many bytes of a large file, `cuts` times; `ignores_range` sends the whole;
    `damages` sends large files with the last byte changed.
    """

    status: int = 0
    silent: bool = False
    cut_after: int | None = None
    cuts: int = 1_000_000
    ignores_range: bool = False
    damages: bool = False


@dataclass(frozen=True)
class Seen:
    """A request that came in."""

    method: str
    path: str
    headers: Mapping[str, str]


@dataclass
class LoopbackHub:
    """The repositories served, the faults switched on, and all requests so far."""

    repos: tuple[Repo, ...]
    faults: Faults = Faults()
    seen: list[Seen] = field(default_factory=list)
    closing: threading.Event = field(default_factory=threading.Event)
    port: int = 0
    cuts: int = 0

    @property
    def url(self) -> str:
        """Return what HF_ENDPOINT is to be."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def fetched(self) -> set[str]:
        """Return the names of the files of which the content was asked for."""
        gets = (seen.path for seen in self.seen if seen.method == "GET")
        return {path.rpartition("/")[2] for path in gets if not path.startswith("/api/")}


@contextmanager
def serve(*repos: Repo) -> Iterator[LoopbackHub]:
    """Serve `repos` until the end of the block."""
    from tests.loopback_routes import Routes

    hub = LoopbackHub(repos)
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
    unhurried = SimpleNamespace(**{**vars(time), "sleep": lambda _: None})
    monkeypatch.setattr(_http, "time", unhurried)
    monkeypatch.setattr(file_download, "time", unhurried)
