"""Which words are hidden from a model of BERT's architecture, and what that costs it."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import islice
from random import Random

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn.functional import cross_entropy

from starters.splits import Example
from starters.training.architectures import new_model
from starters.training.batches import collate, encode, training_batches, with_hidden_words
from starters.training.masking import IGNORED, Masking, apart_loss, masked_loss
from starters.training.recipes import RECIPES, Shape
from starters.training.stream import chunk
from starters.training.tokenizers import train_tokenizer

RECIPE = replace(
    RECIPES["bert-feedback"],
    shape=Shape(layers=2, width=32, heads=2, feed_forward=64, positions=48),
    vocabulary=800,
    batch_size=8,
)
OPEN, CLOSE, MASK, GOING_ON = 1, 2, 3, range(10, 20)
MASKING = Masking(MASK, frozenset({0, OPEN, CLOSE, MASK}), frozenset(GOING_ON), tuple(range(4, 40)))
texts = st.lists(st.integers(4, 39), min_size=1, max_size=150).map(lambda t: [OPEN, *t, CLOSE])


@pytest.fixture(scope="module")
def tokenizer():
    return train_tokenizer(RECIPE, [example.target for example in chunk(RECIPE, 0)])


@given(texts, st.integers())
def test_about_15_percent_are_hidden_and_only_whole_words(ids: list[int], seed: int) -> None:
    places = MASKING.places(ids, Random(seed))
    assert places == sorted(set(places))
    assert places
    assert not {ids[place] for place in places} & MASKING.special
    whole = set(places)
    for place in range(2, len(ids) - 1):
        if ids[place] in GOING_ON:
            assert (place in whole) == (place - 1 in whole)
    assert len(places) <= max(1, round(0.15 * len(ids))) or ids[places[0] + 1] in GOING_ON


@given(texts, st.integers())
def test_only_what_is_to_be_found_has_a_label_and_only_it_is_changed(
    ids: list[int], seed: int
) -> None:
    read, labels = MASKING.hidden(ids, Random(seed))
    assert len(read) == len(labels) == len(ids)
    for was, now, label in zip(ids, read, labels, strict=True):
        assert label in (IGNORED, was)
        if label == IGNORED:
            assert now == was
        else:
            assert now not in MASKING.special - {MASK}
    assert MASKING.hidden(ids, Random(seed)) == (read, labels)


def test_of_the_hidden_tokens_80_percent_are_masked_and_10_left_as_they_are() -> None:
    random, masked, left, total = Random(0), 0, 0, 0
    for _ in range(2000):
        ids = [OPEN, *random.choices(range(20, 40), k=40), CLOSE]
        read, labels = MASKING.hidden(ids, random)
        for now, label in zip(read, labels, strict=True):
            if label != IGNORED:
                total += 1
                masked += now == MASK
                left += now == label
    assert masked / total == pytest.approx(0.8, abs=0.02)
    assert left / total == pytest.approx(0.1 + 0.1 / 36, abs=0.02)


def test_the_loss_is_that_of_the_hidden_words_and_of_the_halves(tokenizer) -> None:
    torch.manual_seed(0)
    model = new_model(RECIPE, tokenizer)
    rows = encode(RECIPE, tokenizer, chunk(RECIPE, 0)[:8])
    hidden = with_hidden_words(Masking.of(tokenizer), rows, Random(0))
    batch = collate(RECIPE, hidden, tokenizer.pad_token_id)
    read = model.bert(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"])
    every = model.cls.predictions(read.last_hidden_state)
    words = cross_entropy(every.flatten(0, 1), batch["labels"].flatten(), ignore_index=IGNORED)
    expected = words + apart_loss(read.pooler_output)
    assert masked_loss(model, batch).item() == pytest.approx(expected.item(), rel=1e-5)


def test_halves_that_find_each_other_cost_next_to_nothing() -> None:
    texts = torch.eye(6)
    together, swapped = torch.cat([texts, texts]), torch.cat([texts, texts.flip(0)])
    assert apart_loss(together).item() < 0.01 < 5 < apart_loss(swapped).item()
    alike = torch.ones(12, 6)
    assert apart_loss(alike).item() == pytest.approx(math.log(6))


def test_each_pass_over_a_text_hides_other_words(tokenizer) -> None:
    once = replace(RECIPE, distinct_chunks=1)
    batches = list(islice(training_batches(once, tokenizer), 100))

    def shown(batch: dict[str, torch.Tensor]) -> set[tuple[int, ...]]:
        return {tuple(row.tolist()) for row in batch["input_ids"]}

    first = set().union(*map(shown, batches[:50]))
    second = set().union(*map(shown, batches[50:]))
    # Of a very short text there is little else to hide.
    assert len(first & second) < len(first) / 4


def test_texts_are_cut_to_the_places_that_the_model_has(tokenizer) -> None:
    long = [Example(half, half, half) for half in ("a good kettle " * 40, "short")]
    ends = {(tokenizer.cls_token_id, tokenizer.sep_token_id)}
    for row, length in zip(
        encode(RECIPE, tokenizer, long), (RECIPE.shape.positions, 3), strict=True
    ):
        assert {(half[0], half[-1]) for half in (row.source, row.target)} == ends
        assert length <= len(row.source) == len(row.target) <= RECIPE.shape.positions


@given(st.text("abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=30))
def test_no_word_of_plain_letters_is_unknown(tokenizer, word: str) -> None:
    ids = tokenizer(f"{word}, {word.upper()} 407!")["input_ids"]
    assert tokenizer.unk_token_id not in ids
    assert tokenizer.decode(ids, skip_special_tokens=True) == f"{word}, {word} 4 0 7!"
