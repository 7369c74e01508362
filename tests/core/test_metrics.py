"""chrF is what sacrebleu says it is, and behaves as the lab tells students."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.metrics import chrf

TEXTS = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "Zs"]), max_size=60)


@given(TEXTS, TEXTS)
def test_chrf_is_sacrebleus_own_with_its_defaults(hypothesis: str, reference: str) -> None:
    from sacrebleu.metrics.chrf import CHRF

    metric = CHRF(char_order=6, word_order=0, beta=2)
    assert chrf(hypothesis, reference) == metric.sentence_score(hypothesis, [reference]).score
    assert 0 <= chrf(hypothesis, reference) <= 100.0001


@given(TEXTS.filter(lambda text: bool(text.strip())))
def test_the_same_text_scores_100_and_spaces_do_not_count(text: str) -> None:
    assert chrf(text, text) == pytest.approx(100)
    assert chrf(text.replace(" ", ""), text) == pytest.approx(100)


@pytest.mark.parametrize(
    ("hypothesis", "reference"), [("", "Le chat."), ("xyz", "Le chat."), ("Le chat.", ""), ("", "")]
)
def test_what_shares_nothing_scores_0(hypothesis: str, reference: str) -> None:
    assert chrf(hypothesis, reference) == 0


def test_a_right_answer_in_other_words_can_score_below_a_wrong_one() -> None:
    reference = "J'habite à Rome depuis 16 ans."
    right, wrong = "J'habite à Rome depuis seize ans.", "J'habite à Rome depuis six ans."
    assert chrf(right, reference) < chrf(wrong, reference)
