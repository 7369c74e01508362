"""Thirty write at once, some are killed: nothing acknowledged is lost, nothing is there twice."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections import defaultdict

import pytest
from sqlalchemy.engine import Connection

from core.settings import ROOT
from core.storage import store as store_module
from core.storage.keys import learner_of, new_key
from core.storage.store import WorkStore
from core.work.record import Record
from tests.core.storage.writer import Keep, write_with_threads

WRITERS, EACH = 10, 8


def writing(url: str, name: str, learners: list[str], *, count: int) -> subprocess.Popen[str]:
    program = [sys.executable, "-m", "tests.core.storage.writer", url, name, str(WRITERS)]
    return subprocess.Popen(
        [*program, str(count), *learners], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )


def keep_in(store: WorkStore) -> Keep:
    return lambda learner, record: store.append(learner, [record])


@pytest.fixture
def learners() -> list[str]:
    return [learner_of(new_key()) for _ in range(3)]


class Reader(threading.Thread):
    """Reads on from the last id it saw, all the while, as a page does."""

    def __init__(self, store: WorkStore, learner: str) -> None:
        super().__init__()
        self.store, self.learner = store, learner
        self.seen: list[str] = []
        self.last = 0
        self.done = threading.Event()

    def run(self) -> None:
        while not self.done.wait(0.01):
            self.read()
        self.read()

    def read(self) -> None:
        for number, record in self.store.after(self.learner, self.last):
            self.last = number
            self.seen.append(record.uid)


def test_thirty_writers_at_once_lose_and_double_nothing(
    url: str, store: WorkStore, learners: list[str]
) -> None:
    """Three processes, ten threads each, begin together; two of them with the saver's patience."""
    processes = [writing(url, name, learners, count=EACH) for name in ("first", "second")]
    reader = Reader(store, learners[0])
    reader.start()
    write_with_threads(keep_in(store), "here", WRITERS, EACH, learners)
    printed = [process.communicate(timeout=120)[0] for process in processes]
    reader.done.set()
    reader.join()

    assert [process.returncode for process in processes] == [0, 0]
    assert sum(len(text.splitlines()) for text in printed) == 2 * WRITERS * EACH
    kept = {learner: [record for _, record in store.after(learner)] for learner in learners}
    assert sum(map(len, kept.values())) == 3 * WRITERS * EACH
    assert (
        len({record.uid for records in kept.values() for record in records}) == 3 * WRITERS * EACH
    )
    assert reader.seen == [record.uid for record in kept[learners[0]]]
    for records in kept.values():
        order = defaultdict(list)
        for record in records:
            order[record.body["by"]].append(record.body["n"])
        assert all(numbers == sorted(numbers) for numbers in order.values())


def test_a_record_is_never_seen_before_one_with_a_lower_id(
    store: WorkStore, learners: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who reads on from the last id would miss the one that comes to be seen later."""
    inserted, go = threading.Event(), threading.Event()
    insert = store_module._insert

    def slow_at_first(connection: Connection, lines: list[dict[str, object]]) -> None:
        insert(connection, lines)
        if not inserted.is_set():
            inserted.set()
            go.wait(20)

    monkeypatch.setattr(store_module, "_insert", slow_at_first)
    first, second = (
        threading.Thread(target=store.append, args=(learners[0], [Record(kind, {})]))
        for kind in ("first", "second")
    )
    reader = Reader(store, learners[0])
    first.start()
    assert inserted.wait(20)
    second.start()
    second.join(0.5)
    reader.read()
    assert reader.seen == []
    go.set()
    first.join()
    second.join()
    reader.read()
    assert [record.kind for _, record in store.after(learners[0])] == ["first", "second"]
    assert len(reader.seen) == 2


def test_what_a_killed_process_acknowledged_is_there_once(
    url: str, store: WorkStore, learners: list[str]
) -> None:
    process = writing(url, "killed", learners, count=0)
    assert process.stdout is not None
    lines = [process.stdout.readline() for _ in range(100)]
    process.send_signal(signal.SIGKILL)
    lines += process.stdout.readlines()
    process.wait(timeout=20)
    acknowledged = [tuple(line.split()) for line in lines if line.endswith("\n")]

    kept = [(learner, record.uid) for learner in learners for _, record in store.after(learner)]
    assert len(acknowledged) >= 100
    assert set(acknowledged) <= set(kept)
    assert len(set(kept)) == len(kept)
    # What was in the middle of being written is there or not, never in part, and all goes on.
    assert len(kept) - len(acknowledged) <= WRITERS
    write_with_threads(keep_in(store), "after", 1, 3, learners)
    assert sum(store.count(learner) for learner in learners) == len(kept) + 3
