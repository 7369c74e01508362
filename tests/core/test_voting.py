"""Judging blind is blind, and what is said of a vote and of chrF is true."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.voting import Agreement, Vote, agreement, choices, verdict
from core.work.record import new_uid

LABELS = [f"starter/{letter}" for letter in "abcd"]
OUTPUTS = st.dictionaries(st.sampled_from(LABELS), st.text(max_size=5), min_size=1)
IDS = st.text("0123456789abcdef", min_size=32, max_size=32)
SCORES = st.dictionaries(st.sampled_from(LABELS), st.floats(0, 100), min_size=2)
FOUR = dict(zip(LABELS, "wxyz", strict=True))


@given(IDS, st.integers(1, 20), OUTPUTS)
def test_the_choices_are_the_different_outputs_each_once(
    comparison: str, number: int, outputs: dict[str, str]
) -> None:
    found = choices(comparison, number, outputs)
    assert sorted(choice.text for choice in found) == sorted({t.strip() for t in outputs.values()})
    assert sorted(label for choice in found for label in choice.candidates) == sorted(outputs)
    assert "".join(choice.letter for choice in found) == "ABCD"[: len(found)]
    for choice in found:
        assert {outputs[label].strip() for label in choice.candidates} == {choice.text}


@given(IDS, st.integers(1, 20), OUTPUTS)
def test_the_order_stays_as_it_is_over_reruns(
    comparison: str, number: int, outputs: dict[str, str]
) -> None:
    assert choices(comparison, number, outputs) == choices(comparison, number, dict(outputs))


@given(IDS, st.integers(1, 20), st.permutations(LABELS))
def test_the_order_does_not_hang_on_the_names(
    comparison: str, number: int, names: list[str]
) -> None:
    """The same places under other names: letters go by place and by the comparison alone."""
    renamed = dict(zip(names, FOUR.values(), strict=True))
    texts = [choice.text for choice in choices(comparison, number, renamed)]
    assert texts == [choice.text for choice in choices(comparison, number, FOUR)]


def test_every_order_comes_and_each_candidate_is_first_about_equally_often() -> None:
    first = dict.fromkeys(LABELS, 0)
    orders = set()
    for place in range(2000):
        found = choices(f"{place:032x}", 1, FOUR)
        first[found[0].candidates[0]] += 1
        orders.add(tuple(choice.text for choice in found))
    assert len(orders) == 24
    assert all(400 < count < 600 for count in first.values())


def test_comparisons_and_inputs_are_mixed_each_in_its_own_way() -> None:
    comparison = new_uid()
    assert len({choices(comparison, number, FOUR) for number in range(1, 21)}) > 5
    assert len({choices(new_uid(), 1, FOUR) for _ in range(20)}) > 5


def vote(preferred: str | None, *, blind: bool = True) -> Vote:
    return Vote("c", 1, preferred, blind)


@given(SCORES, st.data())
def test_chrf_agrees_with_whoever_prefers_what_it_scores_highest(
    scores: dict[str, float], data: st.DataObject
) -> None:
    preferred = data.draw(st.sampled_from([*scores, None]))
    shown = {label: round(score, 1) for label, score in scores.items()}
    alike = len(set(shown.values())) == 1
    if preferred is None:
        expected = Agreement.AGREES if alike else Agreement.DISAGREES
    elif alike:
        expected = Agreement.UNDECIDED
    else:
        highest = shown[preferred] == max(shown.values())
        expected = Agreement.AGREES if highest else Agreement.DISAGREES
    assert agreement(vote(preferred), scores) is expected


@pytest.mark.parametrize("scores", [{}, {"a": 5.0}, {"b": 5.0, "c": 6.0}])
def test_without_scores_to_compare_nothing_is_said_of_chrf(scores: dict[str, float]) -> None:
    assert agreement(vote("a"), scores) is None
    assert verdict(vote("a"), scores, {}) == "Judging blind, you preferred a."


NAMES = {"x/a": "a", "x/b": "b", "x/c": "c"}


@pytest.mark.parametrize(
    ("preferred", "scores", "words"),
    [
        ("x/a", (60, 40), "preferred a. chrF agrees: 60.0 against 40.0."),
        ("x/b", (60, 40), "preferred b. chrF disagrees: 60.0 for a, 40.0 for b."),
        ("x/c", (60, 40, 50), "preferred c. chrF disagrees: 60.0 for a, 50.0 for c."),
        ("x/b", (60, 60), "preferred b. chrF sees no difference: 60.0 for each."),
        ("x/a", (60, 60, 20), "preferred a. chrF agrees: 60.0 against 60.0."),
        (None, (60, 60), "found them equally good. chrF agrees: 60.0 for each."),
        (None, (60, 40, 20), "equally good. chrF disagrees: 60.0 for a, 40.0 for b."),
    ],
)
def test_the_verdict_reads_well(
    preferred: str | None, scores: tuple[float, ...], words: str
) -> None:
    told = verdict(vote(preferred), dict(zip(NAMES, map(float, scores), strict=False)), NAMES)
    assert told.startswith("Judging blind, you ")
    assert words in told
    seen = verdict(vote(preferred, blind=False), {}, NAMES)
    assert seen.startswith("You ")
