"""The starter models in the repository load, are small, and are as good as their cards say."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import torch
from huggingface_hub import ModelCard
from safetensors import safe_open

from starters.splits import Example
from starters.training import overview
from starters.training.answers import Starter, answer, load, tell
from starters.training.gaps import score_gaps
from starters.training.recipes import MODELS, RECIPES, STARTERS, Recipe
from starters.training.scoring import (
    NotHeldOut,
    quality,
    sample_stories,
    score_answers,
    sound,
    sound_share,
)
from starters.training.stream import chunk, held_out

SLICE = 24
MARGIN = 10.0  # a slice of 24 differs from the whole test by chance

each_model = pytest.mark.parametrize("name", RECIPES)
each_t5 = pytest.mark.parametrize("name", [n for n, r in RECIPES.items() if r.architecture == "t5"])


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """Small models gain nothing from more threads, and lose much where cores are busy."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@cache
def starter(name: str) -> Starter:
    return load(RECIPES[name])


@cache
def slice_of_test(data: str) -> tuple[Example, ...]:
    recipe = next(recipe for recipe in RECIPES.values() if recipe.data == data)
    return tuple(held_out(recipe, "test", SLICE))


@cache
def slice_score(name: str) -> float:
    recipe = RECIPES[name]
    if recipe.architecture == "gpt2":
        return sound_share(sample_stories(starter(name), SLICE))
    examples = slice_of_test(recipe.data)
    if recipe.architecture == "bert":
        return score_gaps(starter(name), examples)[0]["masked tokens"]
    answers = answer(starter(name), [example.source for example in examples])
    return quality(recipe, answers, [example.target for example in examples])


def evaluation(name: str) -> dict:
    return json.loads((MODELS / name / "evaluation.json").read_text(encoding="utf-8"))


@each_model
def test_a_folder_loads_with_plain_transformers(name: str) -> None:
    loaded = starter(name)
    assert loaded.model.num_parameters() > 100_000
    assert len(loaded.tokenizer) == loaded.model.config.vocab_size


@each_model
def test_weights_are_half_precision_safetensors_and_no_code(name: str) -> None:
    folder = MODELS / name
    with safe_open(folder / "model.safetensors", "pt") as weights:
        assert {weights.get_slice(key).get_dtype() for key in weights.keys()} == {"F16"}  # noqa: SIM118
    allowed = {".safetensors", ".json", ".md", ".gguf"}
    assert {path.suffix for path in folder.iterdir() if path.is_file()} <= allowed


def test_all_starters_together_are_small() -> None:
    sizes = [path.stat().st_size for name in RECIPES for path in (MODELS / name).rglob("*")]
    assert sum(sizes) <= 30_000_000


@each_model
def test_no_half_precision_weight_is_broken(name: str) -> None:
    assert all(weight.isfinite().all() for weight in starter(name).model.parameters())


@each_model
def test_the_card_is_valid_and_agrees_with_the_evaluation(name: str) -> None:
    recipe, found = RECIPES[name], evaluation(name)
    card = ModelCard.load(MODELS / name / "README.md")
    assert card.data.license == "mit"
    assert card.data.library_name == "transformers"
    assert card.data.pipeline_tag == recipe.task
    assert {"open-model-lab", "starter"} <= set(card.data.tags)
    (result,) = card.data.eval_results
    assert (result.metric_name, result.metric_value) == (found["metric"], found["value"])
    assert found["scores"][recipe.metric] == found["value"]
    assert f"**{found['value']}**" in card.content
    prose = " ".join(card.content.split())
    assert "trained from nothing by Open Model Lab" in prose and "**not** the original" in prose


@each_model
def test_a_model_is_as_good_as_its_card_says(name: str) -> None:
    assert slice_score(name) >= evaluation(name)["value"] - MARGIN


@pytest.mark.parametrize("name", [n for n, r in RECIPES.items() if r.bar is not None])
def test_a_model_reaches_its_bar(name: str) -> None:
    found = evaluation(name)
    assert found["value"] >= found["bar"] == RECIPES[name].bar


@pytest.mark.parametrize("family", ["t5-en-fr", "t5-summary"])
def test_larger_is_better_and_slower(family: str) -> None:
    nano, micro = f"{family}-nano", f"{family}-micro"
    assert slice_score(micro) > slice_score(nano)
    assert evaluation(micro)["value"] > evaluation(nano)["value"] + 5
    assert evaluation(micro)["request_s"] > 1.5 * evaluation(nano)["request_s"]


@each_t5
def test_answers_do_not_depend_on_who_else_is_in_the_batch(name: str) -> None:
    sources = [example.source for example in slice_of_test(RECIPES[name].data)[:6]]
    together = answer(starter(name), sources)
    alone = [answer(starter(name), [source])[0] for source in sources]
    assert together == alone


def test_the_overview_agrees_with_the_evaluations() -> None:
    assert overview.table() in (STARTERS / "README.md").read_text(encoding="utf-8")


def test_a_model_cannot_be_judged_by_what_it_learned() -> None:
    taught = chunk(RECIPES["t5-en-fr-nano"], 0)[:3]
    with pytest.raises(NotHeldOut):
        score_answers(starter("t5-en-fr-nano"), taught)


def test_no_gap_is_judged_by_a_text_that_was_learned() -> None:
    with pytest.raises(NotHeldOut):
        score_gaps(starter("bert-feedback"), chunk(RECIPES["bert-feedback"], 0)[:3])


def test_the_gap_filler_is_far_better_than_the_commonest_token() -> None:
    scores = evaluation("bert-feedback")["scores"]
    assert scores["masked tokens"] > 3 * scores["commonest token"]
    assert 1 < scores["pseudo-perplexity"] < 60


def test_the_gap_filler_fits_into_eight_megabytes() -> None:
    files = [path.stat().st_size for path in (MODELS / "bert-feedback").iterdir()]
    assert sum(files) <= 8_000_000


def test_the_storyteller_ends_the_story_that_the_lessons_begin() -> None:
    opening = "Once upon a time in AI world,"
    ((story, ended),) = tell(starter("gpt2-stories"), opening)
    assert story.startswith(opening)
    assert sound(story, ended)


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=lambda recipe: recipe.name)
def test_the_script_on_the_card_runs(
    recipe: Recipe, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    card = (MODELS / recipe.name / "README.md").read_text(encoding="utf-8")
    script = card.split("```python\n")[1].split("```")[0]
    monkeypatch.chdir(Path(MODELS).parents[1])
    exec(compile(script, "card", "exec"), {})  # noqa: S102
    assert capsys.readouterr().out.strip()
