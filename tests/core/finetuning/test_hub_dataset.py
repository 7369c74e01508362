"""A dataset of the Hub becomes a table to train on, or it is said why not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import BadInputError, HubError, LabError
from core.finetuning import hub_dataset
from core.finetuning.columns import guess_columns, to_examples
from core.finetuning.hub_dataset import MOST_ROWS, Part, dataset_parts, page_starts, read_dataset
from core.finetuning.reading import Table
from core.hub_client import DownloadStopped
from tests.loopback_hub import GARBAGE, LOGIN_PAGE, Faults, LoopbackHub, Repo, point_at, serve

REVIEWS = "school/reviews"
TRAIN = Part("default", "train")
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=10,
)


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LoopbackHub]:
    # Sorted by its labels, as many are.
    for split, rows in (("train", 840), ("test", 30)):
        listed = [
            {"text": f"review number {at} of a thing", "label": int(at >= rows / 2), "id": at}
            for at in range(rows)
        ]
        _write(tmp_path / "reviews" / f"{split}.jsonl", "\n".join(map(json.dumps, listed)))
    _write(tmp_path / "silent" / "train.jsonl", "")
    card = {"class_labels": {"label": ["bad", "good"]}}
    monkeypatch.setattr(hub_dataset, "MOST_ROWS", 600)
    repos = (
        Repo(REVIEWS, tmp_path / "reviews", kind="dataset", card_data=card),
        Repo("school/empty", tmp_path / "silent", kind="dataset"),
        Repo("school/shut", tmp_path / "reviews", kind="dataset", gated="auto"),
    )
    with serve(*repos) as served:
        point_at(served.url, tmp_path / "cache", monkeypatch)
        for shared in (hub_dataset._parts, hub_dataset._tables):
            shared.clear()
        yield served


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(exist_ok=True)
    file.write_text(text)


def read(id: str = REVIEWS, part: Part = TRAIN) -> Table:
    return read_dataset(id, part, cancelled=lambda: False)


def test_rows_from_all_over_a_sorted_dataset_are_read_once_for_everybody(hub: LoopbackHub) -> None:
    assert dataset_parts(REVIEWS, cancelled=lambda: False) == (TRAIN, Part("default", "test"))
    table = read()
    assert read() is table
    assert len(hub.requests("/viewer/rows")) == 6
    assert len(table.rows) == 540
    assert "840 rows: 540 are used, taken from all over it" in table.notes[0]
    assert (table.numbers[0], table.numbers[-1]) == (1, 840)
    guess = guess_columns(table)
    assert (guess.text, guess.label) == ("text", "label")
    loaded = to_examples(table, text="text", label="label", scheme=guess.scheme)
    labels = [example.label for example in loaded.examples]
    assert {"bad", "good"} == set(table.column("label"))
    assert min(labels.count(label) for label in set(labels)) > 200


def test_a_small_split_is_read_whole(hub: LoopbackHub) -> None:
    table = read(part=Part("default", "test"))
    assert (len(table.rows), table.notes) == (30, ())


@pytest.mark.parametrize(
    ("id", "error"),
    [("school/shut", HubError), ("school/none", HubError), ("no id!", BadInputError)],
)
def test_what_cannot_be_read_is_told_in_words(
    hub: LoopbackHub, id: str, error: type[LabError]
) -> None:
    with pytest.raises(error) as caught:
        dataset_parts(id, cancelled=lambda: False)
    assert caught.value.next_step
    with pytest.raises(error):
        read(id)


@pytest.mark.parametrize(
    "faults",
    [
        Faults(status=500),
        Faults(status=429, retry_after_s=3600),
        Faults(body=LOGIN_PAGE),
        Faults(body=GARBAGE),
        Faults(body=b"[]"),
        Faults(body=b'{"rows": [1, {"row": 2}], "features": [3, {"name": 4}]}'),
        Faults(truncates=True),
    ],
)
def test_no_fault_is_anything_but_words(hub: LoopbackHub, faults: Faults) -> None:
    hub.faults = faults
    with pytest.raises(LabError) as caught:
        dataset_parts(REVIEWS, cancelled=lambda: False)
    assert caught.value.next_step
    with pytest.raises(LabError):
        read()


def test_when_the_hub_falls_silent_on_the_way_what_was_read_is_used(hub: LoopbackHub) -> None:
    found = []

    def stop_asking() -> bool:
        found.append(1)
        if len(hub.requests("/viewer/rows")) >= 3:
            hub.faults = Faults(status=503)
        return False

    table = read_dataset(REVIEWS, TRAIN, cancelled=stop_asking)
    assert found
    assert 0 < len(table.rows) < 540
    assert "stopped answering" in table.notes[0]


def test_stop_is_heard(hub: LoopbackHub) -> None:
    with pytest.raises(DownloadStopped):
        read_dataset(REVIEWS, TRAIN, cancelled=lambda: True)


@given(st.integers(0, 10**12))
def test_pages_are_in_order_within_the_rows_and_bounded(total: int) -> None:
    starts = page_starts(total)
    assert len(starts) <= MOST_ROWS // 100
    assert list(starts) == sorted(set(starts))
    assert all(start < total for start in starts)
    if total > 100:
        assert starts[-1] + 100 >= total


@given(ANY_JSON, ANY_JSON, ANY_JSON)
def test_any_answer_becomes_rows_of_text_or_an_error(kind: object, name: object, v: object) -> None:
    answer = {"features": [{"name": name, "type": kind}, {"name": "a", "type": {"_type": kind}}]}
    with suppress(BadInputError):
        hub_dataset._kinds(answer["features"])
    kinds = {"a": {"_type": "ClassLabel", "names": kind}, "b": {"_type": "Value"}}
    rows = hub_dataset._rows({"rows": [{"row": {"a": v, "b": v}}, {"row": v}, v]}, 0, kinds)
    assert all(isinstance(cell, str) for row in rows.values() for cell in row)
