"""The pages of datasets and Spaces say what is known, who says so, and what nobody says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.bounds import mapping
from core.card import parse_card
from core.errors import BadInputError, HubError
from core.explore import repo_page
from core.explore.dataset_facts import dataset_facts, dataset_gaps
from core.explore.repo_page import dataset_page, space_page
from core.explore.space_facts import space_facts, space_gaps
from core.explore.types import Kind, Origin, RepoPage
from core.hub_client import DownloadStopped
from core.hub_token import Token
from tests.loopback_hub import (
    GARBAGE,
    LOGIN_PAGE,
    MEMBER,
    STRANGER,
    Faults,
    LoopbackHub,
    Repo,
    point_at,
    serve,
)
from tests.loopback_starters import DATASET, DOCKER_SPACE, STREAMLIT_SPACE, starters_as_repos

BARE = "school/bare"
SHUT = "shut/rows"
TEMPLATE = """# Bare

## Dataset Creation
### Source Data
[More Information Needed]
## Bias, Risks, and Limitations

[More Information Needed]
"""

NAMES = (
    *("license", "language", "dataset_info", "splits", "name", "num_examples", "configs", "models"),
    *("runtime", "stage", "hardware", "current", "siblings", "mainSize", "gated", "sdk", "tags"),
    *("lastModified", "likes", "sha", "task_categories", "sdk_version", "id"),
)
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=400),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=4), inner, max_size=8)
    ),
    max_leaves=20,
)
ANSWERS = st.dictionaries(st.sampled_from(NAMES), ANY_JSON)


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LoopbackHub]:
    bare = tmp_path / "bare"
    bare.mkdir()
    (bare / "README.md").write_text(TEMPLATE)
    empty = tmp_path / "empty"
    empty.mkdir()
    repos = (
        *starters_as_repos(tmp_path / "hosted"),
        Repo(BARE, bare, kind="dataset"),
        Repo("school/empty", empty, kind="dataset"),
        Repo(SHUT, tmp_path / "hosted" / "stories", kind="dataset", gated="manual"),
    )
    with serve(*repos) as served:
        point_at(served.url, tmp_path / "cache", monkeypatch)
        repo_page._shared.clear()
        yield served


def dataset(id: str, token: Token | None = None) -> RepoPage:
    return dataset_page(id, token=token, cancelled=lambda: False)


def space(id: str) -> RepoPage:
    return space_page(id, cancelled=lambda: False)


def facts_of(page: RepoPage) -> dict[str, tuple[str, str]]:
    return {fact.name: (fact.value, fact.source) for fact in page.facts}


def test_a_dataset_is_told_with_who_says_so(hub: LoopbackHub) -> None:
    page = dataset(DATASET)
    facts = facts_of(page)
    assert (page.kind, page.origin) == (Kind.DATASET, Origin.LIVE)
    assert page.address == f"https://huggingface.co/datasets/{DATASET}"
    assert facts["Licence"][0].startswith("Creative Commons Attribution 4.0")
    assert facts["Licence"][1] == "its card"
    assert facts["Languages"] == ("en", "its card")
    assert facts["Tasks"] == ("text-generation", "its card")
    assert facts["Size category"] == ("n<1K", "its card")
    assert facts["Rows"] == ("15: 12 in train, 3 in test", "its card")
    assert facts["Files"] == ("3", "its files")
    assert facts["Size of all files"][0].endswith("kB")
    assert facts["Gated"] == ("no", "the Hub")
    assert facts["Last change"] == ("2 January 2025", "the Hub")
    assert facts["Downloads in the last 30 days"] == ("80", "the Hub")
    assert facts["Likes"] == ("7", "the Hub")
    assert page.card.startswith("# Stories") and "license:" not in page.card


def test_what_a_card_does_not_say_is_listed(hub: LoopbackHub) -> None:
    assert [gap.name for gap in dataset(DATASET).gaps] == [
        "How it was collected",
        "Limitations and bias",
    ]
    # A template that nobody filled in says nothing.
    every = [
        *("Licence", "Languages", "Source of the data", "How it was collected"),
        *("Limitations and bias", "Splits"),
    ]
    assert [gap.name for gap in dataset(BARE).gaps] == every
    assert all(gap.why.endswith(".") for gap in dataset(BARE).gaps)


def test_a_repository_without_a_card_says_nothing(hub: LoopbackHub) -> None:
    page = dataset("school/empty")
    assert page.card == "" and page.card_note == "This dataset has no card."
    assert len(page.gaps) == 6


def test_a_space_is_told_by_what_it_is_made_with(hub: LoopbackHub) -> None:
    facts = facts_of(space(STREAMLIT_SPACE))
    assert facts["Made with"][0].startswith("Streamlit: ")
    assert facts["Version of the SDK"] == ("1.40.0", "its card")
    assert facts["State now"] == ("running", "the Hub")
    assert facts["Runs on"][0].startswith("cpu-basic: ")
    assert facts["Models it uses"] == ("open-model-lab/gpt2-stories", "the Hub")
    assert facts["Datasets it uses"] == (DATASET, "the Hub")
    assert facts["Licence"][0].startswith("MIT")
    assert space(STREAMLIT_SPACE).gaps == ()
    bare = space(DOCKER_SPACE)
    assert facts_of(bare)["Made with"][0].startswith("Docker: ")
    assert [gap.name for gap in bare.gaps] == ["Licence", "Models it uses"]


def test_a_streamlit_app_in_a_container_is_told(hub: LoopbackHub) -> None:
    *others, last = hub.repos
    boxed = [replace(one, tags=("streamlit",)) if one.id == DOCKER_SPACE else one for one in others]
    hub.repos = (*boxed, last)
    assert facts_of(space(DOCKER_SPACE))["Made with"][0].endswith("by its tags a Streamlit app")


def test_behind_a_gate_only_the_facts_are_told(hub: LoopbackHub) -> None:
    page = dataset(SHUT)
    assert facts_of(page)["Gated"][0].startswith("yes: its owner lets people in")
    assert page.card == "" and "behind its gate" in page.card_note
    # Nobody can tell what an unread card leaves out.
    assert page.gaps == ()
    assert dataset(SHUT, Token(MEMBER)).card
    assert not dataset(SHUT, Token(STRANGER)).card
    assert not dataset(SHUT).card


def test_a_page_is_asked_for_once(hub: LoopbackHub) -> None:
    assert dataset(DATASET) is dataset(DATASET)
    assert len(hub.seen) == 2


@pytest.mark.parametrize(
    ("faults", "words"),
    [
        (Faults(status=404), "no public dataset open-model-lab/stories"),
        (Faults(status=429, retry_after_s=100_000), "too many requests"),
        (Faults(status=500), "in trouble"),
        (Faults(body=GARBAGE), "does not answer from here"),
        (Faults(body=LOGIN_PAGE), "does not answer from here"),
        (Faults(body=b"[" * 100_000), "does not answer from here"),
        (Faults(body=b'{"id": 7}'), "does not answer from here"),
        (Faults(body=b'{"id": "' + b"x" * 5_000_000 + b'"}'), "does not answer from here"),
        (Faults(truncates=True), "connection broke"),
    ],
)
def test_what_fails_is_said_in_words(hub: LoopbackHub, faults: Faults, words: str) -> None:
    hub.faults = faults
    with pytest.raises(HubError, match=words) as error:
        dataset(DATASET)
    assert error.value.next_step
    assert "model" not in str(error.value).replace("open-model-lab", "")


def test_a_token_that_is_none_of_the_hub_is_named(hub: LoopbackHub) -> None:
    with pytest.raises(HubError, match="does not accept your token"):
        dataset(DATASET, Token("hf_mistyped0000"))


def test_without_its_card_the_rest_of_a_page_stays(hub: LoopbackHub) -> None:
    hub.faults = Faults(status=500, only="/resolve/")
    page = dataset(DATASET)
    assert facts_of(page)["Licence"] and "did not arrive" in page.card_note


def test_more_files_than_are_worth_counting_are_left_out(
    hub: LoopbackHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = [{"rfilename": "x" * 200} for _ in range(1000)]
    hub.repos = tuple(
        replace(repo, says={"siblings": named}) if repo.id == DATASET else repo
        for repo in hub.repos
    )
    monkeypatch.setattr(repo_page, "_MOST_BYTES", 100_000)
    facts = facts_of(dataset(DATASET))
    assert "Files" not in facts and facts["Likes"][0] == "7"


def test_endless_metadata_are_read_from_the_card_instead(
    hub: LoopbackHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.repos = tuple(
        replace(repo, says={"cardData": {"license": "x" * 200_000}}) if repo.id == DATASET else repo
        for repo in hub.repos
    )
    monkeypatch.setattr(repo_page, "_MOST_BYTES", 100_000)
    assert facts_of(dataset(DATASET))["Languages"] == ("en", "its card")


def test_hostile_properties_reach_the_page_as_short_plain_text(hub: LoopbackHub) -> None:
    evil = "<script>alert(1)</script>\n\x1b[31m\u202e" + "x" * 10_000
    says = dict.fromkeys(("sha", "lastModified", "likes", "downloads", "mainSize"), evil)
    cards = {"license": [evil] * 20, "language": {"a": evil}, "task_categories": [[evil], 7]}
    hub.repos = tuple(
        replace(repo, says={**says, "gated": evil}, card_data=cards) if repo.id == DATASET else repo
        for repo in hub.repos
    )
    page = dataset(DATASET)
    for fact in page.facts:
        assert len(fact.value) < 4000 and fact.value.isprintable()


@given(told=ANSWERS, metadata=ANSWERS, text=st.text(max_size=200))
def test_no_answer_is_an_exception(
    told: dict[str, object], metadata: dict[str, object], text: str
) -> None:
    answer = MappingProxyType({**told, "cardData": mapping(metadata)})
    card = parse_card(text.encode(errors="replace"))
    facts = (*dataset_facts(answer), *space_facts(answer))
    gaps = (*dataset_gaps(answer, card), *space_gaps(answer, card), *dataset_gaps(answer, None))
    for fact in facts:
        assert fact.name and fact.source and fact.value.isprintable()
        assert 0 < len(fact.value) < 8000
    assert all(gap.why for gap in gaps)


def test_stop_is_heard(hub: LoopbackHub) -> None:
    hub.faults = Faults(silent=True)
    with pytest.raises(DownloadStopped):
        dataset_page(DATASET, cancelled=lambda: True)


@pytest.mark.parametrize("id", ["", "a/b/c", "../etc", "a b", "x" * 300, "a/b?x=1", "a/b\n"])
def test_what_is_no_id_is_asked_nobody(hub: LoopbackHub, id: str) -> None:
    for page in (dataset, space):
        with pytest.raises(BadInputError):
            page(id)
    assert hub.seen == []
