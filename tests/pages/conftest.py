"""What pages are tested in: a lab of their own, with folders that nobody else sees."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.catalogue import catalogue
from core.finetuning.jobs import trainings
from core.inference.lab import lab
from core.settings import settings
from core.storage.saving import saver
from tools.app_test import pages_below_home


@pytest.fixture(autouse=True)
def home_around_each_page() -> Iterator[None]:
    """Run Home.py before each page, as the server does."""
    with pages_below_home():
        yield


@pytest.fixture
def lab_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Path], None]]:
    """A function that makes the next page's lab one with the models of a folder, and no data."""

    def start(models: Path) -> None:
        monkeypatch.setenv("OPEN_MODEL_LAB_MODELS", str(models))
        monkeypatch.setenv("OPEN_MODEL_LAB_DATA", str(tmp_path / "data"))
        monkeypatch.setenv("OPEN_MODEL_LAB_CACHE", str(tmp_path / "cache"))
        _forget()

    yield start
    trainings().close()
    saver().close()
    _forget()


def _forget() -> None:
    for cached in (settings, catalogue, lab, trainings, saver):
        cached.cache_clear()
