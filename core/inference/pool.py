"""The models in memory: loaded when first asked for, dropped when room is needed, never in use.

It knows nothing of catalogues and engines: what is asked for has a key, a size and a way to load.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from core.errors import BusyError, LabError, RefusedModelError
from core.inference.types import LoadedModel
from core.measuring import Clock

PATIENCE_S = 30.0
# While a model waits for room, those in memory are used on for this long, and then given up.
_TURN_S = 2.0
# Who asked may leave meanwhile: nobody is woken by that, so it is looked at this often.
_LOOK_S = 0.1

Load = Callable[[], LoadedModel]
Cancelled = Callable[[], bool]


def resident_bytes() -> int:
    """Return the memory that this process occupies."""
    import psutil

    return int(psutil.Process().memory_info().rss)


@dataclass
class _Slot:
    memory_bytes: int
    model: LoadedModel | None = None
    error: BaseException | None = None
    users: int = 0
    used_at: float = 0.0


@dataclass(eq=False)
class _Hunger:
    """One who waits for room."""

    key: str
    since: float = 0.0


@dataclass(frozen=True)
class Lease:
    """A model that stays in memory while it is used; `cold` when it was loaded for this use."""

    model: LoadedModel
    cold: bool


@dataclass(frozen=True)
class PooledModel:
    """A loaded model at one moment: its size, how many use it, seconds since its last use."""

    key: str
    memory_bytes: int
    users: int
    idle_s: float


class ModelPool:
    """Holds loaded models within `budget_bytes`, dropping the least recently used first."""

    def __init__(
        self,
        *,
        budget_bytes: int,
        patience_s: float = PATIENCE_S,
        resident: Callable[[], int] = resident_bytes,
        clock: Clock = time.monotonic,
    ) -> None:
        self._budget_bytes = budget_bytes
        self._patience_s = patience_s
        self._resident = resident
        self._clock = clock
        self._changed = threading.Condition()
        self._loading = threading.Lock()
        self._slots: OrderedDict[str, _Slot] = OrderedDict()
        self._measured: dict[str, int] = {}
        self._hungry: list[_Hunger] = []
        self._room_found_at = clock()

    @contextmanager
    def lease(
        self, key: str, *, memory_bytes: int, load: Load, cancelled: Cancelled = lambda: False
    ) -> Iterator[Lease]:
        """Hand out the model of `key`, loading it if need be; what is loaded is held up by nothing.

        `memory_bytes` is what it is expected to take; once loaded, what it was measured to take
        counts.

        Raises:
            BusyError: models in use leave no room for this one, for longer than one waits.
            RefusedModelError: it takes more than all models may.
            LabError: it was `cancelled` before the model was there; or what `load` raised.
        """
        slot, cold = self._claim(key, memory_bytes, cancelled)
        try:
            model = self._fill(key, slot, load, cancelled) if slot.model is None else slot.model
            yield Lease(model, cold)
        finally:
            self._release(slot)

    def __contains__(self, key: str) -> bool:
        """Whether the model of `key` is in memory or on its way there."""
        with self._changed:
            return key in self._slots

    def loaded(self) -> dict[str, int]:
        """Return the bytes of each model in memory, the least recently used first."""
        return {model.key: model.memory_bytes for model in self.snapshot()}

    def snapshot(self) -> tuple[PooledModel, ...]:
        """Return the models in memory, the least recently used first."""
        now = self._clock()
        with self._changed:
            return tuple(
                PooledModel(
                    key, slot.memory_bytes, slot.users, 0.0 if slot.users else now - slot.used_at
                )
                for key, slot in self._slots.items()
                if slot.model is not None
            )

    def _claim(self, key: str, memory_bytes: int, cancelled: Cancelled) -> tuple[_Slot, bool]:
        """Return a slot that is used from now on, and whether the caller has to fill it."""
        hunger = _Hunger(key)
        with self._changed:
            try:
                while True:
                    slot = self._slots.get(key)
                    if slot is None:
                        size = self._size(key, memory_bytes)
                        # What is dropped is freed on the way out, when it holds up nobody.
                        dropped = self._make_room(size)
                        if dropped is not None:
                            slot = self._slots[key] = _Slot(size, users=1)
                            return slot, True
                        self._wait_for_room(hunger, cancelled)
                    elif slot.model is None:
                        self._wait_for_load(slot, cancelled)
                    elif self._others_starve(key):
                        _leave_if(cancelled)
                        self._changed.wait(_LOOK_S)
                    else:
                        slot.users += 1
                        self._slots.move_to_end(key)
                        return slot, False
            finally:
                if hunger in self._hungry:
                    self._hungry.remove(hunger)
                    self._changed.notify_all()

    def _others_starve(self, key: str) -> bool:
        """Tell whether models that are always in use have kept others out for too long.

        Counted from when room was last found, so that a model is not dropped as soon as loaded.
        """
        before = self._clock() - _TURN_S
        waiting = [hunger for hunger in self._hungry if hunger.key != key]
        return any(max(hunger.since, self._room_found_at) < before for hunger in waiting)

    def _size(self, key: str, expected_bytes: int) -> int:
        """Return what the model of `key` takes, as far as is known.

        Raises:
            RefusedModelError: it is more than all models may take.
        """
        size = self._measured.get(key, expected_bytes)
        if size > self._budget_bytes:
            needed, granted = (f"{size / 1e6:,.0f} MB" for size in (size, self._budget_bytes))
            raise RefusedModelError(
                f"{key} takes about {needed} of memory; models may take {granted} here.",
                next_step="Choose a smaller model, or raise OPEN_MODEL_LAB_MEMORY_MB.",
            )
        return size

    def _make_room(self, size: int) -> list[_Slot] | None:
        """Take out idle models until `size` fits and return them; None, and no harm, if never."""
        in_use = sum(slot.memory_bytes for slot in self._slots.values() if slot.users)
        if in_use + size > self._budget_bytes:
            return None
        self._room_found_at = self._clock()
        return self._drop_down_to(self._budget_bytes - size)

    def _drop_down_to(self, room: int) -> list[_Slot]:
        idle = [key for key, slot in self._slots.items() if not slot.users]
        dropped = []
        while idle and sum(slot.memory_bytes for slot in self._slots.values()) > room:
            dropped.append(self._slots.pop(idle.pop(0)))
        return dropped

    def _wait_for_room(self, hunger: _Hunger, cancelled: Cancelled) -> None:
        _leave_if(cancelled)
        if hunger not in self._hungry:
            hunger.since = self._clock()
            self._hungry.append(hunger)
        if self._clock() >= hunger.since + self._patience_s:
            raise BusyError(
                f"Other models are in use, and leave no room for {hunger.key} now.",
                next_step="Try again in a moment, or choose a smaller model.",
            )
        self._changed.wait(_LOOK_S)

    def _wait_for_load(self, slot: _Slot, cancelled: Cancelled) -> None:
        """Wait for a change while another loads the model.

        Raises:
            LabError: that failed.
        """
        _leave_if(cancelled)
        self._changed.wait(_LOOK_S)
        if slot.error is not None:
            raise slot.error

    def _fill(self, key: str, slot: _Slot, load: Load, cancelled: Cancelled) -> LoadedModel:
        """Load the model into `slot`; loads take turns, so that each can be measured."""
        try:
            while not self._loading.acquire(timeout=_LOOK_S):
                _leave_if(cancelled)
        except LabError:
            self._discard(key, None)
            raise
        try:
            before = self._resident()
            model = load()
            grown = self._resident() - before
        except BaseException as error:
            self._discard(key, error)
            raise
        finally:
            self._loading.release()
        return self._keep(key, slot, model, grown)

    def _keep(self, key: str, slot: _Slot, model: LoadedModel, grown: int) -> LoadedModel:
        # What others allocated meanwhile is in the growth, so it counts only up to a bound, and
        # never makes a model too large.
        own = model.memory_bytes
        size = max(own, min(grown, 2 * own, self._budget_bytes))
        with self._changed:
            self._measured[key] = slot.memory_bytes = size
            try:
                self._size(key, size)
            except RefusedModelError as error:
                self._discard(key, error)
                raise
            slot.model = model
            dropped = self._drop_down_to(self._budget_bytes)
            self._changed.notify_all()
        dropped.clear()  # outside the lock: freeing may take long
        return model

    def _discard(self, key: str, error: BaseException | None) -> None:
        """Take out a slot that could not be filled, and tell those who wait for it why."""
        with self._changed:
            self._slots.pop(key).error = error
            self._changed.notify_all()

    def _release(self, slot: _Slot) -> None:
        with self._changed:
            slot.users -= 1
            slot.used_at = self._clock()
            # What was measured to be larger than expected may be over the budget until now.
            dropped = self._drop_down_to(self._budget_bytes)
            self._changed.notify_all()
        dropped.clear()


def _leave_if(cancelled: Cancelled) -> None:
    if cancelled():
        raise LabError("Stopped before the model was in memory.", next_step="Run it again.")
