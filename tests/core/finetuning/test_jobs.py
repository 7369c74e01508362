"""A training ends as a result or in words, whatever is done to its process or to the lab."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest

from core.errors import BusyError, RefusedModelError
from core.finetuning.jobs import State, Training, Trainings
from core.finetuning.predicting import load_classifier
from core.finetuning.store import Store
from core.finetuning.types import Splits, TrainingSettings
from core.settings import ROOT, Settings
from tests.core.finetuning.bert import make_bert, make_splits

ENOUGH_S = 120
SETTINGS = TrainingSettings("local/bert", epochs=4, learning_rate=5e-3, batch_size=8)
LONG = replace(SETTINGS, epochs=5000)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_bert(tmp_path_factory.mktemp("models") / "bert")


@pytest.fixture(scope="module")
def splits() -> Splits:
    return make_splits()


@pytest.fixture
def limits(tmp_path: Path) -> Settings:
    return Settings(
        memory_limit_bytes=2**33,
        memory_budget_bytes=2**28,
        threads=1,
        models_dir=None,
        cache_dir=tmp_path / "cache",
    )


@pytest.fixture
def line(limits: Settings, tmp_path: Path) -> Iterator[Trainings]:
    trainings = Trainings(Store(tmp_path / "trainings"), limits)
    yield trainings
    trainings.close()
    assert not processes(tmp_path)


def until(holds: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + ENOUGH_S
    while not (value := holds()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return value


def ended(training: Training) -> State:
    state: State = until(lambda: training.state.ended and training.state)
    return state


def processes(place: Path) -> list[psutil.Process]:
    """Return the processes that train in `place`."""
    found = []
    for process in psutil.process_iter():
        try:
            words = process.cmdline()
            if "core.finetuning.child" in words and words[-1].startswith(str(place)):
                found.append(process)
        except psutil.Error:
            continue
    return [each for each in found if each.status() != psutil.STATUS_ZOMBIE]


def process_of(training: Training) -> psutil.Process:
    found: list[psutil.Process] = until(lambda: processes(training.folder.path))
    return found[0]


def test_two_trainings_take_turns_and_each_gets_its_own_result(
    line: Trainings, base: Path, splits: Splits
) -> None:
    first = line.submit(splits, SETTINGS, base=base, learner="ada", name="mine")
    second = line.submit(splits, replace(SETTINGS, epochs=1), base=base, learner="bob")
    assert second.state is State.WAITING
    until(lambda: first.state is State.RUNNING)
    assert (first.position, first.wait_s) == (0, 0.0)
    assert (second.state, second.position) == (State.WAITING, 1)
    assert (second.wait_s or 0) > 0
    process = process_of(first)
    until(lambda: process.nice() >= 10)  # it sees to that itself, once it runs
    assert ended(first) is State.DONE
    assert ended(second) is State.DONE
    result = first.result
    assert result is not None
    assert result.evaluation is not None
    assert result.evaluation.accuracy.value > 0.9
    assert result.cost.seconds > 0
    assert 2**27 < result.cost.peak_memory_bytes < 2**30
    assert result.cost.trained_parameters == result.cost.parameters > 10_000
    assert [step.step for step in first.steps] == list(range(1, 49))
    assert first.error is None
    assert first.left_s is None
    assert second.result is not None
    assert second.result.evaluation != result.evaluation
    # The model on disk is the one that was evaluated.
    assert result.model is not None
    guesses = load_classifier(result.model).guess([each.text for each in splits.test])
    for one, other in zip(guesses, result.evaluation.guesses, strict=True):
        assert one.probabilities == pytest.approx(other.probabilities, abs=1e-5)
    # A reload of the page, and a restart of the lab, find it by its id.
    assert line.find(first.id) is first
    assert line.of("ada") == (first,)
    later = Trainings(line.store, line._limits).find(first.id)
    assert later is not None
    assert (later.state, later.result, later.steps) == (State.DONE, result, first.steps)
    assert later.splits() == splits
    assert line.find("0" * 32) is None


def loading(training: Training) -> bool:
    return bool(processes(training.folder.path))


def learning(training: Training) -> bool:
    return len(training.steps) > 3


def writing(training: Training) -> bool:
    return training.latest is not None and training.latest.step == training.latest.steps


@pytest.mark.parametrize("moment", [loading, learning, writing])
def test_a_killed_process_is_told_in_words_and_can_be_started_again(
    line: Trainings, base: Path, splits: Splits, moment: Callable[[Training], bool]
) -> None:
    settings = LONG if moment is learning else SETTINGS
    training = line.submit(splits, settings, base=base)
    until(lambda: moment(training))
    process_of(training).kill()
    assert ended(training) is State.FAILED
    error = training.error
    assert error is not None
    assert "memory" in error.message
    assert "again" in error.next_step
    assert training.result is None
    assert (training.settings, training.splits()) == (settings, splits)
    if moment is loading:
        again = training.again()
        assert again.id != training.id
        assert ended(again) is State.DONE
        assert training.state is State.FAILED


def test_stop_keeps_the_best_so_far_and_lets_the_next_begin(
    line: Trainings, base: Path, splits: Splits
) -> None:
    training = line.submit(splits, LONG, base=base, learner="ada")
    waits = line.submit(splits, LONG, base=base, learner="bob")
    until(lambda: learning(training))
    assert training.left_s is not None
    training.stop()
    waits.stop()
    assert waits.state is State.STOPPED
    assert waits.result is not None
    assert waits.result.model is None
    assert waits.position is None
    assert ended(training) is State.STOPPED
    result = training.result
    assert result is not None
    assert result.stopped
    assert result.best_step > 0
    assert result.evaluation is not None
    assert result.model is not None
    assert (result.model / "model.safetensors").is_file()
    training.stop()  # once more does nothing


def test_a_training_that_takes_too_long_is_stopped_as_if_somebody_had_asked(
    base: Path, splits: Splits, limits: Settings, tmp_path: Path
) -> None:
    line = Trainings(Store(tmp_path / "trainings"), limits, limit_s=2)
    training = line.submit(splits, LONG, base=base)
    assert ended(training) is State.STOPPED
    line.close()


def test_a_base_model_that_will_not_do_is_told_and_the_line_goes_on(
    line: Trainings, base: Path, splits: Splits, tmp_path: Path
) -> None:
    broken = shutil.copytree(base, tmp_path / "broken")
    (broken / "tokenizer.json").write_text("{")
    training = line.submit(splits, SETTINGS, base=broken, learner="ada")
    diverges = line.submit(splits, replace(SETTINGS, learning_rate=1e30), base=base, learner="bob")
    assert ended(training) is State.FAILED
    assert training.error is not None
    assert "broken" in training.error.message
    assert ended(diverges) is State.DONE
    assert diverges.result is not None
    assert diverges.result.diverged
    with pytest.raises(RefusedModelError):
        line.submit(splits, SETTINGS, base=tmp_path)


def test_what_never_fits_is_refused_and_a_full_line_says_so(
    base: Path, splits: Splits, limits: Settings, tmp_path: Path
) -> None:
    small = Trainings(Store(tmp_path / "small"), replace(limits, memory_limit_bytes=300 * 1024**2))
    with pytest.raises(RefusedModelError, match="MB"):
        small.submit(splits, SETTINGS, base=base)
    line = Trainings(Store(tmp_path / "trainings"), limits)
    trainings = [line.submit(splits, LONG, base=base, learner="ada") for _ in range(3)]
    with pytest.raises(BusyError, match="yours"):
        line.submit(splits, SETTINGS, base=base, learner="ada")
    # Learners take turns: whoever asks for the first time does not wait for all of them.
    bob = line.submit(splits, LONG, base=base, learner="bob")
    until(lambda: trainings[0].state is State.RUNNING)
    assert bob.position == 2
    assert [training.position for training in trainings] == [0, 1, 3]
    line.close()
    # As after a restart: nothing is lost, nothing pretends to go on.
    assert {training.state for training in (*trainings, bob)} == {State.INTERRUPTED}


PROGRAM = """
import sys, time
from dataclasses import replace
from pathlib import Path
from core.finetuning.jobs import Trainings
from core.finetuning.store import Store
from core.settings import settings
from tests.core.finetuning.bert import make_splits
from tests.core.finetuning.test_jobs import LONG
base, place = map(Path, sys.argv[1:])
line = Trainings(Store(place), settings())
training = line.submit(make_splits(), LONG, base=base, learner="ada")
print(training.id, flush=True)
print(line.submit(make_splits(), LONG, base=base, learner="ada").id, flush=True)
while True:
    time.sleep(1)
"""


def test_no_process_outlives_its_lab_and_what_it_did_is_told_as_interrupted(
    line: Trainings, base: Path, splits: Splits, tmp_path: Path
) -> None:
    place = line.store.root
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(base), str(place)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    ) as lab:
        assert lab.stdout is not None
        ids = [lab.stdout.readline().strip() for _ in range(2)]
        running, waits = map(line.find, ids)
        assert running is not None
        assert waits is not None
        until(lambda: learning(running))
        # Another lab on the same data sees that somebody works on it, and does not take over.
        assert running.state is State.RUNNING
        own = line.submit(splits, SETTINGS, base=base, learner="bob")
        child = process_of(running)
        os.kill(lab.pid, signal.SIGKILL)
        lab.wait()
        until(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE)
    for training in (running, waits):
        assert until(lambda training=training: training.state.ended and training.state)
        assert training.state is State.INTERRUPTED
        assert training.error is not None
        assert "restarted" in training.error.message
        assert training.splits() == splits
    assert running.steps
    # Its turn has come, and the end of the test ends it.
    assert until(lambda: own.state is State.RUNNING)
