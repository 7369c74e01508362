"""All trainings on disk, found by a name that nobody can guess, within bounds."""

from __future__ import annotations

import hashlib
import re
import secrets
import shutil
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from core.errors import BusyError, LabError
from core.finetuning.records import Order
from core.finetuning.training_folder import TrainingFolder, is_free
from core.finetuning.types import Splits

_ID = re.compile(r"[0-9a-f]{32}")
_SPARE_BYTES = 100 * 1024**2


def owner_of(learner: str) -> str:
    """Return what stands for `learner` on disk; the learner's own key is not written down."""
    return hashlib.sha256(learner.encode()).hexdigest()[:16]


class Store:
    """All trainings in one folder, within bounds: the oldest that nobody uses leave first."""

    def __init__(
        self, root: Path, *, most_an_owner: int = 12, most: int = 200, most_bytes: int = 5 * 1024**3
    ) -> None:
        self.root = root
        self._most_an_owner = most_an_owner
        self._most = most
        self._most_bytes = most_bytes
        self._users: Counter[str] = Counter()
        self._changing = threading.Lock()

    def open(self, training_id: str) -> TrainingFolder | None:
        """Return the training of that id, if there is one."""
        if not _ID.fullmatch(training_id):
            return None
        folder = TrainingFolder(self.root / training_id)
        return folder if (folder.path / "order.json").is_file() else None

    def create(self, order: Order, splits: Splits, *, needed_bytes: int = 0) -> TrainingFolder:
        """Return a new folder for what is to be trained, which will take about `needed_bytes`.

        Raises:
            BusyError: there is no room, and nothing that could leave.
            BadInputError: the data are too large.
            LabError: the folder of the lab's data cannot be written to.
        """
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            with self._changing:
                self._make_room(order.owner, needed_bytes)
                folder = TrainingFolder(self.root / secrets.token_hex(16))
                folder.begin(order, splits)
            return folder
        except OSError as error:
            raise LabError(
                f"The training cannot be kept in {self.root} ({error.strerror or error}).",
                next_step="Set OPEN_MODEL_LAB_DATA to a folder that can be written to.",
            ) from error

    def of_owner(self, owner: str) -> tuple[TrainingFolder, ...]:
        """Return the trainings of `owner`, the newest first."""
        return self._newest(lambda order: order.owner == owner)

    def beside(self, training_id: str) -> tuple[TrainingFolder, ...]:
        """Return what was trained to be compared with that training, the newest first."""
        return self._newest(lambda order: order.beside == training_id)

    @contextmanager
    def using(self, folder: TrainingFolder) -> Iterator[None]:
        """Keep `folder` from being removed while something in it is read."""
        with self._changing:
            self._users[folder.id] += 1
        try:
            yield
        finally:
            with self._changing:
                self._users[folder.id] -= 1
                if not self._users[folder.id]:
                    del self._users[folder.id]

    def remove(self, folder: TrainingFolder) -> bool:
        """Remove a training that nobody uses; tell whether it is gone."""
        with self._changing:
            return self._remove(folder)

    def _newest(self, wanted: Callable[[Order], bool]) -> tuple[TrainingFolder, ...]:
        found = [entry for entry in self._orders() if wanted(entry[1])]
        found.sort(key=lambda entry: -entry[1].created_s)
        return tuple(folder for folder, _ in found)

    def _orders(self) -> list[tuple[TrainingFolder, Order]]:
        found = []
        with suppress(OSError):
            for path in self.root.iterdir():
                if (folder := self.open(path.name)) is not None:
                    with suppress(LabError):
                        found.append((folder, folder.order()))
        return found

    def _make_room(self, owner: str, needed_bytes: int) -> None:
        self._sweep()
        oldest = sorted(self._orders(), key=lambda entry: entry[1].created_s)
        own = [folder for folder, order in oldest if order.owner == owner]
        if not self._shrink(own, lambda: len(own) < self._most_an_owner):
            raise BusyError(
                f"You have {len(own)} trainings that are waiting or in use, the most there can be.",
                next_step="Wait until one ends, or stop one.",
            )
        everybody = [folder for folder, _ in oldest if folder.path.is_dir()]
        taken = {folder.id: folder.size_bytes() for folder in everybody}

        def fits() -> bool:
            together = sum(taken[folder.id] for folder in everybody) + needed_bytes
            free = shutil.disk_usage(self.root).free - _SPARE_BYTES
            return (
                len(everybody) < self._most
                and together <= self._most_bytes
                and needed_bytes <= free
            )

        if not self._shrink(everybody, fits):
            raise BusyError(
                f"There is no room on the disk for another training, which takes about "
                f"{needed_bytes / 1e6:,.0f} MB.",
                next_step="Ask whoever runs the lab to make room, or choose a smaller base model.",
            )

    def _shrink(self, folders: list[TrainingFolder], enough: Callable[[], bool]) -> bool:
        """Remove the first of `folders` that nobody uses until it is `enough`."""
        for folder in list(folders):
            if enough():
                return True
            if self._remove(folder):
                folders.remove(folder)
        return enough()

    def _remove(self, folder: TrainingFolder) -> bool:
        if self._users[folder.id] or not is_free(folder):
            return False
        # Under another name first: nobody finds half a training.
        gone = folder.path.with_name(f"{folder.id}.gone")
        with suppress(OSError):
            folder.path.rename(gone)
        shutil.rmtree(gone, ignore_errors=True)
        return not folder.path.exists()

    def _sweep(self) -> None:
        """Remove what a process that died left half-removed or half-begun."""
        for path in self.root.iterdir():
            begun = _ID.fullmatch(path.name) and not (path / "order.json").exists()
            with suppress(OSError):
                old = time.time() - path.stat().st_mtime > 3600
                if path.name.endswith(".gone") or (begun and old):
                    shutil.rmtree(path, ignore_errors=True)
