"""Two thousand mixed requests with random stops: memory must not grow, no line may get stuck.

Thirty learners at once ask the starters of every task, greedily and sampling, on every engine, with
lengths and seeds of their own; a third of the requests is stopped at a random moment, some before
they begin. Memory is compared after the first quarter, when every model and engine has been used,
and at the end.
"""

from __future__ import annotations

import gc
import random
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import psutil

from benchmarks.registry import Measurement, benchmark
from core.errors import BusyError
from core.inference.lab import Lab, lab
from core.inference.tasks import TASKS
from core.inference.ticket import State
from core.inference.types import GenerationConfig, Request
from core.inference.variants import supports, variants_of

REQUESTS = 2_000
LEARNERS = 30
_STOPPED = 1 / 3
_PATIENCE_S = 120.0


@benchmark
def soak() -> Iterator[Measurement]:
    """Ask two thousand times, stop at random, and see what is left."""
    laboratory = lab()
    counts = dict.fromkeys(State, 0)
    _ask(laboratory, REQUESTS // 4, seed=1, counts=counts)
    before = _resident()
    _ask(laboratory, REQUESTS - REQUESTS // 4, seed=2, counts=counts)
    after = _resident()
    waiting = sum(lane.waiting + lane.running for lane in laboratory.lanes())
    yield Measurement("soak.answered", counts[State.DONE], "", "higher")
    yield Measurement("soak.stopped", counts[State.STOPPED], "", "higher")
    yield Measurement("soak.failed", counts[State.FAILED], "", "lower", bar=0)
    yield Measurement("soak.stuck", waiting + counts[State.RUNNING], "", "lower", bar=0)
    yield Measurement(
        "soak.memory_at_the_end",
        after / 1e6,
        "MB",
        "lower",
        against="after a quarter of the requests",
        ratio=after / before,
        bar=1.05,
    )


def _ask(laboratory: Lab, number: int, *, seed: int, counts: dict[State, int]) -> None:
    lock = threading.Lock()

    def one(index: int) -> None:
        state = _run(laboratory, random.Random(seed * 1_000_000 + index), index)
        with lock:
            counts[state] += 1

    with ThreadPoolExecutor(LEARNERS) as threads:
        list(threads.map(one, range(number)))


def _run(laboratory: Lab, chance: random.Random, index: int) -> State:
    """Ask once; return how it ended, `RUNNING` if it did not end in time."""
    request = _request(laboratory, chance, learner=f"learner {index % LEARNERS}")
    while True:
        try:
            ticket = laboratory.submit(request)
            break
        except BusyError:
            time.sleep(0.05)
    if chance.random() < _STOPPED:
        time.sleep(chance.expovariate(1 / 0.05))
        ticket.cancel()
    deadline = time.monotonic() + _PATIENCE_S
    while not ticket.ended and time.monotonic() < deadline:
        time.sleep(0.005)
    return ticket.state if ticket.ended else State.RUNNING


def _request(laboratory: Lab, chance: random.Random, *, learner: str) -> Request:
    starters = [e for e in laboratory.catalogue.entries if e.source == "starter"]
    entry = chance.choice(starters)
    task = chance.choice(entry.tasks)
    config = GenerationConfig(
        max_new_tokens=chance.randint(1, 80),
        temperature=chance.choice([0.0, 0.0, 0.8]),
        seed=chance.randint(0, 9),
        alternatives=chance.choice([0, 0, 0, 3]),
    )
    text = f"{chance.choice(TASKS[task].examples)[1]} {chance.randint(0, 99)}"
    request = Request(task, entry.id, text, config, learner=learner)
    # Mostly as the lab chooses; now and then on an engine of the student's own choice.
    if chance.random() < 0.2:
        able = [variant for variant in variants_of(entry) if supports(variant, request)]
        request = replace(request, runtime=chance.choice(able).runtime)
    return request


def _resident() -> int:
    gc.collect()
    return int(psutil.Process().memory_info().rss)
