"""What the lab did lately: its last runs and what went wrong, for whoever runs it.

Kept in memory and written to the log. It holds figures and names of models: no prompt, no output,
and nobody's key.
"""

from __future__ import annotations

import statistics
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass

from core.errors import LabError
from core.inference.ticket import State, Ticket
from core.logs import log, log_problem

_REMEMBERED = 1000
_PROBLEMS = 50
_MINUTE_S = 60.0


@dataclass(frozen=True)
class RunEntry:
    """A run that ended; `at` is seconds since the epoch."""

    at: float
    lane: str
    state: State
    tokens_out: int
    queue_s: float
    load_s: float
    ttft_s: float
    total_s: float


@dataclass(frozen=True)
class Problem:
    """Something that went wrong, in words; `at` is seconds since the epoch."""

    at: float
    lane: str
    what: str


@dataclass(frozen=True)
class LastMinute:
    """The runs that ended within the last minute: how many, how much, how long they waited."""

    runs: int
    tokens_per_s: float
    median_wait_s: float | None


class Journal:
    """Notes how each run ended; any thread may write and read."""

    def __init__(self, *, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._runs: deque[RunEntry] = deque(maxlen=_REMEMBERED)
        self._problems: deque[Problem] = deque(maxlen=_PROBLEMS)

    def run_ended(self, ticket: Ticket) -> None:
        """Note how `ticket` ended."""
        timing = ticket.stopwatch.timing() if ticket.outcome is None else ticket.outcome.timing
        entry = RunEntry(
            at=self._clock(),
            lane=ticket.lane,
            state=ticket.state,
            tokens_out=ticket.tokens,
            queue_s=timing.queue_s,
            load_s=timing.load_s,
            ttft_s=timing.ttft_s,
            total_s=timing.total_s,
        )
        with self._lock:
            self._runs.append(entry)
        figures = {key: value for key, value in asdict(entry).items() if key != "at"}
        log("run", **{k: round(v, 4) if isinstance(v, float) else v for k, v in figures.items()})
        if ticket.error is not None:
            self.problem(ticket.lane, ticket.error)

    def problem(self, lane: str, error: Exception | str) -> None:
        """Note that something went wrong in `lane`."""
        expected = isinstance(error, (LabError, str))
        # The text of an unforeseen error may quote a prompt; its traceback is in the log of ui.
        what = str(error) if expected else f"unforeseen: {type(error).__name__}"
        with self._lock:
            self._problems.append(Problem(self._clock(), lane, what))
        log_problem("problem", lane=lane, what=what)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What went wrong lately, the latest first."""
        with self._lock:
            return tuple(reversed(self._problems))

    def last_minute(self) -> LastMinute:
        """Return the figures of the last minute."""
        since = self._clock() - _MINUTE_S
        with self._lock:
            runs = [run for run in self._runs if run.at >= since]
        waits = [run.queue_s for run in runs]
        return LastMinute(
            runs=len(runs),
            tokens_per_s=sum(run.tokens_out for run in runs) / _MINUTE_S,
            median_wait_s=statistics.median(waits) if waits else None,
        )
