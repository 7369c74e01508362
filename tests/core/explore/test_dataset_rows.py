"""The first rows of a dataset are shown short and safe, or it is said why there are none."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import BadInputError
from core.explore import dataset_rows
from core.explore.dataset_rows import first_rows
from core.explore.types import Table
from core.hub_client import DownloadStopped
from core.hub_token import Token
from tests.loopback_hub import (
    GARBAGE,
    LOGIN_PAGE,
    MEMBER,
    Faults,
    LoopbackHub,
    Repo,
    point_at,
    serve,
)
from tests.loopback_starters import DATASET, starters_as_repos

STRANGE = "school/strange"
SHUT = "shut/rows"

# JSON as a mirror could send it, with the names that are looked for among the keys.
KEYS = st.sampled_from(["name", "type", "_type", "names", "row", "src", "width"]) | st.text(
    max_size=4
)
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LoopbackHub]:
    strange = tmp_path / "strange"
    strange.mkdir()
    rows = [
        {f"column {at}": "x" * 1000 for at in range(30)}
        | {"column 0": {"src": "http://evil/1.png"}}
        for _ in range(50)
    ]
    rows[0]["column 1"] = "<script>alert(1)</script>\n\x1b[31mred\ud800"
    (strange / "data.jsonl").write_text("\n".join(json.dumps(row) for row in rows))
    repos = (
        *starters_as_repos(tmp_path / "hosted"),
        Repo(STRANGE, strange, kind="dataset"),
        Repo(SHUT, tmp_path / "hosted" / "stories", kind="dataset", gated="auto"),
        Repo("school/empty", tmp_path / "hosted" / "writer", kind="dataset"),
        Repo(
            "school/off",
            tmp_path / "hosted" / "stories",
            kind="dataset",
            card_data={"viewer": False},
        ),
    )
    with serve(*repos) as served:
        point_at(served.url, tmp_path / "cache", monkeypatch)
        dataset_rows._shared.clear()
        yield served


def rows_of(id: str, token: Token | None = None) -> Table:
    return first_rows(id, token=token, cancelled=lambda: False)


def test_the_first_rows_of_the_training_data_are_shown(hub: LoopbackHub) -> None:
    table = rows_of(DATASET)
    assert table.columns == ("id", "text", "words")
    assert len(table.rows) == 10
    assert table.rows[1] == ("1", "A goat looked for a friend.", "6")
    assert table.note == ""


def test_a_class_asks_once(hub: LoopbackHub) -> None:
    threads = [threading.Thread(target=rows_of, args=[DATASET]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(hub.requests("^/viewer/")) == 2


def test_what_is_strange_or_long_is_cut_to_a_small_table(hub: LoopbackHub) -> None:
    table = rows_of(STRANGE)
    assert len(table.columns) == 12
    assert len(table.rows) == 10
    assert all(len(row) == 12 and max(map(len, row)) <= 200 for row in table.rows)
    assert {row[0] for row in table.rows} == {"file"}
    assert all(cell.isprintable() for row in table.rows for cell in row)
    json.dumps(table.rows).encode()


@pytest.mark.parametrize(
    ("id", "words"),
    [
        ("no/such", "without an account"),
        (SHUT, "behind a gate"),
        ("school/empty", "finds no rows"),
        ("school/off", "turned the view of its rows off"),
    ],
)
def test_a_refusal_is_told_in_words(hub: LoopbackHub, id: str, words: str) -> None:
    table = rows_of(id)
    assert words in table.note and "Open the dataset on the Hub" in table.note
    assert table.rows == ()


def test_a_token_opens_a_gate_for_its_owner_only(hub: LoopbackHub) -> None:
    assert rows_of(SHUT, Token(MEMBER)).rows
    assert not rows_of(SHUT).rows


@pytest.mark.parametrize(
    "faults",
    [
        *(Faults(status=status) for status in (400, 418, 429, 500, 503)),
        *(Faults(body=body) for body in (GARBAGE, LOGIN_PAGE, b"", b"[]", b"[" * 100_000, b"7")),
        *(Faults(body=body) for body in (b'{"splits": 3}', b'{"splits": [[], {"config": 1}]}')),
        Faults(body=b'{"splits": "' + b"x" * 1_000_000 + b'"}'),
        Faults(body=b'{"rows": 1}', only="first-rows"),
        Faults(truncates=True),
    ],
)
def test_no_fault_is_an_exception(hub: LoopbackHub, faults: Faults) -> None:
    hub.faults = faults
    table = rows_of(DATASET)
    assert table.rows == () and table.note.endswith(".")
    hub.faults = Faults()
    dataset_rows._shared.clear()
    assert rows_of(DATASET).rows


@given(features=ANY_JSON, rows=ANY_JSON, value=ANY_JSON, kind=ANY_JSON)
def test_any_json_becomes_a_table_or_no_answer(
    features: object, rows: object, value: object, kind: object
) -> None:
    named = {"features": [{"name": "a", "type": kind}], "rows": [{"row": {"a": value}}]}
    for answer in ({"features": features, "rows": rows}, {"features": [features], "rows": [rows]}):
        with suppress(ValueError):
            dataset_rows._table(answer)
    ((cell,),) = dataset_rows._table(named).rows
    assert len(cell) <= 200 and (cell.isprintable() or not cell)
    dataset_rows._first_split({"splits": [value, {"config": value, "split": kind}]})


def test_media_are_named_and_classes_have_their_names() -> None:
    cell = dataset_rows._cell
    picture = {"src": "http://evil/x.png", "width": 640, "height": 480}
    assert cell(picture, {"_type": "Image"}) == "image, 640 × 480"
    assert cell([{"src": "http://evil/x.wav"}], {"_type": "Audio"}) == "audio"
    assert cell(1, {"_type": "ClassLabel", "names": ["no", "yes"]}) == "1 (yes)"
    assert cell({"a": [1, None]}, {}) == '{"a": [1, null]}'


def test_a_copy_of_the_hub_has_no_rows_until_a_viewer_is_named(
    hub: LoopbackHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPEN_MODEL_LAB_DATASET_VIEWER")
    assert "OPEN_MODEL_LAB_DATASET_VIEWER" in rows_of(DATASET).note
    monkeypatch.setenv("OPEN_MODEL_LAB_DATASET_VIEWER", "file:///etc/passwd")
    assert "not a web address" in rows_of(DATASET).note
    assert hub.seen == []


def test_stop_is_heard(hub: LoopbackHub) -> None:
    hub.faults = Faults(silent=True)
    with pytest.raises(DownloadStopped):
        first_rows(DATASET, cancelled=lambda: True)


@pytest.mark.parametrize("id", ["", "a/b/c", "../etc", "a b", "x" * 300, "ä/b", "a/b?x=1"])
def test_what_is_no_id_is_asked_nobody(hub: LoopbackHub, id: str) -> None:
    with pytest.raises(BadInputError):
        rows_of(id)
    assert hub.seen == []
