"""No text is in two splits, every label in each, and the same seed draws the same."""

from __future__ import annotations

from collections import Counter, defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import BadInputError
from core.finetuning.data_presets import few, imbalanced, with_wrong_labels
from core.finetuning.data_text import normalised
from core.finetuning.splitting import split
from core.finetuning.types import Example, Splits

LABELS = ("negative", "neutral", "positive")
ANY = st.lists(
    st.builds(Example, st.text("aAb .!é", max_size=4), st.sampled_from(["x", "y", "z"])),
    max_size=60,
)
PARTS = st.sampled_from(["train", "validation", "test"])


def many(*counts: int) -> list[Example]:
    return [
        Example(f"{label} text {number}", label)
        for label, count in zip(LABELS, counts, strict=False)
        for number in range(count)
    ]


def parts(splits: Splits) -> list[tuple[Example, ...]]:
    return [splits.train, splits.validation, splits.test]


def assert_no_leak(splits: Splits) -> None:
    seen: dict[str, int] = {}
    for place, part in enumerate(parts(splits)):
        for example in part:
            assert seen.setdefault(normalised(example.text), place) == place


@given(ANY, st.integers(0, 5))
def test_no_text_is_in_two_splits_and_none_is_lost(examples: list[Example], seed: int) -> None:
    splits = split(examples, seed=seed)
    assert_no_leak(splits)
    assert Counter(example for part in parts(splits) for example in part) == Counter(examples)
    assert splits == split(examples, seed=seed)


@given(ANY, st.integers(0, 5))
def test_each_label_is_in_training_and_with_three_texts_in_every_split(
    examples: list[Example], seed: int
) -> None:
    splits = split(examples, seed=seed)
    of_text: defaultdict[str, set[str]] = defaultdict(set)
    for example in examples:
        of_text[normalised(example.text)].add(example.label)
    for label in splits.labels:
        assert any(example.label == label for example in splits.train)
        if sum(labels == {label} for labels in of_text.values()) >= 3:
            assert all(any(example.label == label for example in part) for part in parts(splits))


@given(ANY, st.data())
def test_given_splits_are_honoured_but_for_what_leaks(
    examples: list[Example], data: st.DataObject
) -> None:
    given_parts = [data.draw(PARTS) for _ in examples]
    try:
        splits = split(examples, seed=1, given=given_parts)
    except BadInputError as refused:
        assert refused.next_step
        return
    assert_no_leak(splits)
    assert splits.train
    if {"validation", "test"} <= set(given_parts):
        tested = [
            example for example, part in zip(examples, given_parts, strict=True) if part == "test"
        ]
        assert list(splits.test) == tested
        kept = Counter(example for part in parts(splits) for example in part)
        assert kept <= Counter(examples)


def test_shares_hold_label_by_label() -> None:
    splits = split(many(200, 100, 20), seed=3)
    for part, share in zip(parts(splits), (0.7, 0.15, 0.15), strict=True):
        counts = Counter(example.label for example in part)
        for label, total in zip(LABELS, (200, 100, 20), strict=True):
            assert abs(counts[label] - share * total) <= 1
    assert splits.labels == LABELS
    assert split(many(200, 100, 20), seed=4).test != splits.test


def test_a_text_that_comes_a_thousand_times_stays_in_training() -> None:
    splits = split([*many(40, 40), *[Example("ok", "negative")] * 1000], seed=1)
    assert sum(example.text == "ok" for example in splits.train) == 1000
    assert splits.test


def test_a_split_that_is_not_given_is_drawn_from_training() -> None:
    examples = many(50, 50)
    splits = split(examples, seed=1, given=["test" if n % 5 == 0 else "train" for n in range(100)])
    assert splits.test == tuple(examples[::5])
    assert 0 < len(splits.validation) < len(splits.train)
    assert len(splits.validation) + len(splits.train) == 80


def test_nothing_for_training_is_refused() -> None:
    with pytest.raises(BadInputError, match="training"):
        split(many(2), seed=1, given=["test", "validation"])
    with pytest.raises(BadInputError, match="training"):
        split([Example("a", "x"), Example("A!", "x")], seed=1, given=["train", "test"])


def test_wrong_labels_are_as_many_as_said_and_only_in_training() -> None:
    splits = split(many(60, 60, 60), seed=1)
    spoilt = with_wrong_labels(splits, share=0.3, seed=2)
    changed = [
        (before, after)
        for before, after in zip(splits.train, spoilt.train, strict=True)
        if before != after
    ]
    assert len(changed) == round(0.3 * len(splits.train))
    assert all(before.text == after.text for before, after in changed)
    assert {after.label for _, after in changed} == set(LABELS)
    assert (spoilt.validation, spoilt.test) == (splits.validation, splits.test)
    assert spoilt == with_wrong_labels(splits, share=0.3, seed=2)
    assert spoilt != with_wrong_labels(splits, share=0.3, seed=3)


def test_an_imbalance_thins_all_labels_but_one() -> None:
    splits = split(many(100, 100, 10), seed=1)
    thin = imbalanced(splits, share=0.1, seed=1)
    assert Counter(example.label for example in thin.train) == {
        "positive": 7,
        "negative": 7,
        "neutral": 7,
    }
    assert thin.test == splits.test
    rare = imbalanced(splits, common="negative", share=0.01)
    assert Counter(example.label for example in rare.train)["positive"] == 1


@given(st.integers(0, 90), st.integers(0, 90))
def test_few_keeps_the_labels_even_and_adds_to_what_fewer_had(one: int, other: int) -> None:
    splits = split(many(80, 30, 10), seed=1)
    fewer, more = sorted((min(one, len(splits.train)), min(other, len(splits.train))))
    small, large = few(splits, fewer), few(splits, more)
    assert len(small.train) == fewer
    assert set(small.train) <= set(large.train)
    counts, whole = (Counter(e.label for e in part.train) for part in (small, splits))
    for label in LABELS:
        assert counts[label] or fewer < len(LABELS)
        assert abs(counts[label] - fewer * whole[label] / len(splits.train)) <= 2
