"""Figures of an evaluation are those of the libraries, with bounds that hold them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import f1_score

from core.errors import BadInputError
from core.finetuning.evaluation import evaluate, surest_mistakes
from core.finetuning.types import Evaluation, Example, Guess

LABELS = ("bad", "fine", "good")


def evaluated(truth: str, guessed: str, *, train: str = "bfg") -> Evaluation:
    """Return the evaluation of labels by their first letters."""
    names = {label[0]: label for label in LABELS}
    examples = [Example(f"text {n}", names[letter]) for n, letter in enumerate(truth)]
    guesses = [
        Guess(f"text {n}", tuple(0.8 if label[0] == letter else 0.1 for label in LABELS))
        for n, letter in enumerate(guessed)
    ]
    known = [Example(f"known {n}", names[letter]) for n, letter in enumerate(train)]
    return evaluate(examples, guesses, labels=LABELS, train=known)


def test_a_case_that_can_be_counted_by_hand() -> None:
    result = evaluated("bbbffg", "bbffgg", train="ffb")
    assert result.accuracy.value == pytest.approx(4 / 6)
    # bad: 2 of 2 and 2 of 3; fine: 1 of 2 and 1 of 2; good: 1 of 2 and 1 of 1.
    assert result.macro_f1.value == pytest.approx((0.8 + 0.5 + 2 / 3) / 3)
    assert result.confusion == ((2, 1, 0), (0, 1, 1), (0, 0, 1))
    # The commonest of the training split is fine, which is right for two of six.
    assert result.majority == pytest.approx(2 / 6)


def test_bounds_hold_the_figure_and_come_back_the_same() -> None:
    result = evaluated("bfg" * 20, "bfg" * 14 + "gbf" * 6)
    for interval in (result.accuracy, result.macro_f1):
        assert 0 < interval.low < interval.value < interval.high < 1
    assert result == evaluated("bfg" * 20, "bfg" * 14 + "gbf" * 6)
    wider = evaluated("bfg" * 5, "bfg" * 3 + "bff" * 2)
    assert wider.accuracy.high - wider.accuracy.low > result.accuracy.high - result.accuracy.low


def test_all_right_on_few_is_not_certainty() -> None:
    result = evaluated("bfgbfg", "bfgbfg")
    assert result.accuracy.value == result.macro_f1.value == result.accuracy.high == 1
    assert result.accuracy.low < 0.6
    none = evaluated("bbb", "ggg")
    assert none.accuracy.value == none.accuracy.low == 0
    assert none.accuracy.high > 0.5


def test_a_label_that_does_not_occur_counts_for_nothing() -> None:
    result = evaluated("bbbfff", "bbffff")
    assert result.macro_f1.value == pytest.approx((0.8 + 6 / 7) / 2)
    assert result.confusion[2] == (0, 0, 0)


@given(st.data())
def test_any_guesses_can_be_evaluated(data: st.DataObject) -> None:
    truth = data.draw(st.text("bfg", min_size=1, max_size=12))
    guessed = data.draw(st.text("bfg", min_size=len(truth), max_size=len(truth)))
    result = evaluated(truth, guessed, train=data.draw(st.text("bfg", min_size=1, max_size=5)))
    for interval in (result.accuracy, result.macro_f1):
        assert 0 <= interval.low <= interval.value <= interval.high <= 1
    assert sum(map(sum, result.confusion)) == len(truth)
    with_library = f1_score(list(truth), list(guessed), average="macro", zero_division=0)
    assert result.macro_f1.value == pytest.approx(with_library)
    mistakes = surest_mistakes(result, limit=3)
    wrong = sum(one != other for one, other in zip(truth, guessed, strict=True))
    assert len(mistakes) == min(3, wrong)


def test_the_surest_mistakes_come_first() -> None:
    examples = [Example("a", "bad"), Example("b", "bad"), Example("c", "good")]
    guesses = [Guess("a", (0.1, 0.3, 0.6)), Guess("b", (0.1, 0.9, 0.0)), Guess("c", (0, 0, 1))]
    result = evaluate(examples, guesses, labels=LABELS, train=examples)
    mistakes = surest_mistakes(result)
    assert [(m.example.text, m.guessed, m.probability) for m in mistakes] == [
        ("b", "fine", 0.9),
        ("a", "good", 0.6),
    ]


def test_nothing_to_test_on_is_said_so() -> None:
    with pytest.raises(BadInputError, match="no examples"):
        evaluate([], [], labels=LABELS, train=[])
