"""The books of one lane: who waits, who is being answered, how long that takes.

It knows nothing of threads and locks: the scheduler holds a lock around each call.
"""

from __future__ import annotations

import heapq
import statistics
from collections import Counter, deque
from dataclasses import dataclass

from core.inference.ticket import State, Ticket
from core.inference.turns import Turns

_REMEMBERED = 20
# What takes longer than usual is expected to end soon, but not at once.
_LEAST_SHARE_LEFT = 0.25


@dataclass(frozen=True)
class LaneStatus:
    """One lane at one moment: requests, distinct learners, seconds to answer one, and counts."""

    lane: str
    running: int
    waiting: int
    learners: int
    width: int
    median_s: float | None
    done: int
    failed: int
    stopped: int


class Lane:
    """One line of requests for one model, `width` of which may be answered at once.

    Those sent here by another lane have waited there already: they come before all others.
    """

    def __init__(self, key: str) -> None:
        self.key = key
        self.width = 1
        self.workers = 0
        self._sent: Turns[Ticket] = Turns()
        self._line: Turns[Ticket] = Turns()
        self._began: dict[Ticket, float] = {}
        self._services_s: deque[float] = deque(maxlen=_REMEMBERED)
        self._ends: Counter[State] = Counter()

    @property
    def waiting(self) -> int:
        """How many wait for their turn."""
        return len(self._sent) + len(self._line)

    @property
    def running(self) -> int:
        """How many are being answered."""
        return len(self._began)

    def join(self, ticket: Ticket, *, sent: bool = False) -> None:
        """Put `ticket` in line, among those `sent` by another lane if it was."""
        (self._sent if sent else self._line).join(ticket.request.learner, ticket)

    def leave(self, ticket: Ticket) -> bool:
        """Take `ticket` out of the line; tell whether it was still waiting."""
        return self._sent.leave(ticket) or self._line.leave(ticket)

    def begin(self, now: float) -> Ticket:
        """Take out the ticket whose turn it is."""
        ticket = (self._sent or self._line).take()
        self._began[ticket] = now
        return ticket

    def end(self, ticket: Ticket) -> None:
        """Note that `ticket` is no longer being answered here."""
        self._began.pop(ticket, None)

    def count(self, state: State, service_s: float | None = None) -> None:
        """Note how a ticket ended, and how long answering it took if that tells of others."""
        self._ends[state] += 1
        if service_s is not None:
            self._services_s.append(service_s)

    def before(self, ticket: Ticket) -> int | None:
        """Return how many of those waiting begin before `ticket`; None when it does not wait."""
        before = self._sent.before(ticket)
        if before is None and (before := self._line.before(ticket)) is not None:
            before += len(self._sent)
        return before

    def wait_s(self, before: int, now: float) -> float | None:
        """Return after how many seconds one begins that has `before` others in front of it.

        Each is taken to last as long as the median of the last ones; None while that is unknown.
        """
        if not self._services_s:
            return None
        usual = statistics.median(self._services_s)
        least = usual * _LEAST_SHARE_LEFT
        free = [max(usual - (now - began), least) for began in self._began.values()]
        free += [0.0] * (self.width - len(free))
        heapq.heapify(free)
        for _ in range(before):
            heapq.heapreplace(free, free[0] + usual)
        return free[0]

    def status(self) -> LaneStatus:
        """Return where the lane stands."""
        busy = {ticket.request.learner for ticket in self._began}
        return LaneStatus(
            lane=self.key,
            running=self.running,
            waiting=self.waiting,
            learners=len(busy | self._sent.owners | self._line.owners),
            width=self.width,
            median_s=statistics.median(self._services_s) if self._services_s else None,
            done=self._ends[State.DONE],
            failed=self._ends[State.FAILED],
            stopped=self._ends[State.STOPPED],
        )
