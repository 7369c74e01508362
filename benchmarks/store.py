"""What saving adds to a run, alone and among thirty, and how long a page waits for earlier work.

SQLite in the temporary folder, and PostgreSQL on the same machine where its server is installed;
both wait for the disk.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from statistics import median

from benchmarks.registry import Measurement, benchmark
from core.settings import ROOT
from core.storage.keys import learner_of, new_key
from core.storage.saving import Saver
from core.work.record import Record
from tests.postgresql import find_postgresql, running_cluster

TIMES = 200
STUDENTS = 30
LOADED = 500
STARTS = 5
# A run is about 2.5 KB: a prompt, an output, and what was measured.
TEXT = "Once upon a time there was a small robot who wanted to learn how to read. " * 15
OPEN = """
import sys, time
from core.storage.saving import Saver
began = time.perf_counter()
from core.storage.address import read_address
from core.storage.store import WorkStore
found = WorkStore(read_address(sys.argv[1])).after(sys.argv[2])
print(time.perf_counter() - began)
"""


@benchmark
def saving() -> Iterator[Measurement]:
    """Save runs and read them again, on each database."""
    with tempfile.TemporaryDirectory() as place:
        yield from _measure("sqlite", f"sqlite:///{place}/work.sqlite")
    if find_postgresql() is not None:
        with running_cluster(durable=True) as cluster:
            yield from _measure("postgresql", cluster.new_database())


def _measure(name: str, address: str) -> Iterator[Measurement]:
    from core.storage.address import read_address
    from core.storage.store import WorkStore

    learner = learner_of(new_key())
    opening = [_start(address, learner) for _ in range(STARTS)]
    yield _ms(f"store.{name}.first_use_made", opening[:1])
    yield _ms(f"store.{name}.first_use", opening[1:])

    saver = Saver(lambda: WorkStore(read_address(address)), patience_s=60)
    saver.save(learner, _run())
    alone = [_timed(lambda: saver.save(learner, _run())) for _ in range(TIMES)]
    yield _ms(f"store.{name}.append", alone, bar=20)
    yield _ms(f"store.{name}.append_by_{STUDENTS}_at_once", _at_once(saver))

    learner = learner_of(new_key())
    saver.save_all(learner, [_run() for _ in range(LOADED)])
    yield _ms(
        f"store.{name}.load_{LOADED}", [_timed(lambda: saver.records(learner)) for _ in range(20)]
    )
    last = saver.records(learner)[-1][0]
    yield _ms(
        f"store.{name}.load_what_is_new",
        [_timed(lambda: saver.records(learner, last)) for _ in range(50)],
    )
    saver.close()


def _run() -> Record:
    timing = dict.fromkeys(("queue_s", "load_s", "ttft_s", "decode_s", "total_s"), 0.123456789)
    return Record("run", {"prompt": TEXT, "output": TEXT, "timing": timing})


def _at_once(saver: Saver) -> list[float]:
    """Return how long each of thirty waited who all saved at the same moment, ten times."""
    together = threading.Barrier(STUDENTS)
    waited: list[float] = []

    def work() -> None:
        learner = learner_of(new_key())
        for _ in range(10):
            together.wait()
            waited.append(_timed(lambda: saver.save(learner, _run())))

    threads = [threading.Thread(target=work) for _ in range(STUDENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return waited


def _start(address: str, learner: str) -> float:
    """Return how long the first use takes in a new process, the libraries' loading included."""
    run = subprocess.run(
        [sys.executable, "-c", OPEN, address, learner],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return float(run.stdout)


def _timed(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def _ms(name: str, seconds: list[float], *, bar: float | None = None) -> Measurement:
    return Measurement(name, median(seconds) * 1000, "ms", "lower", bar=bar)
