"""Choices come in an order of each learner's own, which stays."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from core.exercises.shuffling import shown, shuffled
from core.exercises.types import Choice, Match, Order
from tests.core.exercises.blocks_of_each_kind import exercise

ids = st.text("abc-", min_size=1, max_size=8)


@given(ids, st.text(max_size=20), st.lists(st.text(max_size=3), max_size=9))
def test_a_shuffle_keeps_every_item_and_repeats_itself(
    exercise_id: str, learner: str, items: list[str]
) -> None:
    order = shuffled(exercise_id, learner, items)
    assert sorted(order) == sorted(items)
    assert order == shuffled(exercise_id, learner, items)


def test_learners_and_exercises_have_orders_of_their_own() -> None:
    items = "abcdef"
    assert len({shuffled("one", f"learner {n}", items) for n in range(50)}) > 30
    assert len({shuffled(f"exercise {n}", "me", items) for n in range(50)}) > 30


@given(st.text(max_size=20))
def test_things_to_put_in_order_are_never_shown_in_the_right_one(learner: str) -> None:
    order, choice, match = exercise("order"), exercise("single"), exercise("match")
    assert isinstance(order, Order)
    assert isinstance(choice, Choice)
    assert isinstance(match, Match)
    assert shown(order, learner) != order.items
    assert sorted(shown(order, learner)) == sorted(order.items)
    assert sorted(shown(choice, learner)) == ["alpha", "beta", "gamma"]
    assert sorted(shown(match, learner)) == ["dos", "tres", "uno"]
