"""The chart of the labels shows every count and says how even they are."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.finetuning.label_chart import count_labels, label_chart, label_finding
from core.finetuning.types import Example, Splits


def rows(counts: Mapping[str, int]) -> dict[str, Mapping[str, int]]:
    return {"rows": counts}


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ({"positive": 50, "negative": 50}, "Balanced: 50 negative and 50 positive"),
        ({"a": 50, "b": 55, "c": 60}, "Balanced: each of 3 labels has 50 to 60 examples"),
        ({"positive": 300, "negative": 100}, "Three times as many positive as negative"),
        ({"positive": 201, "negative": 100}, "Twice as many positive as negative (201 to 100)"),
        ({"positive": 4000, "negative": 100}, "40 times as many positive as negative"),
        ({"positive": 150, "negative": 100}, "Somewhat uneven: 1.5 times as many positive"),
        ({"positive": 5}, "One label alone: 5 positive"),
        ({"positive": 5, "negative": 0}, "No negative at all beside 5 positive"),
        ({}, "No examples yet"),
    ],
)
def test_the_finding_says_how_even_the_labels_are(counts: dict[str, int], said: str) -> None:
    assert label_finding(rows(counts)).startswith(said)


@settings(max_examples=12)  # checking a chart against its schema takes a while
@given(
    st.dictionaries(st.text(max_size=50), st.integers(0, 10**6), max_size=30),
    st.sampled_from([["rows"], ["train", "validation", "test"]]),
)
def test_any_counts_make_a_chart_and_a_sentence(counts: dict[str, int], parts: list[str]) -> None:
    by_split = dict.fromkeys(parts, counts)
    spec = label_chart(by_split).to_dict()
    (drawn,) = spec["datasets"].values()
    assert len(drawn) == min(20, len(counts)) * len(parts)
    assert len({bar["label"] for bar in drawn}) == min(20, len(counts))
    assert label_finding(by_split)


def test_the_counts_are_those_of_the_splits() -> None:
    one, other = Example("a", "negative"), Example("b", "positive")
    splits = Splits("x", ("negative", "positive"), (one, one), (other,), (one, other))
    assert count_labels(splits) == {
        "train": {"negative": 2, "positive": 0},
        "validation": {"negative": 0, "positive": 1},
        "test": {"negative": 1, "positive": 1},
    }
