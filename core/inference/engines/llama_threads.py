"""Which model of llama.cpp may compute with several threads."""

from __future__ import annotations

import threading

_taken = threading.Lock()


class ThreadShare:
    """`threads` for the first model that asks for several while it is loaded, one for any other.

    llama.cpp's threads wait for each other by spinning, until the process has more of them than
    the machine has cores; then they sleep, and every model is slower, also beside idle ones. A
    second model of 135M parameters with two threads, idle, halved the first on two cores; with one
    thread it took nothing from it (docs/measuring.md).
    """

    def __init__(self, threads: int) -> None:
        self._holds = threads > 1 and _taken.acquire(blocking=False)
        self.threads = threads if self._holds else 1

    def __del__(self) -> None:
        if self._holds:
            _taken.release()
