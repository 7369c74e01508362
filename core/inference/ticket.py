"""A ticket: what one has in hand from asking a model until its answer is there."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from enum import StrEnum
from typing import Protocol

from core.errors import LabError
from core.inference.types import Chunk, Filling, LabelProbability, Request, Result, TokenChoice
from core.logs import log_problem
from core.measuring import Stopwatch


class State(StrEnum):
    """Where a ticket stands."""

    QUEUED = "queued"
    LOADING = "loading"
    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"


_ENDS = frozenset({State.DONE, State.STOPPED, State.FAILED})


class Line(Protocol):
    """Where tickets wait."""

    def position(self, ticket: Ticket) -> int:
        """Return the place of `ticket`, 1 for the next to begin, 0 once it is its turn."""
        ...

    def wait_s(self, ticket: Ticket) -> float | None:
        """Return in about how many seconds `ticket` begins, None while that cannot be told."""
        ...

    def drop(self, ticket: Ticket) -> None:
        """Take `ticket` out, if it still waits."""
        ...


class Ticket:
    """One request on its way. Any thread may read or cancel it; the scheduler alone moves it.

    `lane` names where it waits or is answered.
    """

    def __init__(self, request: Request, *, lane: str, line: Line) -> None:
        self.request = request
        self.lane = lane
        self.stopwatch = Stopwatch()
        self._line = line
        self._changed = threading.Condition()
        self._changes = 0
        self._cancelled = threading.Event()
        self._ended = threading.Event()
        self._state = State.QUEUED
        self._text = ""
        self._tokens = 0
        self._choices: list[TokenChoice] = []
        self._fillings: tuple[Filling, ...] = ()
        self._labels: tuple[LabelProbability, ...] = ()
        self._restarts = 0
        self._result: Result | None = None
        self._error: Exception | None = None
        self._progress: float | None = None
        self._told: list[Callable[[Ticket], None]] | None = []

    @property
    def state(self) -> State:
        """Where the request stands now."""
        return self._state

    @property
    def ended(self) -> bool:
        """Whether nothing more will come."""
        return self._state in _ENDS

    @property
    def position(self) -> int:
        """The place in line: 1 for the next to begin, 0 once it is being answered."""
        return self._line.position(self) if self._state is State.QUEUED else 0

    @property
    def wait_s(self) -> float | None:
        """In about how many seconds it begins, None while that cannot be told."""
        return self._line.wait_s(self) if self._state is State.QUEUED else 0.0

    @property
    def text(self) -> str:
        """The output so far."""
        return self._text

    @property
    def tokens(self) -> int:
        """The number of tokens in the output so far."""
        return self._tokens

    @property
    def choices(self) -> tuple[TokenChoice, ...]:
        """The tokens so far with their probabilities, if they were asked for."""
        return tuple(self._choices)

    @property
    def fillings(self) -> tuple[Filling, ...]:
        """The words for the gap in its text, if it has one."""
        return self._fillings

    @property
    def labels(self) -> tuple[LabelProbability, ...]:
        """The labels that its text can have, if it is to have one."""
        return self._labels

    @property
    def outcome(self) -> Result | None:
        """What it gave, once it has ended and if it gave anything."""
        return self._result

    @property
    def error(self) -> Exception | None:
        """What went wrong, if it ended that way."""
        return self._error

    @property
    def download_progress(self) -> float | None:
        """The share of the model that has been fetched, while it is being fetched."""
        return self._progress if self._state is State.LOADING else None

    def cancel(self) -> None:
        """Ask the computation to stop; what it gave until then is kept."""
        self._cancelled.set()
        self._line.drop(self)

    def cancelled(self) -> bool:
        """Whether somebody asked it to stop."""
        return self._cancelled.is_set()

    def follow(self, *, every_s: float = 0.1) -> Iterator[str]:
        """Yield the output so far, now and with each change, until the end.

        It yields a new state and the first words at once, what follows at most every `every_s`, and
        every 0.5 s while nothing changes, so that a place in line can be redrawn.
        """
        changes = -1
        while not self.ended:
            with self._changed:
                # Counted, because what changes between two waits wakes nobody.
                if self._changes == changes:
                    self._changed.wait(timeout=0.5)
                changes, stage = self._changes, self._stage
            yield self._text
            self._pause(stage, every_s)
        yield self._text

    def _pause(self, stage: tuple[State, bool], seconds: float) -> None:
        """Wait `seconds`, or until another stage begins."""
        with self._changed:
            self._changed.wait_for(lambda: self._stage != stage, seconds)

    @property
    def _stage(self) -> tuple[State, bool]:
        return self._state, bool(self._text)

    def stream(self) -> Iterator[str]:
        """Yield each new piece of output until the end.

        After a restart it begins again with the first piece.

        Raises:
            LabError: the run failed.
        """
        seen, ended = (0, 0), False
        while not ended:
            with self._changed:
                while not self.ended and (self._restarts, len(self._text)) == seen:
                    self._changed.wait()
                text, restarts, ended = self._text, self._restarts, self.ended
            yield text[seen[1] if restarts == seen[0] else 0 :]
            seen = (restarts, len(text))
        self.result()

    def result(self, *, timeout_s: float | None = None) -> Result:
        """Wait for the end and return the result.

        Raises:
            LabError: the run failed, or was stopped before it began.
            TimeoutError: it did not end within `timeout_s`.
        """
        # Apart from the changes: who waits for the end is not woken by each token.
        if not self._ended.wait(timeout_s):
            raise TimeoutError
        if self._error is not None:
            raise self._error
        if self._result is None:
            raise LabError("The run was stopped before it began.", next_step="Run it again.")
        return self._result

    def when_ended(self, tell: Callable[[Ticket], None]) -> None:
        """Call `tell` once this ticket has its outcome: in the thread that ends it, or else now."""
        with self._changed:
            if self._told is not None:
                self._told.append(tell)
                return
        tell(self)

    def move(self, state: State) -> None:
        """Note that the request is now loading or running."""
        self._change(lambda: setattr(self, "_state", state))

    def report_download(self, share: float) -> None:
        """Note how much of the model has been fetched, from 0 to 1."""
        self._change(lambda: setattr(self, "_progress", share))

    def add(self, chunk: Chunk) -> None:
        """Append a piece of output, and its tokens to the clock."""
        if chunk.tokens:
            self.stopwatch.token()

        def append() -> None:
            self._text += chunk.text
            self._tokens += chunk.tokens
            self._choices.extend(chunk.choices)
            self._fillings += chunk.fillings
            self._labels += chunk.labels

        self._change(append)

    def restart(self, *, lane: str) -> None:
        """Wait anew, in `lane`, and forget what was written; the wait so far still counts."""
        self.stopwatch.restart()

        def forget() -> None:
            self.lane = lane
            self._text, self._tokens, self._choices = "", 0, []
            self._fillings, self._labels = (), ()
            self._progress = None
            self._restarts += 1
            self._state = State.QUEUED

        self._change(forget)

    def finish(self, state: State, outcome: Result | BaseException | None) -> None:
        """End the ticket with a result, with what went wrong, or with nothing."""

        def end() -> None:
            self._error = _as_exception(outcome) if isinstance(outcome, BaseException) else None
            self._state = state

        # Told first: whoever sees that a run has ended finds it kept.
        self._result = outcome if isinstance(outcome, Result) else None
        with self._changed:
            told, self._told = self._told, None
        for tell in told or ():
            try:
                tell(self)
            # The run itself went well, or its error matters more.
            except Exception as error:  # noqa: BLE001
                # Its text may quote a prompt.
                log_problem("run not kept", why=type(error).__name__)
        self._change(end)
        self._ended.set()

    def _change(self, change: Callable[[], None]) -> None:
        with self._changed:
            change()
            self._changes += 1
            self._changed.notify_all()


def _as_exception(error: BaseException) -> Exception:
    # What ends programs elsewhere must not end the page that asks for the result.
    return error if isinstance(error, Exception) else RuntimeError(repr(error))
