"""Trainings of a whole class: one at a time, the rest in a fair line that everybody can see."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary

from core.errors import BusyError, LabError
from core.file_locks import held
from core.finetuning.memory import count_parameters, refuse_without_memory
from core.finetuning.pace import Pace
from core.finetuning.records import STOPPED_BEFORE, Kind, Order
from core.finetuning.running import last_words, run_child
from core.finetuning.store import Store, owner_of
from core.finetuning.ticket import State, Training
from core.finetuning.training_folder import TrainingFolder, is_free
from core.finetuning.types import Splits, TrainingSettings
from core.inference.turns import Turns
from core.logs import log, log_problem
from core.once import Once
from core.settings import Settings, data_folder, free_memory_bytes, settings, usable_cores

_LIMIT_S = 30 * 60.0
_MOST_WAITING = 40
_MOST_WAITING_EACH = 3
# What the lab itself takes at least, beside which a training must fit.
_LAB_BYTES = 250 * 1024**2


@dataclass
class _Live:
    training: Training
    lock: Any
    stop: threading.Event
    runs: bool = False


class _Stopped(Exception):
    """Somebody pressed Stop while another lab on this machine was training."""


class Trainings:
    """The line of trainings of this process, over a store that outlives it.

    One runs at a time, also among processes that share the store; learners take turns.
    """

    def __init__(
        self,
        store: Store,
        limits: Settings,
        *,
        limit_s: float = _LIMIT_S,
        threads: int | None = None,
    ) -> None:
        self.store = store
        self._limits = limits
        self._limit_s = limit_s
        # One core is left to the lab, which answers others meanwhile.
        self._threads = threads or max(1, min(limits.threads, usable_cores() - 1))
        self._changed = threading.Condition()
        self._waiting: Turns[str] = Turns()
        self._live: dict[str, _Live] = {}
        self._runs: str | None = None
        self._works = False
        self._closed = threading.Event()
        self._pace = Pace()
        self._known: WeakValueDictionary[str, Training] = WeakValueDictionary()

    def submit(
        self,
        splits: Splits,
        settings: TrainingSettings,
        *,
        base: Path,
        learner: str = "",
        name: str = "",
        kind: Kind = Kind.MODEL,
        beside: str = "",
    ) -> Training:
        """Put a training in line; it starts when it is its turn.

        `base` is the folder of the base model `settings.base_id`; `name` is what its learner calls
        it; `beside` is the id of a training that it is to be compared with.

        Raises:
            RefusedModelError: the base model cannot be read, or this machine never has the memory.
            BusyError: the line or the disk is full.
            BadInputError: the data are too large.
        """
        owner = owner_of(learner)
        order = Order(name[:200], owner, kind, settings, base.resolve(), time.time(), beside)
        return self._submit(splits, order)

    def find(self, training_id: str) -> Training | None:
        """Return the training of that id, in whatever state, also from before a restart."""
        with self._changed:
            if (known := self._known.get(training_id)) is not None:
                return known
            folder = self.store.open(training_id)
            try:
                return self._keep(folder, folder.order()) if folder else None
            except LabError:
                return None

    def of(self, learner: str) -> tuple[Training, ...]:
        """Return the trainings of `learner`, the newest first."""
        return self._found(self.store.of_owner(owner_of(learner)))

    def beside(self, training: Training) -> tuple[Training, ...]:
        """Return what was submitted to be compared with `training`, the newest first."""
        return self._found(self.store.beside(training.id))

    def close(self) -> None:
        """End the running one at once and start no other; what waits reads as interrupted."""
        self._closed.set()
        with self._changed:
            self._changed.wait_for(lambda: not self._works)
            for live in self._live.values():
                live.lock.release()
            self._live.clear()
            self._waiting = Turns()

    def _found(self, folders: tuple[TrainingFolder, ...]) -> tuple[Training, ...]:
        return tuple(filter(None, (self.find(folder.id) for folder in folders)))

    def _submit(self, splits: Splits, order: Order) -> Training:
        from filelock import FileLock

        ever = self._limits.memory_limit_bytes - _LAB_BYTES
        refuse_without_memory(order.base, order.settings, free_bytes=ever, ever=True)
        self._refuse_full_line(order.owner)
        size = 2 * 4 * count_parameters(order.base) if order.kind is Kind.MODEL else 0
        folder = self.store.create(order, splits, needed_bytes=size)
        lock = FileLock(folder.path / "lock", thread_local=False)
        lock.acquire(timeout=5)
        with self._changed:
            training = self._keep(folder, order)
            self._live[training.id] = _Live(training, lock, threading.Event())
            self._waiting.join(order.owner, training.id)
            if not self._works:
                self._works = True
                threading.Thread(target=self._work, name="trainings", daemon=True).start()
            self._changed.notify_all()
        log("training submitted", kind=order.kind, base=order.settings.base_id)
        return training

    def _refuse_full_line(self, owner: str) -> None:
        if self._closed.is_set():
            raise BusyError("The lab is closing.", next_step="Try again later.")
        with self._changed:
            live = tuple(self._live.values())
        own = [each for each in live if each.training.order.owner == owner]
        if len(own) >= _MOST_WAITING_EACH:
            raise BusyError(
                f"{len(own)} trainings of yours are waiting or running, the most there can be.",
                next_step="Wait until one ends, or stop one.",
            )
        if len(live) > _MOST_WAITING:
            raise BusyError(
                f"{len(live)} trainings are waiting already.",
                next_step="Try again in some minutes.",
            )

    def _keep(self, folder: TrainingFolder, order: Order) -> Training:
        training = Training(folder, order, self)
        self._known[folder.id] = training
        return training

    def _work(self) -> None:
        while True:
            with self._changed:
                if self._closed.is_set() or not len(self._waiting):
                    self._works = False
                    self._changed.notify_all()
                    return
                self._runs = self._waiting.take()
                live = self._live[self._runs]
            try:
                self._train(live)
            # Nobody waits in this thread: whatever it is, the training ends and the next begins.
            except Exception as error:  # noqa: BLE001
                log_problem("training broke", error=type(error).__name__)
                self._fail(live, error)
            finally:
                with self._changed:
                    self._runs = None
                    del self._live[live.training.id]
                    live.lock.release()
                    self._changed.notify_all()

    def _train(self, live: _Live) -> None:
        folder, order = live.training.folder, live.training.order

        def asked() -> bool:
            return live.stop.is_set() or self._closed.is_set()

        try:
            turn = held(self.store.root / "turn.lock", cancelled=asked, stopped=_Stopped)
            with turn:
                if asked():
                    raise _Stopped
                free = free_memory_bytes(self._limits)
                refuse_without_memory(order.base, order.settings, free_bytes=free)
                began_s = time.monotonic()
                live.runs = True
                run_child(
                    folder,
                    threads=self._threads,
                    limit_s=self._limit_s,
                    stop_asked=live.stop.is_set,
                    kill_asked=self._closed.is_set,
                )
        except _Stopped:
            if live.stop.is_set():
                folder.write_result(STOPPED_BEFORE)
            return
        took_s = time.monotonic() - began_s
        self._pace.note(took_s)
        if folder.failure() is not None:
            log_problem("training failed", base=order.settings.base_id, error=last_words(folder))
        else:
            log("training ended", base=order.settings.base_id, seconds=round(took_s, 1))

    def _fail(self, live: _Live, error: Exception) -> None:
        if not isinstance(error, LabError):
            error = LabError(
                "The training failed, for a reason that the lab does not know.",
                next_step="Your data and settings are kept: start it again.",
            )
        try:
            if not live.training.folder.ended():
                live.training.folder.write_failure(error)
        except OSError as gone:
            log_problem("training not written down", error=type(gone).__name__)

    def state(self, training: Training) -> State:
        """Return where `training` is."""
        with self._changed:
            live = self._live.get(training.id)
            if live is not None:
                return State.RUNNING if live.runs else State.WAITING
        if not training.folder.ended() and not is_free(training.folder):
            return State.RUNNING  # in another process that shares the store
        if training.result is not None:
            return State.STOPPED if training.result.stopped else State.DONE
        return State.FAILED if training.folder.ended() else State.INTERRUPTED

    def position(self, training: Training) -> int | None:
        """Return how many come before `training`; None if it neither waits nor runs."""
        with self._changed:
            if training.id == self._runs:
                return 0
            before = self._waiting.before(training.id)
            return None if before is None else before + (self._runs is not None)

    def wait_s(self, training: Training) -> float | None:
        """Return about how long until `training` begins."""
        position = self.position(training)
        if not position:
            return None if position is None else 0.0
        with self._changed:
            running = self._live[self._runs].training if self._runs else None
        return self._pace.wait_s(position, left_s=running.left_s if running else None)

    def wait(self, seconds: float) -> None:
        """Wait so long, or until something changed in the line."""
        with self._changed:
            self._changed.wait(seconds)

    def stop(self, training: Training) -> None:
        """End `training` early, or take it out of the line."""
        with self._changed:
            live = self._live.get(training.id)
            if live is None:
                return
            live.stop.set()
            if self._waiting.leave(training.id):
                training.folder.write_result(STOPPED_BEFORE)
                del self._live[training.id]
                live.lock.release()
            self._changed.notify_all()

    def again(self, training: Training) -> Training:
        """Submit what `training` was submitted with."""
        order = replace(training.order, created_s=time.time())
        return self._submit(training.splits(), order)


@Once
def trainings() -> Trainings:
    """Return the trainings of this process."""
    return Trainings(Store(data_folder() / "trainings"), settings())
