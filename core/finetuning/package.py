"""A trained model to take away: one zip in the format of the Hub, with its card."""

from __future__ import annotations

import tempfile
from io import BufferedReader
from pathlib import Path
from typing import IO
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

from core.catalogue import ModelEntry
from core.errors import LabError
from core.finetuning.card import model_card, model_name
from core.finetuning.records import TrainingResult
from core.finetuning.ticket import Training
from core.finetuning.types import Evaluation

# Weights are noise to a compressor: packing them takes long and saves nothing.
_STORED = ".safetensors"
CARD = "README.md"


def package_name(training: Training) -> str:
    """Return the name of the zip and of the folder in it."""
    return model_name(training.order)


def package_bytes(training: Training) -> int:
    """Return about how large the zip is.

    Raises:
        LabError: the model is gone.
    """
    return sum(file.stat().st_size for file in model_files(training))


def open_package(
    training: Training, *, base: ModelEntry | None = None, scratch: Evaluation | None = None
) -> BufferedReader:
    """Return the zip as a file without a name, which is gone once it is closed.

    It is on disk, so that it takes no memory however large the model is. `base` and `scratch` are
    for the card. Call this within `Store.using`.

    Raises:
        LabError: the training has no model, its files are gone, or the disk is full.
    """
    card, files = card_of(training, base=base, scratch=scratch), model_files(training)
    try:
        packed = tempfile.TemporaryFile(buffering=0, dir=training.folder.path.parent)  # noqa: SIM115
        try:
            _write(packed, package_name(training), card, files)
        except BaseException:
            packed.close()
            raise
    except OSError as error:
        raise LabError(
            f"The zip could not be written ({error.strerror or 'the disk may be full'}).",
            next_step="Try again later, and tell whoever runs the lab.",
        ) from error
    packed.seek(0)
    return BufferedReader(packed)


def card_of(
    training: Training, *, base: ModelEntry | None = None, scratch: Evaluation | None = None
) -> str:
    """Return the card of the model of `training`.

    Raises:
        LabError: the training has no model, or its data are gone.
    """
    splits = training.splits()
    return model_card(training.order, splits, _result(training), base=base, scratch=scratch)


def model_files(training: Training) -> tuple[Path, ...]:
    """Return the files of the model of `training`.

    Raises:
        LabError: there is no model, or it is gone.
    """
    _result(training)
    try:
        files = sorted(path for path in training.folder.model.iterdir() if path.name != CARD)
    except OSError:
        files = []
    if not any(path.suffix == _STORED for path in files):
        raise LabError(
            "The files of this model are gone or damaged.",
            next_step="Train it again with the data and settings above.",
        )
    return tuple(path for path in files if path.is_file() and not path.is_symlink())


def _result(training: Training) -> TrainingResult:
    result = training.result
    if result is None or result.model is None:
        raise LabError(
            "This training gave no model.", next_step="Train once more, and let it learn longer."
        )
    return result


def _write(to: IO[bytes], name: str, card: str, files: tuple[Path, ...]) -> None:
    with ZipFile(to, "w", strict_timestamps=False) as packed:
        packed.writestr(f"{name}/{CARD}", card, ZIP_DEFLATED)
        for file in files:
            kind = ZIP_STORED if file.suffix == _STORED else ZIP_DEFLATED
            packed.write(file, f"{name}/{file.name}", kind)
