"""One training on disk: a folder under an unguessable name, with all that it needs and gave.

The files, in the order in which they come: `order.json` and `data.json`, `steps.jsonl` or
`points.jsonl` as it goes on, `model` and `evaluation.json`, and last `result.json`, or in its place
`failure.json`. Each of these is whole or absent. Whoever waits for a training or runs it holds
`lock`, which falls when that process dies: a training without an end whose lock is free was
interrupted.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from core.errors import BadInputError, LabError
from core.finetuning.records import (
    Order,
    TrainingResult,
    evaluation_from_json,
    evaluation_to_json,
    order_from_json,
    order_to_json,
    splits_from_json,
    splits_to_json,
)
from core.finetuning.types import Cost, Evaluation, Splits

_MOST_DATA_BYTES = 64 * 1024**2
_MOST_EVALUATION_BYTES = 64 * 1024**2
_MOST_SMALL_BYTES = 1024**2
# Anything wrong with the files of a training: whoever runs the lab, or a full disk, can cause it.
_BROKEN = (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError)


class TrainingFolder:
    """One training's folder. Reading never fails: what is broken reads as absent."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def id(self) -> str:
        """The name of the training, which nobody can guess."""
        return self.path.name

    @property
    def model(self) -> Path:
        """Where the trained model is once there is one."""
        return self.path / "model"

    @property
    def steps_file(self) -> Path:
        """A line for each step, while it trains."""
        return self.path / "steps.jsonl"

    @property
    def points_file(self) -> Path:
        """A line for each point of a curve, while it trains."""
        return self.path / "points.jsonl"

    @property
    def errors_file(self) -> Path:
        """What the process that trained wrote when it went wrong."""
        return self.path / "errors.log"

    def order(self) -> Order:
        """Return what is to be trained.

        Raises:
            LabError: the file is gone or broken.
        """
        try:
            return order_from_json(self._read("order.json", _MOST_SMALL_BYTES))
        except _BROKEN:
            raise self._gone() from None

    def splits(self) -> Splits:
        """Return the data.

        Raises:
            LabError: the file is gone or broken.
        """
        try:
            return splits_from_json(self._read("data.json", _MOST_DATA_BYTES))
        except _BROKEN:
            raise self._gone() from None

    def result(self) -> TrainingResult | None:
        """Return what came out, if the training ended."""
        try:
            value = self._read("result.json", _MOST_SMALL_BYTES)
            has_model = bool(value.pop("has_model"))
            return TrainingResult(
                model=self.model if has_model else None,
                evaluation=self.evaluation() if has_model else None,
                **{
                    **value,
                    "cost": Cost(**value["cost"]),
                    "versions": tuple(map(tuple, value["versions"])),
                },
            )
        except _BROKEN:
            return None

    def evaluation(self) -> Evaluation | None:
        """Return how good the trained model is, once that is known."""
        try:
            return evaluation_from_json(self._read("evaluation.json", _MOST_EVALUATION_BYTES))
        except _BROKEN:
            return None

    def failure(self) -> LabError | None:
        """Return what went wrong, if something did."""
        try:
            value = self._read("failure.json", _MOST_SMALL_BYTES)
            return LabError(str(value["message"]), next_step=str(value["next_step"]))
        except _BROKEN:
            return None

    def ended(self) -> bool:
        """Tell whether nothing more will come."""
        return (self.path / "result.json").is_file() or (self.path / "failure.json").is_file()

    def write_result(self, result: TrainingResult) -> None:
        """Write what came out, the evaluation first; after this the training has ended."""
        if result.evaluation is not None:
            evaluation = evaluation_to_json(result.evaluation)
            self._write("evaluation.json", json.dumps(evaluation))
        value = {
            "cost": asdict(result.cost),
            "stopped": result.stopped,
            "diverged": result.diverged,
            "best_step": result.best_step,
            "precision": result.precision,
            "versions": result.versions,
            "has_model": result.model is not None,
        }
        self._write("result.json", json.dumps(value))

    def write_failure(self, error: LabError) -> None:
        """Write what went wrong; after this the training has ended."""
        value = {"message": error.message, "next_step": error.next_step}
        self._write("failure.json", json.dumps(value))

    def size_bytes(self) -> int:
        """Return what the folder takes on the disk."""
        total = 0
        for file in self.path.rglob("*"):
            with suppress(OSError):
                total += file.stat().st_size if file.is_file() else 0
        return total

    def begin(self, order: Order, splits: Splits) -> None:
        """Write what is to be trained, and on what."""
        # Half an emoji in a student's file is no reason to lose a training: it is written escaped.
        data = json.dumps(splits_to_json(splits))
        if len(data) > _MOST_DATA_BYTES:
            raise BadInputError(
                f"The data are larger than {_MOST_DATA_BYTES / 1e6:,.0f} MB.",
                next_step="Use fewer or shorter rows.",
            )
        self.path.mkdir(parents=True, mode=0o700)
        self._write("data.json", data)
        self._write("order.json", json.dumps(order_to_json(order)))

    def _read(self, name: str, most_bytes: int) -> dict[str, Any]:
        file = self.path / name
        if not file.is_file() or file.stat().st_size > most_bytes:
            raise FileNotFoundError(name)
        value = json.loads(file.read_text(encoding="utf-8"))
        if not isinstance(value, dict):
            raise TypeError(name)
        return value

    def _write(self, name: str, text: str) -> None:
        draft = self.path / f"{name}.part"
        draft.write_text(text, encoding="utf-8")
        draft.replace(self.path / name)

    def _gone(self) -> LabError:
        return LabError(
            "The files of this training are gone or damaged.",
            next_step="Start a new training with your data.",
        )


def is_free(folder: TrainingFolder) -> bool:
    """Tell whether no process waits for `folder` or runs it."""
    from filelock import FileLock, Timeout

    if not folder.path.is_dir():
        return True
    lock = FileLock(folder.path / "lock")
    try:
        lock.acquire(timeout=0)
    except (Timeout, OSError):
        return False
    lock.release()
    return True
