"""The models in the repository: each fact has its source, every number can be true."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from core.catalogue_file import read_listing
from core.errors import ContentError
from core.explore.pipeline_tags import all_tags, read_tags, tag_of
from core.explore.snapshot import search_snapshot, snapshot
from core.explore.snapshot_file import SNAPSHOT_FILE, SnapshotModel, read_snapshot
from core.explore.types import Kind, Open, Origin, Query

MODELS = snapshot().models
OPEN = [model for model in MODELS if not model.closed]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.id)
def test_every_model_names_its_sources_and_what_is_doubtful(model: SnapshotModel) -> None:
    assert all(re.match(r"https://|arXiv:\d", source) for source in model.sources)
    assert model.confidence["overall"] in {"high", "medium"}
    # What is not held with confidence has a word on why.
    if set(model.confidence.values()) != {"high"}:
        assert model.uncertain


@pytest.mark.parametrize("model", OPEN, ids=lambda model: model.id)
def test_every_number_can_be_true(model: SnapshotModel) -> None:
    assert model.parameters
    assert model.weights_bytes
    # From two bytes a parameter to four, with room for masks that are stored beside.
    assert 1.9 < model.weights_bytes / model.parameters < 4.5
    assert 77 <= (model.context_tokens or 0) <= 131_072
    assert "2018-01" < model.released < str(snapshot().as_of)
    assert "/" in model.id
    assert model.weights_open is Open.YES


def test_the_picks_of_the_catalogue_are_described_alike() -> None:
    both = [(pick, snapshot().find(pick.id)) for pick in read_listing().hub]
    shared = [(pick, model) for pick, model in both if model]
    assert len(shared) >= 5
    for pick, model in shared:
        assert (model.licence, model.parameters) == (pick.licence, pick.parameters)
        assert model.gated == pick.gated
        assert abs((model.weights_bytes or 0) - pick.download_bytes) < 0.05 * pick.download_bytes


def test_the_lessons_families_and_three_closed_models_are_there() -> None:
    families = {model.family.split()[0] for model in MODELS}
    assert {"Llama", "Falcon", "Mistral", "BLOOM", "Stable", "Whisper"} <= families
    closed = [model for model in MODELS if model.closed]
    assert [model.id for model in closed] == ["GPT-4", "Claude", "Gemini"]
    assert all(model.access and model.price and model.parameters is None for model in closed)


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        (Query(task="text-to-image", max_parameters=10**9), ["segmind/tiny-sd"]),
        (Query(text="LLAMA 3.2"), ["meta-llama/Llama-3.2-1B"]),
        (Query(licence="mit", task="summarization"), ["facebook/bart-large-cnn"]),
        (Query(language="ro", task="translation"), ["google-t5/t5-small"]),
        (Query(text="whisper", gated=True), []),
        (Query(text="openai", gated=False, page=2), []),
        (Query(Kind.DATASET), []),
        (Query(Kind.SPACE), []),
    ],
)
def test_the_snapshot_is_searched_as_the_hub_is(query: Query, ids: list[str]) -> None:
    results = search_snapshot(query)
    assert [found.id for found in results.found] == ids
    assert results.origin is Origin.SNAPSHOT
    assert results.as_of.date() == snapshot().as_of


def test_its_pages_together_show_every_model_once() -> None:
    pages = [search_snapshot(Query(page=page)) for page in (1, 2, 3, 4)]
    assert [found.id for page in pages for found in page.found] == [model.id for model in MODELS]
    assert [page.more for page in pages] == [True, True, False, False]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('gated: "no"', "gated: perhaps", r"'gated' is one of yes, no"),
        ("task: text-generation", "task: text-juggling", "no pipeline tag"),
        ('released: "2019-02"', "released: soon", "no value for 'released'"),
        ("parameters: 124439808", "parameters: -1", "positive number"),
        ("overall: high", "overall: total", "levels"),
        ("    licence: mit\n", "", "lacks the key 'licence'"),
        ("languages: [en]", "languages: [no]", "quote"),
        ("    sources:", "    sauces:", "unknown key 'sauces'"),
    ],
)
def test_a_mistake_is_told_with_file_and_line(
    tmp_path: Path, old: str, new: str, words: str
) -> None:
    head, entry = SNAPSHOT_FILE.read_text().split("  - id: openai-community/gpt2\n")
    body = "  - id: openai-community/gpt2\n" + entry.partition("\n\n")[0]
    start = head[: head.index("\nmodels:\n") + len("\nmodels:\n")]
    assert old in body
    file = tmp_path / "broken.yaml"
    file.write_text(start + body.replace(old, new, 1))
    with pytest.raises(ContentError, match=rf"broken\.yaml:\d+: .*{words}"):
        read_snapshot(file)
    file.write_text(start + body + "\n" + body + "\n")
    with pytest.raises(ContentError, match="there twice"):
        read_snapshot(file)


def test_no_fact_speaks_of_how_this_file_came_about() -> None:
    assert not re.search(r"stored (page|cop|card|material)|search tool", SNAPSHOT_FILE.read_text())
    assert snapshot().as_of <= date.today()


def test_the_courses_words_name_pipeline_tags() -> None:
    named = {"image-generation": "text-to-image", "Image generation": "text-to-image"}
    named |= {"speech-recognition": "automatic-speech-recognition"}
    named |= {"text_generation": "text-generation", "text2text-generation": "text2text-generation"}
    for word, tag in named.items():
        known = tag_of(word)
        assert known is not None
        assert known.tag == tag
    assert tag_of("") is tag_of("juggling") is None
    first = [tag.tag for tag in all_tags()[:3]]
    assert first == ["text-generation", "text-to-image", "automatic-speech-recognition"]
    assert {"summarization", "translation", "any-to-any"} <= {tag.tag for tag in all_tags()}


def test_a_tag_that_is_listed_twice_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "tags.yaml"
    line = '- {tag: translation, label: "Translation", group: Text}\n'
    file.write_text(line + line)
    with pytest.raises(ContentError, match=r"tags\.yaml:2: 'translation' is taken"):
        read_tags(file)
