"""The clock of a run, on a clock that the test sets."""

from __future__ import annotations

from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.inference.types import Timing
from core.measuring import Stopwatch


class FakeClock:
    """Shows what it is told."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_each_part_of_the_wait_is_kept_apart() -> None:
    clock = FakeClock()
    watch = Stopwatch(clock)
    for at, event in [
        (2, watch.loading),
        (5, watch.waiting),
        (9, watch.computing),
        (10, watch.token),
        (11, watch.token),
        (14, watch.token),
    ]:
        clock.now = at
        event()
    clock.now = 15
    timing = watch.timing()
    assert timing == Timing(queue_s=6, load_s=3, ttft_s=1, decode_s=4, total_s=6)
    assert timing.cold


def test_a_warm_run_has_no_loading_time() -> None:
    clock = FakeClock()
    watch = Stopwatch(clock)
    clock.now = 3
    watch.computing()
    clock.now = 4
    watch.token()
    assert watch.timing() == Timing(queue_s=3, load_s=0, ttft_s=1, decode_s=0, total_s=1)
    assert not watch.timing().cold


def test_a_run_without_tokens_spent_all_its_time_before_the_first() -> None:
    clock = FakeClock()
    watch = Stopwatch(clock)
    watch.computing()
    clock.now = 9
    assert watch.timing() == Timing(queue_s=0, load_s=0, ttft_s=9, decode_s=0, total_s=9)


def test_a_restarted_run_counts_what_was_lost_as_waiting_and_times_only_the_new_tokens() -> None:
    clock = FakeClock()
    watch = Stopwatch(clock)
    for at, event in [
        (1, watch.loading),
        (3, watch.computing),
        (4, watch.token),
        (5, watch.restart),
        (7, watch.loading),
        (8, watch.computing),
        (10, watch.token),
    ]:
        clock.now = at
        event()
    assert watch.timing() == Timing(queue_s=7, load_s=1, ttft_s=2, decode_s=0, total_s=2)


_EVENTS = ("loading", "waiting", "computing", "restart")


@given(st.lists(st.tuples(st.integers(0, 1000), st.sampled_from(_EVENTS))), st.integers(0, 1000))
def test_the_parts_add_up_to_the_whole(events: list[tuple[int, str]], tail: int) -> None:
    clock = FakeClock()
    watch = Stopwatch(clock)
    steps = [seconds for seconds, _ in events]
    for at, (_, event) in zip(accumulate(steps), events, strict=True):
        clock.now = at
        getattr(watch, event)()
    watch.computing()
    clock.now += tail
    timing = watch.timing()
    assert timing.queue_s + timing.load_s + timing.total_s == pytest.approx(sum(steps) + tail)
    assert timing.total_s == tail
