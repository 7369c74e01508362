"""The page of a model shows what its source says, and in plain words what it does not."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.card import CARD_BYTES
from core.catalogue import ModelEntry, build_catalogue, catalogue
from core.errors import BadInputError, HubError, LabError
from core.explore.model_page import card_base, live_page, local_page, page_cache, snapshot_page
from core.explore.snapshot import snapshot
from core.explore.types import ModelPage, Origin, Verdict
from core.hub_token import Token
from core.settings import STARTERS, Settings
from tests.loopback_hub import MEMBER, Faults, LoopbackHub, Repo, point_at, serve
from tests.random_models import make_gpt2

MODEL, GATED, BARE, WILD = "school/stories", "school/gated", "school/bare", "school/wild"
CONFIG = {"architectures": ["GPT2LMHeadModel"], "model_type": "gpt2"}


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("repos")
    stories = shutil.copytree(STARTERS / "gpt2-stories", root / "stories")
    bare = root / "bare"
    bare.mkdir()
    shutil.copy(stories / "model.safetensors", bare)
    wild = root / "wild"
    wild.mkdir()
    (wild / "README.md").write_bytes(b"---\nlicense: [\n---\n" + b"<script>x</script>" * 300_000)
    return {"stories": stories, "bare": bare, "wild": wild}


@pytest.fixture
def hub(
    folders: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[LoopbackHub]:
    repos = (
        Repo(MODEL, folders["stories"], downloads=7, says={"config": CONFIG}),
        Repo(GATED, folders["stories"], gated="manual"),
        Repo(BARE, folders["bare"]),
        Repo(WILD, folders["wild"]),
    )
    page_cache.clear()
    with serve(*repos) as hub:
        point_at(hub.url, tmp_path / "cache", monkeypatch)
        yield hub
    page_cache.clear()


def ask(model_id: str, **options: Any) -> ModelPage:
    return live_page(model_id, **{"cancelled": lambda: False, **options})


def told(page: ModelPage) -> dict[str, str]:
    return {fact.name: fact.value for fact in page.facts}


def test_a_model_on_the_hub_has_its_facts_and_card(hub: LoopbackHub) -> None:
    page = ask(MODEL)
    facts = told(page)
    assert (page.id, page.origin, page.task) == (MODEL, Origin.LIVE, "text-generation")
    assert page.parameters == 1_088_256
    assert page.size_bytes == (STARTERS / "gpt2-stories/model.safetensors").stat().st_size
    assert facts["Licence"].startswith("MIT License (mit): open-source")
    assert facts["Architecture"] == "GPT2LMHeadModel, gpt2"
    assert facts["Downloads"].startswith("7 ")
    assert page.card.startswith("# GPT-2 stories")
    assert page.card_note == ""
    assert [gap.name for gap in page.gaps] == ["energy or carbon"]
    assert page.openness.verdict is Verdict.OPEN_WEIGHTS
    assert page.address == f"https://huggingface.co/{MODEL}"
    assert card_base(page) == f"{page.address}/blob/{page.revision}/README.md"


def test_a_page_is_asked_for_once_for_everybody(hub: LoopbackHub) -> None:
    assert ask(MODEL) == ask(MODEL)
    assert len(hub.requests("/api/models/")) == 1
    assert len(hub.requests("README.md")) == 1


def test_behind_a_gate_the_facts_are_shown_and_the_note_says_what_to_do(hub: LoopbackHub) -> None:
    page = ask(GATED)
    assert page.gated
    assert told(page)["Gated"].startswith("yes: log in and ask")
    assert (page.card, page.gaps) == ("", ())
    assert f"https://huggingface.co/{GATED}" in page.card_note
    assert "token" in page.card_note


def test_a_token_opens_the_gate_for_its_owner_alone(hub: LoopbackHub) -> None:
    assert ask(GATED, token=Token(MEMBER)).card.startswith("# GPT-2 stories")
    assert ask(GATED).card == ""


def test_a_token_that_the_hub_refuses_is_told_and_never_shown(
    hub: LoopbackHub, caplog: pytest.LogCaptureFixture
) -> None:
    secret = "hf_" + "S3cret" * 5
    with caplog.at_level(logging.DEBUG):
        page = ask(GATED, token=Token(secret))
    assert "does not accept your token" in page.card_note
    assert page.facts == ask(GATED).facts
    assert secret not in repr(page) + caplog.text
    assert all(secret not in seen.path + seen.query for seen in hub.seen)


def test_a_token_is_sent_for_a_gated_model_alone(hub: LoopbackHub) -> None:
    ask(MODEL, token=Token(MEMBER))
    assert not any("authorization" in map(str.lower, seen.headers) for seen in hub.seen)
    ask(GATED, token=Token(MEMBER))
    assert any(MEMBER in str(seen.headers) for seen in hub.seen)


def test_a_model_without_a_card_says_nothing(hub: LoopbackHub) -> None:
    page = ask(BARE)
    assert page.card_note == "This model has no card."
    assert "licence" in {gap.name for gap in page.gaps}
    assert page.parameters == 1_088_256


def test_of_a_card_without_end_only_the_beginning_is_downloaded(hub: LoopbackHub) -> None:
    page = ask(WILD)
    assert len(page.card) <= CARD_BYTES
    assert "only its beginning" in page.card_note
    assert "broken" in page.card_note


@pytest.mark.parametrize("status", [403, 429, 500])
def test_a_card_that_does_not_arrive_leaves_the_facts(hub: LoopbackHub, status: int) -> None:
    hub.faults = Faults(status=status, only="README.md")
    page = ask(MODEL)
    assert page.parameters == 1_088_256
    assert page.card_note != ""
    assert page.gaps == ()


@pytest.mark.parametrize(
    "faults",
    [
        *(Faults(status=status) for status in (404, 429, 500)),
        *(Faults(body=body) for body in (b"[]", b"{}", b"null", b"<html>", b"[" * 10_000, b"\xff")),
        Faults(body=b"{" + b" " * 5_000_000),
        Faults(truncates=True),
    ],
    ids=lambda fault: str(fault.status or (fault.body or b"cut")[:6]),
)
def test_what_is_no_answer_is_told_in_plain_words(hub: LoopbackHub, faults: Faults) -> None:
    hub.faults = faults
    with pytest.raises(HubError) as raised:
        ask(MODEL)
    assert raised.value.next_step


def test_a_list_of_files_that_is_too_long_is_done_without(hub: LoopbackHub) -> None:
    many = [{"rfilename": f"{'x' * 80}-{n}", "size": 1} for n in range(60_000)]
    hub.repos = (Repo(MODEL, hub.repos[0].folder, says={"siblings": many}),)
    page = ask(MODEL)
    assert page.parameters == 1_088_256
    assert page.size_bytes == 2 * 1_088_256


@pytest.mark.parametrize(
    "model_id",
    [
        "",
        "..",
        "a/../b",
        "a/b/c",
        "a b/c",
        "-a/b",
        "a/" + "b" * 100,
        "a/b?x=1",
        "a/b#x",
        "http://a",
        "a/b\n",
    ],
)
def test_what_is_no_id_is_not_asked_about(hub: LoopbackHub, model_id: str) -> None:
    with pytest.raises(BadInputError):
        ask(model_id)
    assert hub.seen == []


@pytest.mark.parametrize("revision", ["", "a b", "../x", "x" * 300, "a\n"])
def test_what_is_no_revision_is_not_asked_about(hub: LoopbackHub, revision: str) -> None:
    with pytest.raises(BadInputError):
        ask(MODEL, revision=revision)
    assert hub.seen == []


def test_another_revision_is_told(hub: LoopbackHub) -> None:
    with pytest.raises(HubError, match="not at revision"):
        ask(MODEL, revision="v2")


wild = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 10**20) | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)
PROPERTIES = ("sha", "tags", "cardData", "siblings", "safetensors", "config", "gguf", "gated")


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(says=st.dictionaries(st.sampled_from(PROPERTIES), wild))
def test_whatever_a_mirror_says_there_is_a_page_or_plain_words(
    hub: LoopbackHub, says: dict[str, Any]
) -> None:
    page_cache.clear()
    hub.repos = (Repo(MODEL, hub.repos[0].folder, says=says),)
    try:
        page = ask(MODEL)
    except LabError as error:
        assert error.next_step
    else:
        assert all(fact.value.isprintable() for fact in page.facts)


@pytest.mark.parametrize("model", snapshot().models, ids=lambda model: model.id)
def test_every_model_of_the_snapshot_has_a_page(model: Any) -> None:
    page = snapshot_page(model)
    assert page.origin is Origin.SNAPSHOT
    assert page.as_of == snapshot().asked_at
    assert all(fact.source.startswith("the snapshot") for fact in page.facts)
    assert told(page)["Sources"]
    assert page.card_note
    assert bool(page.address) != model.closed


def test_a_starter_is_open_source_and_says_so() -> None:
    entry = next(entry for entry in catalogue().entries if entry.source == "starter")
    page = local_page(entry)
    assert page.origin is Origin.HERE
    assert page.openness.verdict is Verdict.OPEN_SOURCE
    assert told(page)["Precision"].startswith("F16")
    assert page.parameters == entry.parameters
    assert (page.address, card_base(page)) == ("", "")


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> dict[str, ModelEntry]:
    root = tmp_path_factory.mktemp("models")
    make_gpt2(root / "plain")
    (root / "broken").mkdir()
    (root / "broken/config.json").write_text("[")
    (root / "broken/model.safetensors").write_bytes(b"no")
    shutil.copy(STARTERS / "gpt2-stories/gpt2-stories-Q8_0.gguf", root / "single.gguf")
    limits = Settings(
        memory_limit_bytes=2**30,
        memory_budget_bytes=2**29,
        threads=1,
        models_dir=root,
        cache_dir=root / ".cache",
    )
    found = build_catalogue(limits, starters=root / ".none").entries
    return {entry.id: entry for entry in found}


def test_a_folder_on_this_machine_has_a_page(local: dict[str, ModelEntry]) -> None:
    page = local_page(local["local/plain"])
    assert told(page)["Architecture"].startswith("GPT2LMHeadModel")
    assert page.card_note == "This model has no card."
    assert page.openness.verdict is Verdict.OPEN_WEIGHTS
    assert int(told(page)["Context length"].split()[0].replace(",", "")) > 0


def test_a_gguf_file_on_this_machine_has_a_page(local: dict[str, ModelEntry]) -> None:
    page = local_page(local["local/single"])
    assert page.parameters and page.size_bytes
    assert told(page)["Context length"] == "256 tokens"


def test_a_broken_folder_has_a_page_that_says_what_is_wrong(local: dict[str, ModelEntry]) -> None:
    entry = local["local/broken"]
    assert entry.refusal in local_page(entry).card_note
