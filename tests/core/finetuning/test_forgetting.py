"""All that a learner trained can be deleted, and nothing of anybody else is."""

from __future__ import annotations

import time
from pathlib import Path

from core.finetuning.forgetting import forget_trainings
from core.finetuning.jobs import Trainings
from core.finetuning.store import Store
from core.settings import settings
from tests.trained import make_trained


def line_in(folder: Path) -> Trainings:
    return Trainings(Store(folder), settings())


def test_a_learners_trainings_go_and_those_of_others_stay(tmp_path: Path) -> None:
    line = line_in(tmp_path)
    mine = [make_trained(line, "me", model=False) for _ in range(2)]
    theirs = make_trained(line, "somebody else", model=False)
    assert forget_trainings(line, "me") == 2
    assert not any(training.folder.path.exists() for training in mine)
    assert line.of("me") == ()
    assert theirs.folder.path.exists()


def test_what_is_in_use_goes_once_nobody_uses_it(tmp_path: Path) -> None:
    line = line_in(tmp_path)
    training = make_trained(line, "me", model=False)
    with line.store.using(training.folder):
        forget_trainings(line, "me")
        assert training.folder.path.exists()
    deadline = time.monotonic() + 60
    while training.folder.path.exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)
