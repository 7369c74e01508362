"""A database that is full, read-only, damaged or not there says so in words and loses nothing."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.errors import StoreError
from core.storage.store import WorkStore
from core.work.record import Record
from tests.core.storage.small_disk import HOW_TO_MOUNT, may_mount, read_only, small_disk
from tests.postgresql import Cluster

Opened = Callable[[str], WorkStore]
NEEDS_MOUNT = pytest.mark.skipif(not may_mount(), reason=HOW_TO_MOUNT)


def fill(store: WorkStore, learner: str) -> list[Record]:
    """Append until the disk is full; return what was acknowledged."""
    kept: list[Record] = []
    with pytest.raises(StoreError, match=r"disk .* is full") as refused:
        for n in range(2_000):
            record = Record("run", {"n": n, "text": secrets.token_hex(25_000)})
            store.append(learner, [record])
            kept.append(record)
    assert refused.value.readable
    assert "make room" in refused.value.next_step
    return kept


def assert_all_is_there(store: WorkStore, learner: str, kept: list[Record]) -> None:
    assert len(kept) > 3
    assert [record for _, record in store.after(learner)] == kept


@pytest.fixture(params=["a disk", "SQLite's own bound"])
def full_store(
    request: pytest.FixtureRequest, tmp_path: Path, open_store: Opened
) -> Iterator[tuple[WorkStore, Callable[[], None]]]:
    """A store that is soon full, and a function that makes room."""
    if request.param == "a disk":
        if not may_mount():
            pytest.skip(HOW_TO_MOUNT)
        with small_disk(tmp_path / "disk", size_kib=1500) as disk:
            (disk / "ballast").write_bytes(b"x" * 600_000)
            store = open_store(f"sqlite:///{disk}/work.sqlite")
            yield store, (disk / "ballast").unlink
            store.close()
        return
    store = open_store(f"sqlite:///{tmp_path}/work.sqlite")
    pages = [200]

    @sa.event.listens_for(store.database.engine, "checkout")
    def bound(connection: sa.engine.interfaces.DBAPIConnection, *_: object) -> None:
        connection.execute(f"PRAGMA max_page_count = {pages[0]}")

    yield store, lambda: pages.__setitem__(0, 100_000)


def test_a_full_disk_keeps_what_was_acknowledged_and_takes_more_once_there_is_room(
    full_store: tuple[WorkStore, Callable[[], None]], learner: str
) -> None:
    store, make_room = full_store
    kept = fill(store, learner)
    assert_all_is_there(store, learner, kept)
    make_room()
    store.append(learner, [more := Record("answer", {"text": "there is room"})])
    assert_all_is_there(store, learner, [*kept, more])


@NEEDS_MOUNT
def test_a_full_disk_of_postgresql_keeps_what_was_acknowledged(
    cluster: Cluster, learner: str, open_store: Opened
) -> None:
    with small_disk(cluster.folder / "disk", size_kib=12_000) as disk:
        shutil.chown(disk, "postgres")
        cluster.ask(f"CREATE TABLESPACE small LOCATION '{disk}'")
        cluster.ask("CREATE DATABASE crowded TABLESPACE small STRATEGY file_copy")
        store = open_store(cluster.url("crowded"))
        assert_all_is_there(store, learner, fill(store, learner))
        store.close()
        cluster.ask("DROP DATABASE crowded WITH (FORCE)")
        cluster.ask("DROP TABLESPACE small")


def assert_can_be_read_only(store: WorkStore, learner: str, kept: Record) -> None:
    for write in (lambda: store.append(learner, [Record("answer", {})]), store.check):
        with pytest.raises(StoreError, match="read but not written") as refused:
            write()
        assert refused.value.readable
        assert "OPEN_MODEL_LAB_DATABASE" in refused.value.next_step
    with pytest.raises(StoreError, match="read but not written"):
        store.delete(learner)
    assert [record for _, record in store.after(learner)] == [kept]


def test_a_file_that_can_only_be_read_is_read(
    tmp_path: Path, learner: str, open_store: Opened
) -> None:
    record = Record("answer", {"text": "kept"})
    open_store(f"sqlite:///{tmp_path}/work.sqlite").append(learner, [record])
    store = open_store(f"sqlite:///file:{tmp_path}/work.sqlite?mode=ro&uri=true")
    assert_can_be_read_only(store, learner, record)


@NEEDS_MOUNT
def test_a_disk_that_can_only_be_read_for_a_while_takes_more_afterwards(
    tmp_path: Path, learner: str, open_store: Opened
) -> None:
    record = Record("answer", {"text": "kept"})
    with small_disk(tmp_path / "disk", size_kib=2000) as disk:
        store = open_store(f"sqlite:///{disk}/work.sqlite")
        store.append(learner, [record])
        store.close()
        read_only(disk, on=True)
        for use in (store.delete, store.count):
            with pytest.raises(StoreError, match="read but not written"):
                use(learner)
        read_only(disk, on=False)
        store.append(learner, [Record("answer", {})])
        assert store.count(learner) == 2
        store.close()


def test_a_postgresql_that_can_only_be_read_is_read(
    cluster: Cluster, learner: str, open_store: Opened
) -> None:
    url = cluster.new_database()
    record = Record("answer", {"text": "kept"})
    open_store(url).append(learner, [record])
    name = url.partition("@/")[2].partition("?")[0]
    cluster.ask(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    assert_can_be_read_only(open_store(url), learner, record)


def test_a_place_that_cannot_be_made_is_told(
    tmp_path: Path, learner: str, open_store: Opened
) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(StoreError, match="cannot be reached") as refused:
        open_store(f"sqlite:///{tmp_path}/file/work.sqlite").count(learner)
    assert not refused.value.readable


@pytest.mark.parametrize("spoilt", [b"no database" * 1000, b"SQLite format 3\0" + b"\xff" * 9000])
def test_a_damaged_file_is_told_and_left_as_it_is(
    tmp_path: Path, learner: str, open_store: Opened, spoilt: bytes
) -> None:
    (tmp_path / "work.sqlite").write_bytes(spoilt)
    with pytest.raises(StoreError, match="damaged"):
        open_store(f"sqlite:///{tmp_path}/work.sqlite").append(learner, [Record("answer", {})])
    assert (tmp_path / "work.sqlite").read_bytes() == spoilt


def test_a_server_that_does_not_let_the_lab_in_is_told(
    cluster: Cluster, learner: str, open_store: Opened
) -> None:
    strangers = cluster.url("postgres").replace("postgres@", "nobody:hush@")
    for url in (cluster.url("missing"), strangers):
        with pytest.raises(StoreError, match="does not let the lab in"):
            open_store(url).count(learner)


def test_a_server_that_was_away_is_used_again_without_anybody_seeing_to_it(
    cluster: Cluster, learner: str, open_store: Opened
) -> None:
    store = open_store(cluster.new_database())
    store.append(learner, [Record("answer", {"n": 1})])
    cluster.stop()
    try:
        for use in (store.count, store.after, store.delete):
            with pytest.raises(StoreError, match="cannot be reached"):
                use(learner)
    finally:
        cluster.start()
    store.append(learner, [Record("answer", {"n": 2})])
    assert [record.body for _, record in store.after(learner)] == [{"n": 1}, {"n": 2}]
