"""What learners did is kept as it was, once, in order, and apart from that of others."""

from __future__ import annotations

import json
import logging
import stat
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import BadInputError, LabError, StoreError
from core.storage import store as store_module
from core.storage.keys import learner_of, new_key
from core.storage.store import WorkStore
from core.work.record import Record

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(st.characters(), max_size=20),  # lone surrogates and NUL included
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)
HUSH = {"text": "private"}
HOSTILE = {
    "nul": "a\0b",
    "lone surrogates": "\ud800 \udfff",
    "emoji": "🤗👩‍👩‍👧‍👦",
    "quotes": "'; DROP TABLE records; --",
    "html": "<script>alert(1)</script>",
    "\0key\ud800": ["\x1b[31m", 10**400, -0.0, 1e308, None, True, {}, []],
}


def bodies(store: WorkStore, learner: str, last: int = 0) -> list[object]:
    return [record.body for _, record in store.after(learner, last)]


def nested(levels: int) -> dict[str, object]:
    body: dict[str, object] = {}
    for _ in range(levels - 1):
        body = {"in": body}
    return body


def test_records_come_back_as_they_were_in_the_order_in_which_they_were_kept(
    store: WorkStore, learner: str
) -> None:
    first = [Record("answer", {"n": n}, created_s=100.0 - n) for n in range(5)]
    store.append(learner, first)
    last = store.after(learner)[-1][0]
    later = Record("run", HOSTILE)
    store.append(learner, [later])
    found = store.after(learner)
    assert [record for _, record in found] == [*first, later]
    assert [number for number, _ in found] == sorted({number for number, _ in found})
    assert [record for _, record in store.after(learner, last)] == [later]
    assert store.after(learner, found[-1][0]) == ()
    assert store.count(learner) == 6


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(body=st.dictionaries(st.text(st.characters(), max_size=10), JSON, max_size=4))
def test_any_json_comes_back_as_it_was(store: WorkStore, body: dict[str, object]) -> None:
    learner = learner_of(new_key())
    record = Record("anything", body)
    store.append(learner, [record])
    assert [found for _, found in store.after(learner)] == [record]


def test_sending_a_record_again_doubles_nothing_and_changes_nothing(
    store: WorkStore, learner: str
) -> None:
    record = Record("answer", {"text": "first"})
    store.append(learner, [record, record])
    store.append(learner, [record, Record("answer", {"text": "forged"}, uid=record.uid)])
    store.append(learner, [Record("answer", {"text": "next"}), record])
    assert bodies(store, learner) == [{"text": "first"}, {"text": "next"}]


def test_learners_never_meet(store: WorkStore) -> None:
    one, other = learner_of(new_key()), learner_of(new_key())
    record = Record("answer", {"text": "shared name"})
    store.append(one, [record])
    store.append(other, [Record("answer", {"text": "mine"}, uid=record.uid)])
    assert bodies(store, one) == [{"text": "shared name"}]
    assert bodies(store, other) == [{"text": "mine"}]
    assert store.delete(one) == 1
    assert (store.count(one), store.count(other)) == (0, 1)


def test_what_was_deleted_is_gone_and_what_comes_later_is_seen_by_who_read_before(
    store: WorkStore, learner: str
) -> None:
    store.append(learner, [Record("answer", {"n": n}) for n in range(10)])
    last = store.after(learner)[-1][0]
    assert store.delete(learner) == 10
    assert store.after(learner) == ()
    assert store.delete(learner) == 0
    store.append(learner, [Record("answer", {"n": "new"})])
    assert bodies(store, learner, last) == [{"n": "new"}]


@pytest.mark.parametrize("key", ["", "anna", "A" * 64, "a" * 65, "A" * 22])
def test_a_key_is_never_taken_for_a_learner(store: WorkStore, key: str) -> None:
    for use in (store.after, store.count, store.delete):
        with pytest.raises(ValueError, match="no learner"):
            use(key)
    with pytest.raises(ValueError, match="no learner"):
        store.append(key, [Record("answer", {})])


@pytest.mark.parametrize(
    "record",
    [
        Record("run", {"text": "x" * 1_000_000}),
        Record("run", {"text": "🤗" * 90_000}),
        Record("run", nested(101)),
        Record("run", nested(5000)),
        Record("", {}),
        Record("run\0", {}),
        Record("k" * 65, {}),
        Record("run", {}, uid="short"),
        Record("run", {}, uid="A" * 32),
        Record("run", {}, created_s=float("nan")),
        Record("run", {}, created_s=-1),
        Record("run", {}, created_s=10**400),
        Record("run", {}, created_s="now"),  # type: ignore[arg-type]
        Record("run", ["a list"]),  # type: ignore[arg-type]
    ],
    ids=range(14),
)
def test_a_record_that_is_none_is_refused_in_words_and_nothing_beside_it_is_kept(
    store: WorkStore, learner: str, record: Record
) -> None:
    with pytest.raises(BadInputError, match="cannot be saved") as refused:
        store.append(learner, [Record("answer", {}), record])
    assert refused.value.next_step
    assert store.count(learner) == 0


def test_the_largest_and_deepest_record_is_kept(store: WorkStore, learner: str) -> None:
    large = {"text": "x" * (1_000_000 - len('{"text":""}'))}
    store.append(learner, [Record("run", large), Record("run", nested(100))])
    assert bodies(store, learner) == [large, nested(100)]


def test_a_learner_has_room_for_so_much_and_may_send_again_what_is_kept(
    store: WorkStore, learner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_module, "MOST_RECORDS", 10)
    kept = [Record("answer", {"n": n}) for n in range(10)]
    store.append(learner, kept[:6])
    store.append(learner, kept)
    with pytest.raises(LabError, match="the most for one learner") as refused:
        store.append(learner, [*kept[:3], Record("answer", {"n": "one too many"})])
    assert refused.value.next_step
    assert [record for _, record in store.after(learner)] == kept
    store.append(learner_of(new_key()), kept)
    store.delete(learner)
    store.append(learner, kept)
    assert store.count(learner) == 10


def test_a_learner_has_room_for_so_many_bytes(
    store: WorkStore, learner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_module, "MOST_BYTES", 1000)
    store.append(learner, [Record("run", {"text": "x" * 900})])
    with pytest.raises(LabError, match="the most for one learner"):
        store.append(learner, [Record("run", {"text": "x" * 200})])
    assert store.count(learner) == 1


def test_a_line_that_somebody_spoilt_costs_only_itself(
    url: str, store: WorkStore, learner: str, open_store: Callable[[str], WorkStore]
) -> None:
    store.append(learner, [Record("answer", {"n": n}) for n in range(3)])
    with store.database.writing() as connection:
        connection.exec_driver_sql("""UPDATE records SET body = '[[[' WHERE body = '{"n":1}'""")
    assert bodies(open_store(url), learner) == [{"n": 0}, {"n": 2}]


def test_the_file_is_for_its_owner_alone_and_holds_nothing_that_was_deleted(
    tmp_path: Path, learner: str, open_store: Callable[[str], WorkStore]
) -> None:
    store = open_store(f"sqlite:///{tmp_path}/work.sqlite")
    store.append(learner, [Record("answer", {"text": "my secret answer"})] * 3)
    files = list(tmp_path.iterdir())
    assert len(files) == 3  # with what SQLite keeps beside it
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert any(b"my secret answer" in file.read_bytes() for file in files)
    store.delete(learner)
    assert not any(b"my secret answer" in file.read_bytes() for file in tmp_path.iterdir())


def test_a_file_that_is_taken_away_is_made_anew(
    tmp_path: Path, learner: str, open_store: Callable[[str], WorkStore]
) -> None:
    store = open_store(f"sqlite:///{tmp_path}/data/work.sqlite")
    store.append(learner, [Record("answer", {"n": 1})])
    for file in (tmp_path / "data").iterdir():
        file.unlink()
    (tmp_path / "data").rmdir()
    assert store.after(learner) == ()
    store.append(learner, [Record("answer", {"n": 2})])
    assert bodies(open_store(f"sqlite:///{tmp_path}/data/work.sqlite"), learner) == [{"n": 2}]


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://lab:pa55word@127.0.0.1:9/lab",
        "postgres://lab:pa55word@127.0.0.1:9/lab?password=pa55word",
        "postgresql://lab@127.0.0.1:9/lab?pa55word=1",
        "postgresql+psycopg2://lab:pa55word@127.0.0.1:9/lab",
        "mysql://lab:pa55word@127.0.0.1/lab",
        "postgresql://lab:x@pa55word@127.0.0.1:9/lab",
        "postgresql://lab:pa55word@127.0.0.1:port/lab",
        "pa55word",
    ],
)
def test_no_password_is_ever_in_an_error_or_the_log(
    address: str,
    learner: str,
    open_store: Callable[[str], WorkStore],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(StoreError) as failed:
        open_store(address).append(learner, [Record("answer", HUSH)])
    seen = [repr(failed.value), *traceback.format_exception(failed.value, chain=True)]
    seen += [json.dumps(vars(line), default=str) for line in caplog.records]
    assert failed.value.next_step
    assert not any("pa55word" in text or "private" in text or learner in text for text in seen)
