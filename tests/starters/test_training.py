"""Training is seeded, resumable and blind to everything that is held out."""

from __future__ import annotations

import shutil
import unicodedata
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st

from starters.splits import Example, split_of
from starters.training import recipes
from starters.training.batches import encode, training_batches
from starters.training.loop import ForeignCheckpoint, Run, learning_rate, open_run, train
from starters.training.recipes import RECIPES, Recipe, Shape
from starters.training.stream import chunk, held_out
from starters.training.tokenizers import train_tokenizer

TINY_SHAPE = Shape(layers=1, width=32, heads=1, feed_forward=64)


def tiny(name: str, **changes: object) -> Recipe:
    small = replace(
        RECIPES[name],
        shape=TINY_SHAPE,
        vocabulary=600,
        batch_size=8,
        steps=20,
        warmup_steps=4,
        distinct_chunks=2,
        learning_rate=1e-2,
    )
    return replace(small, **changes)


def losses(run: Run, until: int | None = None) -> list[float]:
    return [now.loss for now in train(run, until=until)]


def share_pieces(name: str, one: Path, other: Path) -> None:
    """Give a run the vocabulary of another where making it anew would not give quite the same."""
    if RECIPES[name].architecture == "bert":
        shutil.copytree(one / "tokenizer", other / "tokenizer")


def same_weights(one: Run, other: Run) -> bool:
    pairs = zip(one.model.state_dict().values(), other.model.state_dict().values(), strict=True)
    return all(torch.equal(a, b) for a, b in pairs)


@pytest.mark.parametrize("name", ["t5-en-fr-nano", "gpt2-stories", "bert-feedback"])
def test_training_lowers_the_loss_and_repeats_to_the_last_bit(name: str, tmp_path: Path) -> None:
    one = open_run(tiny(name), tmp_path / "one")
    share_pieces(name, tmp_path / "one", tmp_path / "other")
    other = open_run(tiny(name), tmp_path / "other")
    first, second = losses(one), losses(other)
    assert sum(first[-4:]) < 0.95 * sum(first[:4])
    assert first == second
    assert same_weights(one, other)


def test_another_seed_gives_another_model(tmp_path: Path) -> None:
    one = open_run(tiny("t5-en-fr-nano"), tmp_path / "one")
    other = open_run(tiny("t5-en-fr-nano", seed=10), tmp_path / "other")
    assert losses(one, 2) != losses(other, 2)


@pytest.mark.parametrize("name", ["t5-en-fr-nano", "bert-feedback"])
def test_a_stopped_run_goes_on_to_the_same_weights(name: str, tmp_path: Path) -> None:
    whole = open_run(tiny(name), tmp_path / "whole")
    expected = losses(whole)
    share_pieces(name, tmp_path / "whole", tmp_path / "parts")
    before = losses(open_run(tiny(name), tmp_path / "parts"), 7)
    resumed = open_run(tiny(name), tmp_path / "parts")
    assert resumed.step == 7
    assert before + losses(resumed) == expected
    assert same_weights(whole, resumed)


def test_a_checkpoint_of_another_recipe_is_refused(tmp_path: Path) -> None:
    losses(open_run(tiny("t5-en-fr-nano"), tmp_path), 2)
    with pytest.raises(ForeignCheckpoint):
        open_run(tiny("t5-en-fr-nano", learning_rate=2e-2), tmp_path)


def test_more_steps_may_be_given_on_the_plateau_but_not_later(tmp_path: Path) -> None:
    losses(open_run(tiny("t5-en-fr-nano"), tmp_path), 10)
    assert open_run(tiny("t5-en-fr-nano", steps=40), tmp_path).step == 10
    with pytest.raises(ForeignCheckpoint):
        open_run(tiny("t5-en-fr-nano", steps=12), tmp_path)


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=lambda recipe: recipe.name)
def test_the_learning_rate_rises_holds_and_falls_to_almost_nothing(recipe: Recipe) -> None:
    rates = [learning_rate(recipe, step) for step in range(recipe.steps)]
    assert 0 < rates[0] < recipe.learning_rate == max(rates)
    assert rates.count(recipe.learning_rate) > recipe.steps / 3
    assert 0 < rates[-1] < recipe.learning_rate / 100


@pytest.mark.parametrize(
    "name", ["t5-en-fr-micro", "t5-summary-micro", "gpt2-stories", "bert-feedback"]
)
def test_nothing_held_out_is_ever_trained_on(name: str) -> None:
    recipe = replace(RECIPES[name], batch_size=30)
    taught = [example for index in (0, 5) for example in chunk(recipe, index)]
    assert len(taught) == 3000
    assert {split_of(example.key) for example in taught} == {"train"}
    kept = [e for split in ("validation", "test") for e in held_out(recipe, split, 60)]
    pairs = {(example.source, example.target) for example in taught}
    assert not pairs & {(example.source, example.target) for example in kept}
    assert not {example.key for example in taught} & {example.key for example in kept}


def mixed_examples(seed: int) -> list[Example]:
    """Ten thousand examples of all splits, for the recipe below."""
    return [Example(f"word {n}", f"mot {n}", f"word {seed} {n}") for n in range(10_000)]


def test_the_training_stream_drops_held_out_examples(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Recipe, "examples", lambda self, seed: iter(mixed_examples(seed)))
    recipe = replace(RECIPES["t5-en-fr-nano"], batch_size=500)
    taught = chunk(recipe, 0)
    assert 9_000 < len(taught) < 10_000
    assert all(split_of(example.key) == "train" for example in taught)


def test_the_training_split_cannot_be_asked_for_as_held_out() -> None:
    with pytest.raises(ValueError, match="validation or the test"):
        held_out(RECIPES["t5-en-fr-nano"], "train", 1)


def test_made_up_names_stand_in_source_and_target_alike() -> None:
    recipe = replace(RECIPES["t5-en-fr-micro"], batch_size=40)
    known = set(
        (recipes.STARTERS / "translation/lexicon/names.csv").read_text(encoding="utf-8").split()
    )
    plain = {e.key: e for e in chunk(recipe, 0)}
    changed = [e for e in plain.values() if e.source != e.key]
    assert changed
    for example in changed:
        new = set(example.source.split()) - set(example.key.split())
        assert new and not new & known
        for word in new:
            assert word.strip(".,!?").removesuffix("'s") in example.target


def test_a_step_always_gets_the_same_batch() -> None:
    recipe = tiny("t5-en-fr-nano")
    texts = [text for e in chunk(recipe, 0) for text in (e.source, e.target)]
    tokenizer = train_tokenizer(recipe, texts)
    straight = list(islice(training_batches(recipe, tokenizer), 130))
    for step in (0, 49, 50, 129):
        later = next(training_batches(recipe, tokenizer, first_step=step))
        assert all(torch.equal(later[key], straight[step][key]) for key in later)


@pytest.fixture(scope="module", params=["t5-en-fr-nano", "gpt2-stories"])
def tokenizer(request: pytest.FixtureRequest):
    texts = ["The cat sat on the mat.", "L'été, Zoé mange à 12 heures."] * 20
    return train_tokenizer(tiny(request.param), texts)


# "▁" is how T5's tokenizers write a blank, and the names of special tokens stand for those.
LETTERS = st.characters(exclude_categories=("C", "Z"), exclude_characters="▁")


@given(words=st.lists(st.text(LETTERS, min_size=1), min_size=1))
def test_a_tokenizer_loses_no_word_it_has_never_seen(tokenizer, words: list[str]) -> None:
    text = unicodedata.normalize("NFC", " ".join(words))
    assume(not any(name in text for name in tokenizer.all_special_tokens))
    ids = tokenizer(text)["input_ids"]
    assert tokenizer.unk_token_id not in ids or tokenizer.unk_token_id is None
    assert tokenizer.decode(ids, skip_special_tokens=True) == text


def test_an_encoded_pair_ends_with_the_end_of_text_token() -> None:
    recipe = tiny("t5-en-fr-nano")
    examples = chunk(recipe, 0)[:20]
    tokenizer = train_tokenizer(recipe, [e.source for e in examples])
    for row in encode(recipe, tokenizer, examples):
        assert row.source[-1] == row.target[-1] == tokenizer.eos_token_id
        assert tokenizer.pad_token_id not in row.source + row.target
