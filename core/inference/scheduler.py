"""Who is answered when: fair turns in each lane, as many at once as its model can answer."""

from __future__ import annotations

import logging
import math
import threading
import time
import traceback
from collections.abc import Callable

from core.errors import BusyError
from core.inference.lane import Lane, LaneStatus
from core.inference.ticket import State, Ticket
from core.inference.types import Request, Result
from core.measuring import Clock

MAX_WAITING = 200
# All lanes together: beyond that, nobody who joins is answered within a lesson.
_MAX_FULL_LANES = 3
_RETRY_S = 30.0

Answer = Callable[[Ticket], Result]


class Reroute(Exception):
    """Raised by an answer to let another lane answer the ticket, before those who wait there."""

    def __init__(self, lane: str) -> None:
        super().__init__(lane)
        self.lane = lane


class Scheduler:
    """Answers tickets with `answer`, each in a thread of its lane, lanes side by side.

    `on_end` is called with each ticket that ended.

    Within a lane learners take turns; a ticket without a learner belongs to one nameless learner.
    """

    def __init__(
        self,
        answer: Answer,
        *,
        max_waiting: int = MAX_WAITING,
        on_end: Callable[[Ticket], None] = lambda _: None,
        clock: Clock = time.monotonic,
    ) -> None:
        self._answer = answer
        self._on_end = on_end
        self._max_waiting = max_waiting
        self._clock = clock
        self._lock = threading.Lock()
        self._lanes: dict[str, Lane] = {}

    def submit(self, request: Request, *, lane: str) -> Ticket:
        """Put `request` in line and return its ticket at once.

        Raises:
            BusyError: too many are waiting; it tells when to try again.
        """
        ticket = Ticket(request, lane=lane, line=self)
        with self._lock:
            self._refuse_if_full(self._lane(lane))
            self._enter(ticket)
        return ticket

    def widen(self, lane: str, width: int) -> None:
        """Let `width` tickets of `lane` be answered at once, starting with those who wait."""
        with self._lock:
            found = self._lane(lane)
            found.width = max(1, width)
            self._staff(found)

    def snapshot(self) -> tuple[LaneStatus, ...]:
        """Return where each lane stands that was ever used."""
        with self._lock:
            return tuple(lane.status() for lane in self._lanes.values())

    def position(self, ticket: Ticket) -> int:
        """Return the place of `ticket` in line, 1 for the next to begin, 0 once it is its turn."""
        with self._lock:
            before = self._lane(ticket.lane).before(ticket)
        return 0 if before is None else before + 1

    def wait_s(self, ticket: Ticket) -> float | None:
        """Return in about how many seconds `ticket` begins, None while that cannot be told."""
        with self._lock:
            lane = self._lane(ticket.lane)
            before = lane.before(ticket)
            return 0.0 if before is None else lane.wait_s(before, self._clock())

    def drop(self, ticket: Ticket) -> None:
        """Take a request that nobody wants any more out of the line, unless its turn has come."""
        with self._lock:
            lane = self._lane(ticket.lane)
            if not lane.leave(ticket):
                return
            lane.count(State.STOPPED)
        self._finish(ticket, State.STOPPED, None)

    def _lane(self, key: str) -> Lane:
        return self._lanes.setdefault(key, Lane(key))

    def _refuse_if_full(self, lane: Lane) -> None:
        waiting = lane.waiting
        if waiting < self._max_waiting:
            waiting = sum(other.waiting for other in self._lanes.values())
            if waiting < _MAX_FULL_LANES * self._max_waiting:
                return
        known_s = lane.wait_s(lane.waiting, self._clock())
        retry_s = math.ceil(_RETRY_S if known_s is None else max(1.0, known_s))
        raise BusyError(
            f"The lab is busy: {waiting} requests are waiting"
            f"{'' if known_s is None else f', about {retry_s} s'}.",
            next_step=f"Try again in about {retry_s} s.",
            retry_s=retry_s,
        )

    def _enter(self, ticket: Ticket, *, sent: bool = False) -> None:
        lane = self._lane(ticket.lane)
        lane.join(ticket, sent=sent)
        self._staff(lane)
        if not lane.workers:
            # Without a thread the lane would take requests and never answer one.
            lane.leave(ticket)
            raise BusyError(
                "This machine cannot start another computation now.",
                next_step=f"Try again in about {_RETRY_S:.0f} s.",
                retry_s=_RETRY_S,
            )

    def _staff(self, lane: Lane) -> None:
        """Start the threads that `lane` may have and can use."""
        idle = lane.workers - lane.running
        for _ in range(min(lane.width - lane.workers, lane.waiting - idle)):
            worker = threading.Thread(
                target=self._work, args=(lane,), name=f"lane {lane.key}", daemon=True
            )
            try:
                worker.start()
            except RuntimeError:
                return  # those who wait are answered by the threads there are
            lane.workers += 1

    def _work(self, lane: Lane) -> None:
        while True:
            with self._lock:
                if not lane.waiting or lane.workers > lane.width:
                    lane.workers -= 1
                    return
                began = self._clock()
                ticket = lane.begin(began)
            self._serve(lane, ticket, began)

    def _serve(self, lane: Lane, ticket: Ticket, began: float) -> None:
        try:
            result = None if ticket.cancelled() else self._answer(ticket)
        except Reroute as reroute:
            self._send(lane, ticket, reroute.lane)
        # The thread serves others too: whatever happens belongs to this ticket, which reports it.
        # Also what is no Exception: a panic inside the tokenizers is not.
        except BaseException as error:  # noqa: BLE001
            _forget_frames(error)
            if ticket.cancelled():
                self._end(lane, ticket, State.STOPPED, None)
            else:
                self._end(lane, ticket, State.FAILED, error)
        else:
            stopped = result is None or result.stopped
            load_s = 0.0 if result is None else result.timing.load_s
            service_s = None if stopped else max(0.0, self._clock() - began - load_s)
            state = State.STOPPED if stopped else State.DONE
            self._end(lane, ticket, state, result, service_s)

    def _send(self, lane: Lane, ticket: Ticket, to: str) -> None:
        """Move `ticket` from `lane` to the front of another."""
        with self._lock:
            lane.end(ticket)
            ticket.restart(lane=to)
            try:
                # Who cancelled while the ticket was on its way did not find it in any line.
                if not ticket.cancelled():
                    self._enter(ticket, sent=True)
                    return
            except BusyError as error:
                failure: BusyError | None = error
            else:
                failure = None
        self._end(lane, ticket, State.FAILED if failure else State.STOPPED, failure)

    def _end(
        self,
        lane: Lane,
        ticket: Ticket,
        state: State,
        outcome: Result | BaseException | None,
        service_s: float | None = None,
    ) -> None:
        with self._lock:
            lane.end(ticket)
            lane.count(state, service_s)
        self._finish(ticket, state, outcome)

    def _finish(self, ticket: Ticket, state: State, outcome: Result | BaseException | None) -> None:
        ticket.finish(state, outcome)
        try:
            self._on_end(ticket)
        # The ticket has ended; its thread goes on to serve others.
        except Exception:
            logging.getLogger(__name__).exception("The end of a run could not be noted")


def _forget_frames(error: BaseException) -> None:
    """Empty the frames of `error`: a ticket that keeps it would keep a dropped model in memory."""
    reason: BaseException | None = error
    while reason is not None:
        traceback.clear_frames(reason.__traceback__)
        reason = reason.__cause__ or reason.__context__
