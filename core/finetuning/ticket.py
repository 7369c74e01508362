"""What a page holds of a training: it reads where it is, and may stop it or start it anew."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from core.errors import LabError
from core.finetuning.curve import CurvePoint
from core.finetuning.records import Kind, Order, TrainingResult, point_from_line, step_from_line
from core.finetuning.training_folder import TrainingFolder
from core.finetuning.types import Splits, TrainingSettings, TrainingStep

T = TypeVar("T")


class State(StrEnum):
    """Where a training is. The last four are ends; `INTERRUPTED` means that the lab went down."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"
    INTERRUPTED = "interrupted"

    @property
    def ended(self) -> bool:
        """Whether nothing more will come."""
        return self not in (State.WAITING, State.RUNNING)


class Line(Protocol):
    """What a training asks of the line that it is in."""

    def state(self, training: Training) -> State: ...
    def position(self, training: Training) -> int | None: ...
    def wait_s(self, training: Training) -> float | None: ...
    def wait(self, seconds: float) -> None: ...
    def stop(self, training: Training) -> None: ...
    def again(self, training: Training) -> Training: ...


class Training:
    """One training: what it is to do, where it is, and what came out.

    It lives in the process and on disk, and pages only read it: a reload or a second page changes
    nothing. Every property may be read from any thread at any time.
    """

    def __init__(self, folder: TrainingFolder, order: Order, line: Line) -> None:
        self.folder = folder
        self.order = order
        self._line = line
        self._steps = _Lines(folder.steps_file, step_from_line)
        self._points = _Lines(folder.points_file, point_from_line)
        self._result: TrainingResult | None = None

    @property
    def id(self) -> str:
        """Its unguessable name, under which `Trainings.find` has it."""
        return self.folder.id

    @property
    def settings(self) -> TrainingSettings:
        """How it is trained."""
        return self.order.settings

    @property
    def state(self) -> State:
        """Where it is now."""
        return self._line.state(self)

    @property
    def position(self) -> int | None:
        """How many trainings come before it, the running one included; None once it has ended."""
        return self._line.position(self)

    @property
    def wait_s(self) -> float | None:
        """About how long until it begins; 0 while it runs, None once it has ended."""
        return self._line.wait_s(self)

    @property
    def steps(self) -> tuple[TrainingStep, ...]:
        """The steps so far; of thousands, some."""
        return self._steps.read()

    @property
    def points(self) -> tuple[CurvePoint, ...]:
        """The points of a curve so far."""
        return self._points.read()

    @property
    def latest(self) -> TrainingStep | None:
        """The last step, None before the first."""
        steps = self.steps
        return steps[-1] if steps else None

    @property
    def left_s(self) -> float | None:
        """About how long the training goes on, None while that cannot be told."""
        if self.state is not State.RUNNING:
            return None
        if self.order.kind is Kind.CURVE:
            points = self.points
            return points[-1].left_s if points else None
        return self.latest.left_s if self.latest else None

    @property
    def result(self) -> TrainingResult | None:
        """What came out, once it is done, or stopped after it had learned something."""
        if self._result is None:
            self._result = self.folder.result()
        return self._result

    @property
    def error(self) -> LabError | None:
        """What went wrong, in plain words, if it failed or was interrupted."""
        state = self.state
        if state is State.FAILED:
            return self.folder.failure() or LabError(
                "The files of this training are damaged.",
                next_step="Start a new training with your data.",
            )
        if state is State.INTERRUPTED:
            return LabError(
                "The lab was restarted while this training was waiting or running.",
                next_step="Your data and settings are kept: start it again.",
            )
        return None

    def splits(self) -> Splits:
        """Return its data, read from the disk.

        Raises:
            LabError: the files are gone or damaged.
        """
        return self.folder.splits()

    def follow(self, *, every_s: float = 0.3) -> Iterator[State]:
        """Yield its state about every `every_s` until it has ended, then once more."""
        while not (state := self.state).ended:
            yield state
            self._line.wait(every_s)
        yield state

    def stop(self) -> None:
        """End it early: what was best so far becomes the result. Who waits leaves the line."""
        self._line.stop(self)

    def again(self) -> Training:
        """Start the same anew, with the same data and settings.

        Raises:
            LabError: as `Trainings.submit`.
        """
        return self._line.again(self)


class _Lines(Generic[T]):
    """What a file of lines says, read as it grows; a line that is not whole yet waits."""

    def __init__(self, file: Path, parse: Callable[[str], T]) -> None:
        self._file = file
        self._parse = parse
        self._read: tuple[T, ...] = ()
        self._offset = 0
        self._lock = threading.Lock()

    def read(self) -> tuple[T, ...]:
        with self._lock:
            try:
                with self._file.open("rb") as lines:
                    lines.seek(self._offset)
                    new = lines.read()
                whole = new[: new.rfind(b"\n") + 1]
                self._read += tuple(map(self._parse, whole.decode("utf-8").splitlines()))
                self._offset += len(whole)
            except (OSError, ValueError, TypeError, KeyError):
                pass  # not there yet, or damaged: what was read stays
            return self._read
