"""Models that keep several cores busy take turns."""

from __future__ import annotations

import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from core.errors import LabError
from core.inference.cores import Cores

PATIENCE_S = 60


class Computation:
    """A computation in a thread of its own, which ends when it is let go."""

    def __init__(self, cores: Cores, key: str, threads: int = 2) -> None:
        self.key = key
        self.inside, self.go, self.left = threading.Event(), threading.Event(), threading.Event()
        self.cancelled = threading.Event()
        self._turn: AbstractContextManager[None] = cores.turn(key, threads, self.cancelled.is_set)
        joined = len(members(cores))
        threading.Thread(target=self._run, daemon=True).start()
        while threads > 1 and len(members(cores)) == joined:
            time.sleep(0.0005)

    def _run(self) -> None:
        try:
            with self._turn:
                self.inside.set()
                self.go.wait(PATIENCE_S)
        except LabError:
            pass
        finally:
            self.left.set()

    def end(self) -> None:
        self.go.set()
        assert self.left.wait(PATIENCE_S)


def members(cores: Cores) -> list[str]:
    """The keys of all who compute or wait, in order of their turns."""
    return [turn.key for turn in list(cores._turns) for _ in range(turn.members)]


def test_computations_of_one_model_share_a_turn() -> None:
    cores = Cores()
    together = [Computation(cores, "a") for _ in range(5)]
    assert all(one.inside.wait(PATIENCE_S) for one in together)


def test_a_model_on_one_thread_never_waits() -> None:
    cores = Cores()
    assert Computation(cores, "a").inside.wait(PATIENCE_S)
    assert Computation(cores, "small", threads=1).inside.wait(PATIENCE_S)


def test_another_model_waits_for_all_of_the_turn_and_then_begins() -> None:
    cores = Cores()
    first = [Computation(cores, "a") for _ in range(2)]
    other = [Computation(cores, "b") for _ in range(2)]
    first[0].end()
    assert not any(one.inside.is_set() for one in other)
    first[1].end()
    assert all(one.inside.wait(PATIENCE_S) for one in other)


def test_who_comes_after_another_model_goes_behind_it_even_if_its_own_computes() -> None:
    cores = Cores()
    running = Computation(cores, "a")
    other = Computation(cores, "b")
    late = Computation(cores, "a")
    assert not late.inside.is_set()
    running.end()
    assert other.inside.wait(PATIENCE_S)
    assert not late.inside.is_set()
    other.end()
    assert late.inside.wait(PATIENCE_S)


def test_those_of_a_waiting_model_begin_together_when_its_turn_comes() -> None:
    cores = Cores()
    running = Computation(cores, "a")
    waiting = [Computation(cores, key) for key in "bcbcb"]
    running.end()
    assert all(waiting[place].inside.wait(PATIENCE_S) for place in (0, 2, 4))
    assert not any(waiting[place].inside.is_set() for place in (1, 3))


def test_who_is_cancelled_leaves_the_line_and_holds_up_nobody() -> None:
    cores = Cores()
    running, leaving, staying = (Computation(cores, key) for key in "abc")
    leaving.cancelled.set()
    assert leaving.left.wait(PATIENCE_S)
    assert not leaving.inside.is_set()
    running.end()
    assert staying.inside.wait(PATIENCE_S)


def test_a_computation_that_fails_gives_its_turn_back() -> None:
    cores = Cores()
    with pytest.raises(ZeroDivisionError), cores.turn("a", 2):
        raise ZeroDivisionError
    with cores.turn("b", 2):
        assert members(cores) == ["b"]


class CoresMachine(RuleBasedStateMachine):
    """Any order of coming, ending and leaving: one model computes, and whoever waits gets nearer.

    Held against a plain model of the rules: a list of turns, each a key and those in it.
    """

    def __init__(self) -> None:
        super().__init__()
        self.cores = Cores()
        self.turns: list[tuple[str, list[Computation]]] = []

    @rule(key=st.sampled_from("abc"))
    def come(self, key: str) -> None:
        one = Computation(self.cores, key)
        joinable = self.turns[:1] if len(self.turns) == 1 else self.turns[1:]
        for other, inside in joinable:
            if other == key:
                inside.append(one)
                return
        self.turns.append((key, [one]))

    @rule(data=st.data())
    def end(self, data: st.DataObject) -> None:
        if self.turns:
            inside = self.turns[0][1]
            inside.pop(data.draw(st.integers(0, len(inside) - 1))).end()
            self.turns = [turn for turn in self.turns if turn[1]]

    @rule(data=st.data())
    def leave(self, data: st.DataObject) -> None:
        if len(self.turns) > 1:
            _, waiting = data.draw(st.sampled_from(self.turns[1:]))
            one = waiting.pop()
            one.cancelled.set()
            one.go.set()
            assert one.left.wait(PATIENCE_S)
            assert not one.inside.is_set()
            self.turns = [turn for turn in self.turns if turn[1]]

    @invariant()
    def the_first_turn_computes_and_no_other(self) -> None:
        for _, inside in self.turns[:1]:
            assert all(one.inside.wait(PATIENCE_S) for one in inside)
        assert not any(one.inside.is_set() for _, waiting in self.turns[1:] for one in waiting)
        assert members(self.cores) == [key for key, inside in self.turns for _ in inside]

    def teardown(self) -> None:
        for _, inside in self.turns:
            for one in inside:
                one.end()


TestAnyOrder = CoresMachine.TestCase
TestAnyOrder.settings = settings(max_examples=25, stateful_step_count=20)


def test_thirty_threads_of_five_models_all_get_their_turn_and_never_mix() -> None:
    cores = Cores()
    inside: list[str] = []

    def student(number: int) -> bool:
        chance = random.Random(number)
        alone = True
        for _ in range(20):
            key = chance.choice("abcde")
            with cores.turn(key, 2):
                inside.append(key)
                alone &= set(inside) == {key}
                inside.remove(key)
        return alone

    with ThreadPoolExecutor(30) as threads:
        assert all(threads.map(student, range(30)))
    assert members(cores) == []
