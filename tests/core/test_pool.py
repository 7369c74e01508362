"""The models in memory."""

from __future__ import annotations

import gc
import shutil
import threading
import time
import weakref
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeoutError
from contextlib import AbstractContextManager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from core.errors import BusyError, LabError, RefusedModelError
from core.inference.engines import transformers_engine
from core.inference.pool import Lease, ModelPool, PooledModel, resident_bytes
from core.inference.types import GenerationConfig, Task
from tests.random_models import make_gpt2


class Loader:
    """Loads nothing, and counts; a model in `gates` loads only once its gate is opened."""

    def __init__(self) -> None:
        self.loads: Counter[str] = Counter()
        self.began: dict[str, threading.Event] = {}
        self.gates: dict[str, threading.Event] = {}
        self.broken: set[str] = set()
        self.own: dict[str, int] = {}
        self.resident = 0
        self.noise = 0

    def load(self, name: str, memory: int) -> Any:
        self.loads[name] += 1
        if gate := self.gates.get(name):
            self.began[name].set()
            assert gate.wait(30)
        if name in self.broken:
            raise RefusedModelError("broken")
        own = self.own.get(name, memory)
        self.resident += own + self.noise
        return SimpleNamespace(name=name, memory_bytes=own)

    def hold(self, name: str) -> None:
        self.began[name], self.gates[name] = threading.Event(), threading.Event()


class Pool:
    """A pool whose models, sizes and patience the test sets."""

    def __init__(self, budget: int, loader: Loader | None = None, patience_s: float = 0) -> None:
        self.loader = loader or Loader()
        self.pool = ModelPool(
            budget_bytes=budget, patience_s=patience_s, resident=lambda: self.loader.resident
        )

    def lease(
        self, name: str, memory: int = 1, cancelled: Callable[[], bool] = lambda: False
    ) -> AbstractContextManager[Lease]:
        return self.pool.lease(
            name,
            memory_bytes=memory,
            load=lambda: self.loader.load(name, memory),
            cancelled=cancelled,
        )

    def use(
        self, name: str, memory: int = 1, cancelled: Callable[[], bool] = lambda: False
    ) -> bool:
        """Use a model for a moment; return whether it had to be loaded."""
        with self.lease(name, memory, cancelled) as lease:
            assert lease.model.name == name  # type: ignore[attr-defined]
            return lease.cold

    def loaded(self) -> dict[str, int]:
        return self.pool.loaded()


def test_the_first_use_is_cold_and_the_next_warm() -> None:
    pool = Pool(2)
    assert [pool.use("a"), pool.use("a")] == [True, False]


def test_the_least_recently_used_is_dropped_first() -> None:
    pool = Pool(3)
    for name in "abcad":
        pool.use(name)
    assert list(pool.loaded()) == ["c", "a", "d"]


def test_no_more_is_dropped_than_needed() -> None:
    pool = Pool(10)
    for name, memory in [("a", 2), ("b", 5), ("c", 3), ("d", 6)]:
        pool.use(name, memory)
    assert pool.loaded() == {"c": 3, "d": 6}


def test_a_model_in_use_is_never_dropped() -> None:
    pool = Pool(2)
    with pool.lease("a"):
        for name in "bcbc":
            pool.use(name)
        assert "a" in pool.loaded()
        assert not pool.use("a")


def test_nothing_is_dropped_for_a_model_that_has_no_room_anyway() -> None:
    pool = Pool(10)
    pool.use("idle", 3)
    with pool.lease("used", 6):
        with pytest.raises(BusyError, match="leave no room for large") as caught:
            pool.use("large", 5)
        assert caught.value.next_step
        assert list(pool.loaded()) == ["idle", "used"]
    assert pool.use("large", 5)


def test_many_who_ask_at_once_wait_for_one_load() -> None:
    loader = Loader()
    loader.hold("a")
    pool = Pool(1, loader)
    with ThreadPoolExecutor(16) as threads:
        asked = [threads.submit(pool.use, "a") for _ in range(16)]
        assert loader.began["a"].wait(30)
        loader.gates["a"].set()
        colds = [answer.result(30) for answer in asked]
    assert loader.loads == {"a": 1}
    assert colds.count(True) == 1


def test_loading_one_model_holds_up_no_loaded_one() -> None:
    loader = Loader()
    loader.hold("slow")
    pool = Pool(3, loader)
    assert pool.use("quick")
    with ThreadPoolExecutor(1) as threads:
        slow = threads.submit(pool.use, "slow")
        assert loader.began["slow"].wait(30)
        assert not pool.use("quick")  # would wait for ever if loading held the pool
        assert list(pool.loaded()) == ["quick"]
        loader.gates["slow"].set()
        assert slow.result(30)


def test_loads_take_turns_so_that_each_is_measured_alone() -> None:
    loader = Loader()
    loader.hold("first")
    pool = Pool(10, loader)
    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(pool.use, "first", 2)
        assert loader.began["first"].wait(30)
        second = threads.submit(pool.use, "second", 3)
        with pytest.raises(FutureTimeoutError):
            second.result(0.05)
        assert loader.loads["second"] == 0
        loader.gates["first"].set()
        assert first.result(30)
        assert second.result(30)
    assert pool.loaded() == {"first": 2, "second": 3}


def test_once_loaded_a_model_counts_with_what_was_measured() -> None:
    pool = Pool(100)
    pool.loader.own = {"larger": 7, "smaller": 2}
    pool.use("larger", 5)
    pool.use("smaller", 5)
    pool.loader.noise = 3
    pool.use("grown", 5)
    pool.loader.noise = 1000  # others allocate meanwhile
    pool.use("noisy", 5)
    assert pool.loaded() == {"larger": 7, "smaller": 2, "grown": 8, "noisy": 10}


def test_what_was_measured_is_remembered_for_the_next_load() -> None:
    pool = Pool(10)
    pool.loader.own["a"] = 8
    pool.use("a", 2)
    pool.use("b", 5)  # drops a
    with pool.lease("b", 5), pytest.raises(BusyError):
        pool.use("a", 2)


def test_a_model_that_turns_out_larger_drops_idle_ones_and_never_those_in_use() -> None:
    pool = Pool(10)
    pool.use("idle", 3)
    pool.loader.own["large"] = 8
    with pool.lease("used", 4):
        with pool.lease("large", 3):
            assert pool.loaded() == {"used": 4, "large": 8}
        assert pool.loaded() == {"used": 4}
    assert not pool.use("used", 4)


def test_what_never_fits_is_refused_in_words_and_drops_nothing() -> None:
    pool = Pool(10)
    pool.use("a", 5)
    with pytest.raises(RefusedModelError, match=r"takes about .* models may take") as caught:
        pool.use("huge", 11)
    assert caught.value.next_step
    assert pool.loader.loads["huge"] == 0
    assert pool.loaded() == {"a": 5}


def test_what_turns_out_never_to_fit_is_refused_and_not_loaded_again() -> None:
    pool = Pool(10)
    pool.loader.own["huge"] = 11
    for _ in range(2):
        with pytest.raises(RefusedModelError, match="takes about"):
            pool.use("huge", 5)
    assert pool.loader.loads["huge"] == 1
    assert pool.use("other", 10)


def test_noise_alone_never_makes_a_model_too_large() -> None:
    pool = Pool(10)
    pool.loader.noise = 1000
    assert pool.use("a", 9)
    assert pool.loaded() == {"a": 10}
    assert not pool.use("a", 9)


def test_who_finds_no_room_waits_until_a_model_is_given_back() -> None:
    pool = Pool(10, patience_s=60)
    with ThreadPoolExecutor(1) as threads:
        with pool.lease("used", 8):
            waiting = threads.submit(pool.use, "large", 5)
            with pytest.raises(FutureTimeoutError):
                waiting.result(0.05)
        assert waiting.result(30)
    assert pool.loaded() == {"large": 5}


def test_who_waits_for_room_or_for_a_load_can_leave() -> None:
    loader = Loader()
    loader.hold("slow")
    pool = Pool(10, loader, patience_s=60)
    leave = threading.Event()
    with ThreadPoolExecutor(4) as threads:
        slow = threads.submit(pool.use, "slow", 8)
        assert loader.began["slow"].wait(30)
        leaving = [
            threads.submit(pool.use, name, memory, leave.is_set)
            for name, memory in [("no room", 5), ("slow", 8), ("turn to load", 1)]
        ]
        leave.set()
        for one in leaving:
            with pytest.raises(LabError, match="Stopped before"):
                one.result(30)
        loader.gates["slow"].set()
        assert slow.result(30)
    assert pool.loaded() == {"slow": 8}


def test_who_leaves_while_waiting_to_load_does_not_fail_those_who_counted_on_it() -> None:
    loader = Loader()
    loader.hold("slow")
    pool = Pool(10, loader)
    leave = threading.Event()
    with ThreadPoolExecutor(3) as threads:
        slow = threads.submit(pool.use, "slow")
        assert loader.began["slow"].wait(30)
        leaving = threads.submit(pool.use, "a", 1, leave.is_set)
        while "a" not in pool.pool._slots:
            time.sleep(0.001)
        staying = threads.submit(pool.use, "a")
        leave.set()
        with pytest.raises(LabError, match="Stopped before"):
            leaving.result(30)
        loader.gates["slow"].set()
        assert slow.result(30)
        assert staying.result(30)


def test_who_has_waited_long_for_room_goes_before_new_users_of_what_is_in_memory() -> None:
    pool = Pool(10, patience_s=600)
    clock = SimpleNamespace(now=0.0)
    pool.pool._clock = lambda: clock.now
    with ThreadPoolExecutor(2) as threads:
        with pool.lease("a", 8):
            waiting = threads.submit(pool.use, "b", 8)
            while not pool.pool._hungry:
                time.sleep(0.001)
            assert not pool.use("a", 8)  # not long yet
            clock.now += 60
            late = threads.submit(pool.use, "a", 8)
            with pytest.raises(FutureTimeoutError):
                late.result(0.05)
        assert waiting.result(30)
        assert late.result(30)  # loaded again: it came after b


def test_models_that_do_not_fit_together_and_are_always_in_use_take_turns() -> None:
    """Thirty threads ask for three models without a pause; there is room for one."""
    pool = Pool(10, patience_s=600)
    clock = SimpleNamespace(now=0.0)
    pool.pool._clock = lambda: clock.now

    def student(number: int) -> None:
        for _ in range(10):
            with pool.lease("abc"[number % 3], 8):
                clock.now += 0.25

    with ThreadPoolExecutor(30) as threads:
        list(threads.map(student, range(30)))
    # Nobody is starved, and nothing is loaded for the sake of one answer each time.
    assert pool.loader.loads.keys() == {"a", "b", "c"}
    assert pool.loader.loads.total() < 150


def test_the_books_tell_size_users_and_idle_time_of_each_model() -> None:
    clock = SimpleNamespace(now=0.0)
    pool = Pool(10)
    pool.pool._clock = lambda: clock.now
    pool.use("idle", 3)
    clock.now = 7.0
    with pool.lease("used", 4), pool.lease("used", 4):
        assert pool.pool.snapshot() == (
            PooledModel("idle", 3, 0, 7.0),
            PooledModel("used", 4, 2, 0.0),
        )


def test_a_model_being_loaded_counts_and_is_not_dropped() -> None:
    loader = Loader()
    loader.hold("slow")
    pool = Pool(3, loader)
    with ThreadPoolExecutor(1) as threads:
        slow = threads.submit(pool.use, "slow", 2)
        assert loader.began["slow"].wait(30)
        with pytest.raises(BusyError):
            pool.use("other", 2)
        loader.gates["slow"].set()
        slow.result(30)
    assert pool.loaded() == {"slow": 2}


def test_a_failed_load_leaves_nothing_behind() -> None:
    loader = Loader()
    loader.broken.add("a")
    pool = Pool(1, loader)
    with pytest.raises(RefusedModelError):
        pool.use("a")
    assert pool.loaded() == {}
    assert pool.use("b")
    loader.broken.clear()
    assert pool.use("a")


def test_each_who_waited_for_a_failed_load_is_told() -> None:
    loader = Loader()
    loader.broken.add("a")
    loader.hold("a")
    pool = Pool(1, loader)
    with ThreadPoolExecutor(4) as threads:
        asked = [threads.submit(pool.use, "a") for _ in range(4)]
        loader.gates["a"].set()
        assert all(isinstance(answer.exception(30), RefusedModelError) for answer in asked)
    assert pool.use("b")


def test_what_fails_while_a_model_is_used_gives_it_back() -> None:
    pool = Pool(1)
    with pytest.raises(ZeroDivisionError), pool.lease("a"):
        raise ZeroDivisionError
    assert pool.use("b")
    assert list(pool.loaded()) == ["b"]


def test_a_dropped_model_leaves_the_memory_at_once(tmp_path: Path) -> None:
    """Not when the collector of circles next comes by: until then both would be in memory."""
    make_gpt2(tmp_path / "a", layers=4, width=512)
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    transformers_engine.load(tmp_path / "a", threads=1)  # imports what loading needs
    size = 50 * 1024**2  # twelve million parameters
    pool = ModelPool(budget_bytes=size * 3 // 2)

    def occupied_by(name: str) -> tuple[weakref.ref[Any], int]:
        config = GenerationConfig(max_new_tokens=2)
        with pool.lease(
            name,
            memory_bytes=size,
            load=lambda: transformers_engine.load(tmp_path / name, threads=1),
        ) as lease:
            prompt = lease.model.read(Task.TEXT_GENERATION, "Once", config)
            lease.model.generate(prompt, config, emit=lambda _: None, cancelled=lambda: False)
            return weakref.ref(lease.model), resident_bytes()

    gc.collect()
    gc.disable()
    try:
        models, resident = zip(*(occupied_by(name) for name in "abababab"), strict=True)
        assert [model() is None for model in models] == [True] * 7 + [False]
        assert resident[-1] - resident[1] < size / 2
    finally:
        gc.enable()


BUDGET = 10
SIZES = {"a": 1, "b": 3, "c": 4, "d": 6, "e": 10}


class PoolMachine(RuleBasedStateMachine):
    """Any order of taking and giving back: the budget holds, what is used stays."""

    def __init__(self) -> None:
        super().__init__()
        self.loader = Loader()
        self.pool = Pool(BUDGET, self.loader)
        self.held: list[tuple[str, Any]] = []

    @rule(name=st.sampled_from(sorted(SIZES)), broken=st.booleans())
    def take(self, name: str, broken: bool) -> None:
        was_loaded = name in self.pool.loaded()
        in_use = {other for other, _ in self.held}
        needed = sum(SIZES[other] for other in in_use | {name})
        self.loader.broken = {name} if broken else set()
        lease = self.pool.lease(name, SIZES[name])
        try:
            assert lease.__enter__().cold == (not was_loaded)
        except BusyError:
            assert needed > BUDGET
        except RefusedModelError:
            assert broken
            assert not was_loaded
        else:
            assert needed <= BUDGET
            self.held.append((name, lease))

    @rule(data=st.data())
    def give_back(self, data: st.DataObject) -> None:
        if self.held:
            place = data.draw(st.integers(0, len(self.held) - 1))
            self.held.pop(place)[1].__exit__(None, None, None)

    @invariant()
    def keeps_within_the_budget(self) -> None:
        assert sum(self.pool.loaded().values()) <= BUDGET

    @invariant()
    def keeps_what_is_used(self) -> None:
        assert {name for name, _ in self.held} <= set(self.pool.loaded())


TestAnyOrder = PoolMachine.TestCase
TestAnyOrder.settings = settings(max_examples=40, stateful_step_count=25)
