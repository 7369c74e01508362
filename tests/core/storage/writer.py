"""A process that writes with several threads and prints each record once it is acknowledged.

`python -m tests.core.storage.writer ADDRESS NAME THREADS COUNT LEARNER...`: each thread writes for
the learners in turn, and sends every third record twice. COUNT 0 goes on until it is killed.
"""

from __future__ import annotations

import sys
import threading
from itertools import count

from core.storage.address import read_address
from core.storage.store import WorkStore
from core.work.record import Record


def write(store: WorkStore, name: str, learners: list[str], most: int) -> None:
    """Write records that say who wrote them and the how many-th it is."""
    for n in range(most) if most else count():
        record = Record("answer", {"by": name, "n": n, "text": "é" * 300})
        store.append(learners[n % len(learners)], [record])
        if n % 3 == 0:
            store.append(learners[n % len(learners)], [record])
        sys.stdout.write(f"{learners[n % len(learners)]} {record.uid}\n")
        sys.stdout.flush()


def write_with_threads(
    store: WorkStore, name: str, threads: int, most: int, learners: list[str]
) -> None:
    """Write with `threads` at once and wait until all are done."""
    writers = [
        threading.Thread(target=write, args=(store, f"{name}-{each}", learners, most))
        for each in range(threads)
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()


if __name__ == "__main__":
    address, name, threads, most, *learners = sys.argv[1:]
    write_with_threads(WorkStore(read_address(address)), name, int(threads), int(most), learners)
