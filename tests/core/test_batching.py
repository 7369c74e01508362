"""Items that come together are computed together, and none of them hurts another."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import CancelledError, Future, wait

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.inference.batching import Batcher

ENOUGH_S = 60
NEVER_S = 3600.0  # a window that no test waits for


class Machine:
    """Notes every batch; can be held, and breaks on poison."""

    def __init__(self, *, held: bool = False) -> None:
        self.batches: list[list[int]] = []
        self.most_at_once = 0
        self.entered = threading.Semaphore(0)
        self.go = threading.Event()
        if not held:
            self.go.set()
        self._inside = 0
        self._lock = threading.Lock()

    def __call__(self, items: Sequence[int]) -> None:
        with self._lock:
            self.batches.append(list(items))
            self._inside += 1
            self.most_at_once = max(self.most_at_once, self._inside)
        self.entered.release()
        assert self.go.wait(ENOUGH_S)
        with self._lock:
            self._inside -= 1
        if any(item < 0 for item in items):
            raise ValueError("poison")


def close(batcher: Batcher[int]) -> None:
    assert batcher.close(timeout_s=ENOUGH_S)
    assert batcher.threads == 0


def test_a_lone_item_goes_at_once_and_those_who_come_together_go_together() -> None:
    machine = Machine(held=True)
    batcher = Batcher(machine, max_batch=5, window_s=NEVER_S)
    lone = batcher.submit(100)
    assert machine.entered.acquire(timeout=ENOUGH_S)
    futures = [batcher.submit(item) for item in range(5)]
    assert machine.entered.acquire(timeout=ENOUGH_S)
    machine.go.set()
    wait([lone, *futures], ENOUGH_S)
    assert machine.batches == [[100], [0, 1, 2, 3, 4]]
    close(batcher)


def test_an_item_without_company_waits_no_longer_than_the_window() -> None:
    """By a clock that the test moves."""
    times = [0.0]
    machine = Machine(held=True)
    batcher = Batcher(machine, window_s=0.005, clock=lambda: times[0])
    first = batcher.submit(1)
    assert machine.entered.acquire(timeout=ENOUGH_S)
    second = batcher.submit(2)
    assert not machine.entered.acquire(timeout=0.05)
    times[0] = 0.005
    assert machine.entered.acquire(timeout=ENOUGH_S)
    machine.go.set()
    wait([first, second], ENOUGH_S)
    assert machine.batches == [[1], [2]]
    close(batcher)


def test_what_comes_while_all_compute_forms_the_next_batch() -> None:
    machine = Machine(held=True)
    batcher = Batcher(machine, workers=2, window_s=0)
    first = batcher.submit(0, "a")
    assert machine.entered.acquire(timeout=ENOUGH_S)
    second = batcher.submit(1, "b")
    assert machine.entered.acquire(timeout=ENOUGH_S)
    later = [batcher.submit(item, "a") for item in range(2, 30)]
    assert batcher.threads == 2
    machine.go.set()
    wait([first, second, *later], ENOUGH_S)
    assert machine.batches[:2] == [[0], [1]]
    assert machine.batches[2] == list(range(2, 30))
    assert machine.most_at_once == 2
    close(batcher)


def test_a_full_batch_does_not_wait_for_an_older_item_of_another_kind() -> None:
    machine = Machine(held=True)
    batcher = Batcher(machine, max_batch=3, window_s=NEVER_S)
    batcher.submit(99)
    assert machine.entered.acquire(timeout=ENOUGH_S)
    older = batcher.submit(100, "older")
    many = [batcher.submit(item, "many") for item in range(3)]
    assert machine.entered.acquire(timeout=ENOUGH_S)
    machine.go.set()
    wait(many, ENOUGH_S)
    assert machine.batches == [[99], [0, 1, 2]]
    assert not older.done()
    close(batcher)


@given(
    st.lists(st.tuples(st.integers(0, 3), st.sampled_from([0, 0, 0, 1, 2])), max_size=60),
    st.integers(1, 8),
    st.integers(1, 3),
)
def test_every_item_is_computed_once_with_its_like_and_only_poison_fails(
    arrivals: list[tuple[int, int]], max_batch: int, workers: int
) -> None:
    """Each arrival is a key and what comes of it: an answer, poison, or a change of mind."""
    machine = Machine(held=True)
    batcher = Batcher(machine, workers=workers, max_batch=max_batch, window_s=0)
    keys: dict[int, int] = {}
    futures: dict[int, Future[None]] = {}
    gone: set[int] = set()
    for number, (key, fate) in enumerate(arrivals, start=1):
        item = -number if fate == 1 else number
        keys[item] = key
        futures[item] = batcher.submit(item, key)
        if fate == 2 and futures[item].cancel():
            gone.add(item)
    machine.go.set()
    wait([future for item, future in futures.items() if item not in gone], ENOUGH_S)
    for item, future in futures.items():
        if item in gone:
            with pytest.raises(CancelledError):
                future.result()
        elif item < 0:
            with pytest.raises(ValueError, match="poison"):
                future.result()
        else:
            future.result()
    close(batcher)
    assert all(len({keys[item] for item in batch}) == 1 for batch in machine.batches)
    assert all(len(batch) <= max_batch for batch in machine.batches)
    whole = Counter(item for batch in machine.batches for item in batch)
    assert set(whole) == set(keys) - gone
    # Once in its batch, and once more alone where poison spoiled that.
    spoiled = {
        item for batch in machine.batches if min(batch) < 0 < len(batch) - 1 for item in batch
    }
    assert all(times == (2 if item in spoiled else 1) for item, times in whole.items())


def test_many_threads_get_their_own_answers() -> None:
    answers: dict[int, int] = {}

    def square(items: Sequence[int]) -> None:
        for item in items:
            answers[item] = item * item

    batcher = Batcher(square)
    threads = [threading.Thread(target=batcher.run, args=(item,)) for item in range(200)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(ENOUGH_S)
    assert answers == {item: item * item for item in range(200)}
    close(batcher)


def test_an_idle_batcher_keeps_no_thread_and_wakes_again() -> None:
    machine = Machine()
    batcher = Batcher(machine)
    for item in range(3):
        batcher.run(item)
        with batcher._changed:
            assert batcher._changed.wait_for(lambda: not batcher.threads, ENOUGH_S)
    assert machine.batches == [[0], [1], [2]]


def test_closing_ends_what_computes_and_cancels_what_waits() -> None:
    machine = Machine(held=True)
    batcher = Batcher(machine, workers=1, window_s=0)
    computing = batcher.submit(0)
    assert machine.entered.acquire(timeout=ENOUGH_S)
    waiting = batcher.submit(1)
    assert not batcher.close(timeout_s=0)
    assert waiting.cancelled()
    assert batcher.submit(2).cancelled()
    machine.go.set()
    computing.result(ENOUGH_S)
    close(batcher)
    assert machine.batches == [[0]]
