"""Nothing that learners did is lost while the store is away, and they are told so in words."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence

import pytest

from core.errors import BadInputError, LabError, StoreError
from core.settings import ROOT
from core.storage import store as store_module
from core.storage.encoding import Parcel
from core.storage.keys import learner_of, new_key
from core.storage.pending import Pending
from core.storage.saving import Saver
from core.storage.store import WorkStore
from core.work.record import Record
from tests.core.storage.outage import Outage

SaverWith = Callable[..., Saver]
ENOUGH_S = 60


@pytest.fixture
def saver(store: WorkStore, saver_with: SaverWith) -> Saver:
    return saver_with(lambda: store)


def answers(count: int, *, start: int = 0) -> list[Record]:
    return [Record("answer", {"n": n}) for n in range(start, start + count)]


def kept_in(store: WorkStore, learner: str) -> list[Record]:
    return [record for _, record in store.after(learner)]


class StuckStore:
    """A real store whose writing waits until `go` is set."""

    def __init__(self, store: WorkStore) -> None:
        self.store = store
        self.go = threading.Event()
        self.begun = threading.Event()
        self.after, self.delete = store.after, store.delete
        self.check, self.close = store.check, store.close

    def write(self, parcels: Sequence[Parcel]) -> list[LabError | None]:
        self.begun.set()
        assert self.go.wait(ENOUGH_S)
        return self.store.write(parcels)


def test_what_is_saved_is_in_the_database_when_save_returns(
    url: str,
    saver: Saver,
    learner: str,
    open_store: Callable[[str], WorkStore],
) -> None:
    for record in answers(5):
        saver.save(learner, record)
        assert kept_in(open_store(url), learner)[-1] == record
    assert saver.problem(learner) is None
    assert [record for _, record in saver.records(learner)] == kept_in(open_store(url), learner)
    last = saver.records(learner)[2][0]
    assert [record.body["n"] for _, record in saver.records(learner, last)] == [3, 4]


def test_an_outage_loses_nothing_and_doubles_nothing(
    saver: Saver, store: WorkStore, outage: Outage, learner: str
) -> None:
    done = answers(10)
    other = learner_of(new_key())
    saver.save_all(learner, done[:4])
    last = saver.records(learner)[-1][0]
    outage.begin()
    for record in done[4:]:
        saver.save(learner, record)

    problem = saver.problem(learner)
    assert isinstance(problem, StoreError)
    assert "6 entries are only in the lab's memory" in problem.message
    assert "cannot be reached" in problem.message
    assert "saved as soon as" in problem.next_step
    assert saver.records(learner, last) == tuple((0, record) for record in done[4:])
    told = saver.problem(other)
    assert told is not None and "cannot be shown" in told.message

    outage.end()
    assert saver.flush(ENOUGH_S)
    assert saver.problem(learner) is saver.problem(other) is None
    assert kept_in(store, learner) == done
    found = saver.records(learner, last)
    assert [record for _, record in found] == done[4:]
    assert all(number > last for number, _ in found)


def test_a_store_that_is_away_from_the_beginning_is_found_when_it_comes(
    store: WorkStore, saver: Saver, outage: Outage, learner: str
) -> None:
    outage.begin()
    assert saver.records(learner) == ()
    saver.save_all(learner, done := answers(3))
    assert [record for _, record in saver.records(learner)] == done
    outage.end()
    assert saver.flush(ENOUGH_S)
    assert kept_in(store, learner) == done


def test_thirty_who_save_while_the_store_comes_and_goes_lose_and_double_nothing(
    store: WorkStore, saver: Saver, outage: Outage
) -> None:
    learners = [learner_of(new_key()) for _ in range(30)]
    half = threading.Barrier(31)

    def work(learner: str) -> None:
        for n in range(12):
            if n in (4, 8):
                half.wait(ENOUGH_S)
            saver.save(learner, Record("answer", {"n": n}))

    threads = [threading.Thread(target=work, args=(learner,)) for learner in learners]
    for thread in threads:
        thread.start()
    half.wait(ENOUGH_S)
    outage.begin()
    half.wait(ENOUGH_S)
    outage.end()
    for thread in threads:
        thread.join()
    assert saver.flush(ENOUGH_S)
    for learner in learners:
        assert [record.body["n"] for record in kept_in(store, learner)] == list(range(12))


def test_a_store_that_does_not_answer_holds_nobody_up(
    store: WorkStore, saver_with: SaverWith, learner: str
) -> None:
    stuck = StuckStore(store)
    saver = saver_with(lambda: stuck, patience_s=0.2)
    done = answers(40)
    began = time.monotonic()
    for record in done:
        saver.save(learner, record)
    # Only who comes first waits: forty with patience would take eight seconds.
    assert time.monotonic() - began < 40 * 0.2
    problem = saver.problem(learner)
    assert problem is not None and "takes long" in problem.message
    assert [record for _, record in saver.records(learner)] == done
    with pytest.raises(StoreError, match="could not be deleted"):
        saver.delete(learner_of(new_key()))
    stuck.go.set()
    assert saver.flush(ENOUGH_S)
    assert saver.problem(learner) is None
    assert kept_in(store, learner) == done


def test_a_deletion_also_takes_what_is_being_written_and_what_waits(
    store: WorkStore, saver_with: SaverWith, learner: str
) -> None:
    stuck = StuckStore(store)
    saver = saver_with(lambda: stuck, patience_s=ENOUGH_S)
    writers = [threading.Thread(target=saver.save, args=(learner, record)) for record in answers(3)]
    for writer in writers:
        writer.start()
    assert stuck.begun.wait(ENOUGH_S)
    deletion = threading.Thread(target=saver.delete, args=(learner,))
    deletion.start()
    stuck.go.set()
    for thread in (*writers, deletion):
        thread.join()
    assert saver.flush(ENOUGH_S)
    assert saver.records(learner) == ()
    saver.save(learner, later := Record("answer", {"n": "begun anew"}))
    assert kept_in(store, learner) == [later]


def test_what_cannot_be_deleted_now_is_told_and_what_waits_is_never_written(
    store: WorkStore, saver: Saver, outage: Outage, learner: str
) -> None:
    saver.save_all(learner, done := answers(2))
    outage.begin()
    saver.save_all(learner, answers(3, start=2))
    with pytest.raises(StoreError, match="could not be deleted") as refused:
        saver.delete(learner)
    assert "Try again" in refused.value.next_step
    outage.end()
    assert saver.flush(ENOUGH_S)
    assert kept_in(store, learner) == done
    assert saver.delete(learner) == 2
    assert saver.records(learner) == ()


def test_what_waits_is_bounded_keeps_what_it_took_and_says_what_it_did_not(
    store: WorkStore, saver_with: SaverWith, outage: Outage
) -> None:
    saver = saver_with(lambda: store, pending=Pending(most_records=20))
    greedy, modest = learner_of(new_key()), learner_of(new_key())
    saver.save(modest, first := Record("answer", {"n": "first"}))
    outage.begin()
    for record in (done := answers(30)):
        saver.save(greedy, record)
    saver.save(modest, second := Record("answer", {"n": "second"}))

    lost = saver.problem(greedy)
    assert lost is not None and "not kept" in lost.message and "Download" in lost.next_step
    waits = saver.problem(modest)
    assert waits is not None and "1" not in waits.message and "entry is only" in waits.message
    outage.end()
    assert saver.flush(ENOUGH_S)
    assert kept_in(store, greedy) == done[:5]
    assert kept_in(store, modest) == [first, second]
    assert saver.problem(modest) is None
    assert saver.problem(greedy) is not None  # until they did something that is kept
    saver.save(greedy, done[-1])
    assert saver.problem(greedy) is None


def test_what_waits_is_bounded_in_bytes() -> None:
    pending = Pending(most_bytes=400)
    parcels = [Parcel(learner_of(new_key()), ()) for _ in range(3)]
    assert all(pending.take_in(parcel, now_s=0) for parcel in parcels)
    from core.storage.encoding import encode

    large = encode(Record("run", {"text": "x" * 100}))
    assert pending.take_in(Parcel(parcels[0].learner, (large,)), now_s=0) is None


def test_a_learner_without_room_is_told_at_once_and_holds_up_nobody(
    store: WorkStore, saver: Saver, learner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_module, "MOST_RECORDS", 3)
    other = learner_of(new_key())
    saver.save_all(learner, answers(3))
    with pytest.raises(LabError, match="the most for one learner"):
        saver.save(learner, Record("answer", {"n": "too many"}))
    problem = saver.problem(learner)
    assert problem is not None and "the most for one learner" in problem.message
    saver.save(other, Record("answer", {}))
    assert saver.problem(other) is None
    assert saver.delete(learner) == 3
    assert saver.problem(learner) is None


def test_what_is_no_record_is_refused_before_anything_is_saved(
    store: WorkStore, saver: Saver, learner: str
) -> None:
    with pytest.raises(BadInputError):
        saver.save_all(learner, [Record("answer", {}), Record("run", {"text": "x" * 10**6})])
    with pytest.raises(ValueError, match="no learner"):
        saver.save("anna", Record("answer", {}))
    assert store.count(learner) == 0


def test_a_record_is_saved_as_it_was_when_it_was_saved(
    saver: Saver, outage: Outage, learner: str
) -> None:
    body = {"choices": ["a"]}
    outage.begin()
    saver.save(learner, Record("answer", body))
    body["choices"].append("b")
    outage.end()
    assert saver.flush(ENOUGH_S)
    assert [record.body for _, record in saver.records(learner)] == [{"choices": ["a"]}]


def test_a_store_that_can_be_read_is_shown_though_nothing_can_be_saved(
    store: WorkStore, saver_with: SaverWith, learner: str
) -> None:
    store.append(learner, done := answers(2))

    class Full(StuckStore):
        def write(self, parcels: Sequence[Parcel]) -> list[LabError | None]:
            raise StoreError("The disk that keeps the work is full.", readable=True)

    saver = saver_with(lambda: Full(store))
    assert saver.problem(learner) is None
    saver.save(learner, more := Record("answer", {"n": "more"}))
    assert [record for _, record in saver.records(learner)] == [*done, more]
    problem = saver.problem(learner)
    assert problem is not None and "is full" in problem.message
    assert saver.problem(learner_of(new_key())) is None


def test_a_wrong_address_leaves_the_lab_running_and_is_told(
    saver_with: SaverWith, learner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from core.storage.saving import _open_store

    monkeypatch.setenv("OPEN_MODEL_LAB_DATABASE", "mysql://lab:hush@host/lab")
    saver = saver_with(_open_store, patience_s=1)
    assert saver.records(learner) == ()
    saver.save(learner, record := Record("answer", {}))
    assert [found for _, found in saver.records(learner)] == [record]
    problem = saver.problem(learner)
    assert problem is not None and "OPEN_MODEL_LAB_DATABASE" in problem.message


def test_pages_that_only_look_load_no_database() -> None:
    program = """
import sys
import core.storage.keys
from core.storage.saving import saver
saver().problem("a" * 64)
print([name for name in ("sqlalchemy", "alembic", "psycopg") if name in sys.modules])
saver().prepare()
"""
    run = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (run.returncode, run.stdout, run.stderr) == (0, "[]\n", "")
