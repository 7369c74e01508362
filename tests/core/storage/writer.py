"""A process that saves with several threads and prints each record once it is acknowledged.

`python -m tests.core.storage.writer ADDRESS NAME THREADS COUNT LEARNER...`: each thread writes for
the learners in turn, and sends every third record twice. COUNT 0 goes on until it is killed.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from itertools import count

from core.storage.address import read_address
from core.storage.saving import Saver
from core.storage.store import WorkStore
from core.work.record import Record

Keep = Callable[[str, Record], object]


def write(keep: Keep, name: str, learners: list[str], most: int) -> None:
    """Write records that say who wrote them and the how many-th it is."""
    for n in range(most) if most else count():
        record = Record("answer", {"by": name, "n": n, "text": "é" * 300})
        keep(learners[n % len(learners)], record)
        if n % 3 == 0:
            keep(learners[n % len(learners)], record)
        sys.stdout.write(f"{learners[n % len(learners)]} {record.uid}\n")
        sys.stdout.flush()


def write_with_threads(keep: Keep, name: str, threads: int, most: int, learners: list[str]) -> None:
    """Write with `threads` at once and wait until all are done."""
    writers = [
        threading.Thread(target=write, args=(keep, f"{name}-{each}", learners, most))
        for each in range(threads)
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()


def save(saver: Saver) -> Keep:
    """Return what saves with `saver` and ends the process if something is not saved at once."""

    def kept(learner: str, record: Record) -> None:
        saver.save(learner, record)
        if (problem := saver.problem(learner)) is not None:
            sys.exit(str(problem))

    return kept


if __name__ == "__main__":
    address, name, threads, most, *learners = sys.argv[1:]
    store = WorkStore(read_address(address))
    saver = Saver(lambda: store, patience_s=60)
    write_with_threads(save(saver), name, int(threads), int(most), learners)
