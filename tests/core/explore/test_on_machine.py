"""Starters, local folders and what was downloaded are found by the Hub's own questions."""

from __future__ import annotations

from pathlib import Path

import pytest

from core import hub
from core.catalogue import Catalogue, ModelEntry, build_catalogue
from core.explore.on_machine import search_here
from core.explore.types import Kind, Origin, Query
from core.inference.types import Task
from core.settings import Settings
from tests.loopback_hub import Repo, point_at, serve

PICK = ModelEntry(
    id="school/tiny-gpt2",
    source="hub",
    tasks=(Task.TEXT_GENERATION,),
    summary="",
    revision="main",
    parameters=150_000,
    memory_bytes=2**24,
    licence="mit",
    download_bytes=600_000,
)


@pytest.fixture(scope="module")
def here(limits: Settings) -> Catalogue:
    """The starters and the models directory of the tests."""
    return build_catalogue(limits)


def ids(query: Query, known: Catalogue) -> list[str]:
    return [found.id for found in search_here(query, known.entries).found]


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        (
            Query(task="translation", text="starter"),
            {"starter/t5-en-fr-micro", "starter/t5-en-fr-nano"},
        ),
        (Query(text="T5 summary"), {"starter/t5-summary-micro", "starter/t5-summary-nano"}),
        (Query(language="fr", text="micro"), {"starter/t5-en-fr-micro"}),
        (Query(task="text-to-image"), set()),
        (Query(gated=True), set()),
        (Query(kind=Kind.DATASET), set()),
        (Query(kind=Kind.SPACE), set()),
        (Query(text="gpt2", min_parameters=10**9), set()),
        (Query(text="local/story", max_parameters=10**9), {"local/story"}),
    ],
)
def test_a_question_is_answered_from_this_machine(
    query: Query, wanted: set[str], here: Catalogue
) -> None:
    assert set(ids(query, here)) == wanted


def test_what_is_here_comes_in_the_catalogues_order_with_its_facts(here: Catalogue) -> None:
    results = search_here(Query(), here.entries)
    order = [entry.id for entry in here.entries]
    found = [one.id for one in results.found]
    assert found == sorted(found, key=order.index)
    assert {"starter/gpt2-stories", "local/story", "local/t5"} <= set(found)
    story = results.found[found.index("starter/gpt2-stories")]
    assert story.origin is Origin.HERE
    assert (story.task, story.licence, story.languages) == ("text-generation", "mit", ("en",))
    assert (story.size_bytes or 0) >= 2 * (story.parameters or 0) > 0


def test_a_pick_of_the_hub_is_here_once_it_was_fetched(
    models_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = Catalogue((PICK,))
    with serve(Repo(PICK.id, models_dir / "story")) as served:
        point_at(served.url, tmp_path / "cache", monkeypatch)
        assert ids(Query(), known) == []
        assert served.seen == []
        hub.fetch(PICK, on_progress=lambda _: None, cancelled=lambda: False)
        assert ids(Query(licence="mit"), known) == [PICK.id]
        assert ids(Query(licence="gpl-3.0"), known) == []
