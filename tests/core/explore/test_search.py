"""Searching by the Hub's own protocol, and what there is to see when the Hub is silent."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import hub_client
from core.errors import HubError
from core.explore import hub_listing
from core.explore import search as searching
from core.explore.hub_search import MOST_PAGES, found_in, search_hub, tidy
from core.explore.search import search
from core.explore.types import PAGE_SIZE, Found, Kind, Origin, Query, Results, Sort
from core.hub_client import DownloadStopped
from core.hub_token import Token
from tests.loopback_hub import MEMBER, Faults, LoopbackHub, Repo, point_at, serve

DAY = datetime(2025, 1, 1, tzinfo=UTC)
TOKEN = Token(MEMBER)


def publish(folder: Path, millions: int) -> Path:
    """Make a repository with the header of weights of that size, and no weights."""
    shape = {"w": {"dtype": "BF16", "shape": [millions, 10**6], "data_offsets": [0, 0]}}
    header = json.dumps(shape).encode()
    folder.mkdir()
    content = len(header).to_bytes(8, "little") + header
    (folder / "model.safetensors").write_bytes(content)
    return folder


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Folders of models with 1 to 40 million parameters."""
    folder = tmp_path_factory.mktemp("models")
    return [publish(folder / str(number), number) for number in range(1, 41)]


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("empty")


@pytest.fixture
def loopback(
    empty: Path, models: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[LoopbackHub]:
    """A Hub with forty models, a dataset and a Space; nothing is remembered, retries come soon."""
    card = {"license": "mit", "language": ["en", "fr"]}
    repos = [
        Repo(
            f"school/model-{number}",
            folder,
            downloads=number,
            likes=100 - number,
            trending_score=number % 7,
            created_at=DAY + timedelta(days=number),
            pipeline_tag="text-generation",
            gated="auto" if number % 2 else False,
            card_data=card if number < 20 else {"license": "apache-2.0", "language": "de"},
        )
        for number, folder in enumerate(models, start=1)
    ]
    others = (
        Repo("school/picture", empty, pipeline_tag="text-to-image"),
        Repo(
            "school/stories",
            empty,
            kind="dataset",
            card_data={**card, "task_categories": ["text-generation"]},
        ),
        Repo(
            "school/writer",
            empty,
            kind="space",
            card_data={"sdk": "streamlit", "license": "mit", "short_description": "Writes."},
        ),
    )
    searching.forget_answers()
    monkeypatch.setattr(hub_listing, "_PAUSES_S", (0.0, 0.0))
    monkeypatch.setattr(hub_client, "_TIMEOUT_S", 0.5)
    with serve(*repos, *others) as served:
        point_at(served.url, tmp_path / "cache", monkeypatch)
        yield served
    searching.forget_answers()


def ids(results: Results) -> list[str]:
    return [found.id for found in results.found]


def tokens(served: LoopbackHub) -> list[str]:
    """Return the token that each request brought, "" if none."""
    headers = ({name.lower(): said for name, said in seen.headers.items()} for seen in served.seen)
    return [each.get("authorization", "").removeprefix("Bearer ") for each in headers]


def numbers(query: Query) -> list[int]:
    return [int(name.rpartition("-")[2]) for name in ids(search_hub(query))]


def test_a_model_is_found_with_all_that_its_card_shows(loopback: LoopbackHub) -> None:
    results = search_hub(Query(text="model-7", sort=Sort.LIKES))
    assert results.found == (
        Found(
            kind=Kind.MODEL,
            id="school/model-7",
            origin=Origin.LIVE,
            task="text-generation",
            parameters=7_000_000,
            size_bytes=14_000_000,
            licence="mit",
            languages=("en", "fr"),
            gated=True,
            downloads=7,
            likes=93,
            changed=date(2025, 1, 2),
        ),
    )
    assert (results.origin, results.more) == (Origin.LIVE, False)


def test_datasets_and_spaces_are_found_with_what_they_have(loopback: LoopbackHub) -> None:
    query = Query(Kind.DATASET, task="text-generation", licence="mit", language="fr")
    (data,) = search_hub(query).found
    assert (data.id, data.task, data.licence) == ("school/stories", "text-generation", "mit")
    assert set(data.languages) == {"en", "fr"}
    (space,) = search_hub(Query(Kind.SPACE, licence="mit", task="translation")).found
    assert (space.sdk, space.licence, space.summary) == ("streamlit", "mit", "Writes.")
    assert (space.gated, space.parameters, space.downloads) == (None, None, None)


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        (Query(sort=Sort.DOWNLOADS, task="text-generation"), [*range(40, 28, -1)]),
        (Query(sort=Sort.LIKES, task="Text Generation"), [*range(1, 13)]),
        (Query(sort=Sort.NEWEST, text="model"), [*range(40, 28, -1)]),
        (Query(sort=Sort.LIKES, licence="apache-2.0"), [*range(20, 32)]),
        (Query(sort=Sort.LIKES, language="fr", page=2), [*range(13, 20)]),
        (Query(sort=Sort.LIKES, gated=True, max_parameters=8_000_000), [1, 3, 5, 7]),
        (Query(min_parameters=39_500_000), [40]),
        (Query(text="MODEL-3", sort=Sort.LIKES, gated=False), [30, 32, 34, 36, 38]),
        (Query(text="no such words"), []),
    ],
)
def test_every_filter_and_order_reaches_the_hub(
    loopback: LoopbackHub, query: Query, wanted: list[int]
) -> None:
    assert numbers(query) == wanted


def test_trending_comes_first_unless_told_otherwise(loopback: LoopbackHub) -> None:
    scores = [number % 7 for number in numbers(Query(task="text-generation"))]
    assert scores == sorted(scores, reverse=True)


@pytest.mark.parametrize("most_listed", [1000, 5])
def test_pages_follow_each_other_without_gaps(loopback: LoopbackHub, most_listed: int) -> None:
    loopback.most_listed = most_listed
    query = Query(task="text-generation", sort=Sort.LIKES)
    pages = [search_hub(replace(query, page=page)) for page in (1, 2, 3, 4, 5)]
    assert [name for page in pages for name in ids(page)] == [
        f"school/model-{number}" for number in range(1, 41)
    ]
    assert [page.more for page in pages] == [True, True, True, False, False]
    assert max(len(page.found) for page in pages) == PAGE_SIZE


def test_a_token_is_sent_with_every_page(loopback: LoopbackHub) -> None:
    loopback.most_listed = 5
    search_hub(Query(task="text-generation"), token=TOKEN)
    assert len(loopback.seen) == 3
    assert set(tokens(loopback)) == {MEMBER}


def test_a_next_page_on_another_host_is_asked_for_at_the_hub(
    loopback: LoopbackHub, models: list[Path]
) -> None:
    with serve(Repo("evil/model", models[0])) as other:
        loopback.most_listed = 5
        # What it calls its own address from now on.
        loopback.port = other.port
        found = search_hub(Query(task="text-generation", sort=Sort.LIKES), token=TOKEN)
        assert ids(found) == [f"school/model-{number}" for number in range(1, 13)]
        assert other.seen == []


def test_a_token_is_sent_only_for_its_owner_who_shares_no_answers(loopback: LoopbackHub) -> None:
    query = Query(text="model-7")
    for token in (None, TOKEN, None, TOKEN):
        search(query, entries=(), token=token)
    assert tokens(loopback) == ["", MEMBER, MEMBER]


def test_a_wrong_token_is_said_in_words(loopback: LoopbackHub) -> None:
    answer = search(Query(), entries=(), token=Token("hf_madeUpByNobody"))
    assert "The Hub does not accept your token" in answer.problem
    assert "madeUp" not in answer.problem
    assert answer.hub.origin is Origin.SNAPSHOT


def test_thirty_students_with_the_same_words_cost_one_request(loopback: LoopbackHub) -> None:
    loopback.faults = Faults(slow_s=0.2)
    spellings = ("model-3", " MODEL-3 ", "Model-3\n")
    together = threading.Barrier(30)

    def student(number: int) -> list[str]:
        together.wait()
        return ids(search(Query(text=spellings[number % 3]), entries=()).hub)

    with ThreadPoolExecutor(30) as pool:
        found = [*pool.map(student, range(30))]
    assert len(loopback.seen) == 1
    assert len(found[0]) == 11
    assert all(one == found[0] for one in found)


def test_a_silent_hub_for_one_does_not_delay_another(
    loopback: LoopbackHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub_client, "_TIMEOUT_S", 30.0)
    loopback.faults = Faults(silent=True, only="/api/datasets")
    leave = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        stuck = pool.submit(
            search, Query(Kind.DATASET), entries=(), cancelled=lambda: leave.is_set()
        )
        assert ids(search(Query(text="model-7"), entries=()).hub) == ["school/model-7"]
        assert not stuck.done()
        leave.set()
        assert isinstance(stuck.exception(60), DownloadStopped)
    loopback.closing.set()


FAULTS = [
    (Faults(status=429), "too many requests.*in a few minutes"),
    (Faults(status=429, retry_after_s=3600), "too many requests.*in a few minutes"),
    (Faults(status=500), r"in trouble \(error 500\).*again later"),
    (Faults(status=404), "does not accept this search"),
    (Faults(silent=True), "does not answer from here"),
    (Faults(body=b"<html>Log in"), "does not answer from here"),
    (Faults(body=b'{"error": "none"}'), "does not answer from here"),
    (Faults(body=b"[" * 100_000), "does not answer from here"),
    (Faults(body=b"\xff\xfe\x00"), "does not answer from here"),
    (Faults(truncates=True), "does not answer from here"),
]


@pytest.mark.parametrize(("faults", "words"), FAULTS)
def test_a_fault_is_said_in_words_and_the_snapshot_takes_the_hubs_place(
    loopback: LoopbackHub, faults: Faults, words: str
) -> None:
    loopback.faults = faults
    with pytest.raises(HubError, match=words):
        search_hub(Query())
    answer = search(Query(text="bloom-560m"), entries=())
    assert ids(answer.hub) == ["bigscience/bloom-560m"]
    assert {answer.hub.origin, *(found.origin for found in answer.hub.found)} == {Origin.SNAPSHOT}
    assert "you see the lab's own list of" in answer.problem
    assert search(Query(Kind.SPACE), entries=()).hub.found == ()


def test_an_answer_without_end_is_not_read(
    loopback: LoopbackHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub_listing, "_MOST_BYTES", 1000)
    with pytest.raises(HubError, match="does not answer"):
        search_hub(Query())


def test_a_busy_hub_is_asked_again_politely_and_not_for_ever(loopback: LoopbackHub) -> None:
    loopback.faults = Faults(status=429, retry_after_s=0, times=2)
    assert len(search_hub(Query()).found) == PAGE_SIZE
    loopback.seen.clear()
    loopback.faults = Faults(status=503)
    with pytest.raises(HubError):
        search_hub(Query())
    assert len(loopback.seen) == 3
    loopback.seen.clear()
    # Who is told to come back in an hour does not come back in a second.
    loopback.faults = Faults(status=429, retry_after_s=3600)
    with pytest.raises(HubError):
        search_hub(Query())
    assert len(loopback.seen) == 1


def test_what_was_answered_before_stays_when_the_hub_falls_silent(
    loopback: LoopbackHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "_SHARED", searching.SharedAnswers(keep_s=0, most=9))
    query = Query(text="model-7")
    before = search(query, entries=())
    loopback.faults = Faults(status=500)
    after = search(query, entries=())
    assert before.problem == ""
    assert after.hub == before.hub
    assert after.hub.origin is Origin.LIVE
    assert "you see what it answered earlier" in after.problem
    other = search(Query(text="gpt2"), entries=())
    assert other.hub.origin is Origin.SNAPSHOT


def test_stop_ends_a_search(loopback: LoopbackHub) -> None:
    with pytest.raises(DownloadStopped):
        search_hub(Query(), cancelled=lambda: True)
    assert loopback.seen == []


JUNK: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=300),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=12,
)
FIELDS = [
    *("id", "cardData", "downloads", "gated", "lastModified", "likes", "pipeline_tag", "sdk"),
    *("safetensors", "tags", "license", "language", "short_description", "task_categories"),
    *("parameters", "total", "F32", "I4"),
]
HALF_JUNK = JUNK | st.dictionaries(
    st.sampled_from(FIELDS), JUNK | st.dictionaries(st.sampled_from(FIELDS), JUNK)
)


@given(entry=HALF_JUNK, identity=st.just("a/b") | JUNK, kind=st.sampled_from(Kind))
def test_whatever_the_hub_says_of_something_is_dropped_or_harmless(
    entry: Any, identity: Any, kind: Kind
) -> None:
    if isinstance(entry, dict):
        entry = {**entry, "id": identity}
    found = found_in(entry, kind)
    if found is None:
        return
    for text in (found.id, found.task, found.licence, found.sdk, found.summary, *found.languages):
        assert text.isprintable()
        assert len(text) <= 200
    for number in (found.parameters, found.size_bytes, found.downloads, found.likes):
        assert number is None or 0 <= number < 10**17
    assert found.gated in (None, True, False)


@pytest.mark.parametrize(
    "says",
    [
        {"id": None},
        {"id": "../../etc/passwd"},
        {"id": "school/" + "x" * 10_000},
        {"id": "school/<b>\u202e"},
        {"id": ["school/model"]},
    ],
)
def test_one_that_cannot_be_believed_leaves_the_others_alone(
    loopback: LoopbackHub, says: dict[str, Any]
) -> None:
    entries = [{"id": "school/one"}, says, None, 7, "text", {"id": "school/two"}]
    loopback.faults = Faults(body=json.dumps(entries).encode())
    assert ids(search_hub(Query())) == ["school/one", "school/two"]


@pytest.mark.parametrize(
    ("safetensors", "wanted"),
    [
        ({"parameters": {"F32": 10, "I64": 1}, "total": 11}, (11, 48)),
        ({"parameters": {"I4": 9}}, (9, 4)),
        ({"parameters": {"F16": 10, "F99": 1}, "total": 11}, (11, None)),
        ({"parameters": {"F16": "ten"}, "total": 10}, (None, None)),
        ({"parameters": {"F16": 10**30}}, (None, None)),
        ({"parameters": {"F16": True}}, (None, None)),
        ({"parameters": {}, "total": 0}, (None, None)),
        ("large", (None, None)),
    ],
)
def test_a_size_is_only_told_when_every_type_is_known(
    safetensors: Any, wanted: tuple[int | None, int | None]
) -> None:
    found = found_in({"id": "school/one", "safetensors": safetensors}, Kind.MODEL)
    assert found is not None
    assert (found.parameters, found.size_bytes) == wanted


@given(
    st.builds(
        Query,
        kind=st.sampled_from(Kind),
        text=st.text(max_size=300),
        task=st.text(max_size=80),
        licence=st.text(max_size=80),
        language=st.text(max_size=80),
        sort=st.sampled_from(Sort),
        page=st.integers(),
    )
)
def test_a_question_has_one_way_of_being_written(query: Query) -> None:
    tidied = tidy(query)
    assert tidy(tidied) == tidied
    assert 1 <= tidied.page <= MOST_PAGES
    assert tidied.text.isprintable()
    assert max(map(len, (tidied.task, tidied.licence, tidied.language))) <= 60
