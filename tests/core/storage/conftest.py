"""The store on both databases: a test that takes `url`, `store` or `saver` runs on each of them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from core.storage.address import read_address
from core.storage.keys import learner_of, new_key
from core.storage.saving import Saver
from core.storage.store import WorkStore
from tests.core.storage.outage import Outage
from tests.postgresql import HOW_TO_GET_POSTGRESQL, Cluster, find_postgresql, running_cluster


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A real PostgreSQL server for all tests of this process."""
    if find_postgresql() is None:
        if os.environ.get("OPEN_MODEL_LAB_REQUIRE_POSTGRES"):
            pytest.fail(HOW_TO_GET_POSTGRESQL)
        pytest.skip(HOW_TO_GET_POSTGRESQL)
    with running_cluster() as running:
        yield running


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database, of each kind in turn."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/data/work.sqlite"
    return request.getfixturevalue("cluster").new_database()


@pytest.fixture
def outage(request: pytest.FixtureRequest, url: str) -> Iterator[Outage]:
    """What takes the database at `url` away and gives it back, at the latest when the test ends."""
    cluster = request.getfixturevalue("cluster") if url.startswith("postgresql") else None
    outage = Outage(url, cluster)
    yield outage
    if outage.is_on:
        outage.end()


@pytest.fixture
def open_store() -> Iterator[Callable[[str], WorkStore]]:
    """A function that opens the store at an address until the test ends."""
    with ExitStack() as stack:

        def opened(address: str) -> WorkStore:
            store = WorkStore(read_address(address))
            stack.callback(store.close)
            return store

        yield opened


@pytest.fixture
def store(url: str, open_store: Callable[[str], WorkStore]) -> WorkStore:
    return open_store(url)


@pytest.fixture
def saver_with() -> Iterator[Callable[..., Saver]]:
    """A function that makes a saver which tries again quickly, until the test ends."""
    with ExitStack() as stack:

        def made(opened: Callable[[], Any], **options: Any) -> Saver:
            saver = Saver(opened, **{"pauses_s": (0.05, 0.1), "patience_s": 20.0, **options})
            stack.callback(saver.close, timeout_s=0.2)
            return saver

        yield made


@pytest.fixture
def learner() -> str:
    return learner_of(new_key())
