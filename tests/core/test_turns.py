"""Round robin between owners, in order of arrival for each."""

from __future__ import annotations

import copy
from collections import Counter
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from core.inference.turns import Turns

OWNERS = ["", "ada", "ben", "eva"]


def taken_in_order(turns: Turns[int]) -> list[int]:
    """Empty a copy of `turns`."""
    simulated = copy.deepcopy(turns)
    return [simulated.take() for _ in range(len(simulated))]


class TurnsMachine(RuleBasedStateMachine):
    """Any order of joining, leaving and taking."""

    def __init__(self) -> None:
        super().__init__()
        self.turns: Turns[int] = Turns()
        self.owner: dict[int, str] = {}
        self.numbers = count()

    @rule(owner=st.sampled_from(OWNERS))
    def join(self, owner: str) -> None:
        item = next(self.numbers)
        self.turns.join(owner, item)
        self.owner[item] = owner

    @rule()
    def take(self) -> None:
        if self.owner:
            del self.owner[self.turns.take()]
        else:
            with pytest.raises(KeyError):
                self.turns.take()

    @rule(data=st.data())
    def leave(self, data: st.DataObject) -> None:
        if self.owner:
            item = data.draw(st.sampled_from(sorted(self.owner)))
            assert self.turns.leave(item)
            assert not self.turns.leave(item)
            del self.owner[item]

    @invariant()
    def tells_each_place_as_a_simulation_finds_it(self) -> None:
        order = taken_in_order(self.turns)
        assert sorted(order) == sorted(self.owner)
        assert [self.turns.before(item) for item in order] == list(range(len(order)))
        assert self.turns.before(-1) is None

    @invariant()
    def knows_how_many_and_whose(self) -> None:
        assert len(self.turns) == len(self.owner)
        assert self.turns.owners == set(self.owner.values())

    @invariant()
    def takes_the_items_of_an_owner_in_order_of_arrival(self) -> None:
        order = taken_in_order(self.turns)
        for owner in OWNERS:
            own = [item for item in order if self.owner[item] == owner]
            assert own == sorted(own)


TestAnyOrder = TurnsMachine.TestCase


@given(st.lists(st.sampled_from(OWNERS), max_size=60))
def test_between_two_of_an_owners_items_each_other_owner_has_at_most_one_turn(
    arrivals: list[str],
) -> None:
    turns: Turns[int] = Turns()
    for item, owner in enumerate(arrivals):
        turns.join(owner, item)
    order = [arrivals[item] for item in taken_in_order(turns)]
    for owner in set(order):
        places = [place for place, other in enumerate(order) if other == owner]
        for first, second in zip([-1, *places], places, strict=False):
            between = Counter(order[first + 1 : second])
            assert all(turns_had == 1 for turns_had in between.values())


def test_twenty_items_of_one_delay_each_of_the_others_by_one() -> None:
    turns: Turns[str] = Turns()
    for number in range(20):
        turns.join("many", f"many {number}")
    for number in range(29):
        turns.join(f"learner {number}", f"single {number}")
    order = [turns.take() for _ in range(49)]
    assert order[0] == "many 0"
    assert order[1:30] == [f"single {number}" for number in range(29)]
