"""What is kept of a training is found by its id alone, whole or not at all, and within bounds."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from filelock import FileLock
from hypothesis import given
from hypothesis import strategies as st

from core.errors import BadInputError, BusyError, LabError
from core.finetuning import training_folder
from core.finetuning.curve import CurvePoint
from core.finetuning.records import (
    Kind,
    Order,
    TrainingResult,
    evaluation_from_json,
    evaluation_to_json,
    order_from_json,
    order_to_json,
    point_from_line,
    splits_from_json,
    splits_to_json,
    step_from_line,
    step_to_line,
)
from core.finetuning.store import Store, owner_of
from core.finetuning.training_folder import TrainingFolder
from core.finetuning.types import (
    Cost,
    Evaluation,
    Example,
    Guess,
    Interval,
    Splits,
    TrainingSettings,
    TrainingStep,
)

EXAMPLES = (Example("good phone", "good"), Example("late; \ud83d half an emoji", "bad"))
SPLITS = Splits("mine", ("bad", "good"), EXAMPLES, EXAMPLES[:1], EXAMPLES[1:])
RESULT = TrainingResult(
    model=None,
    evaluation=None,
    cost=Cost(1.5, 3, 2, 2),
    stopped=False,
    diverged=True,
    best_step=0,
    precision="float32",
    versions=(("torch", "2"),),
)
EVALUATION = Evaluation(
    labels=("bad", "good"),
    examples=EXAMPLES,
    guesses=tuple(Guess(example.text, (0.25, 0.75)) for example in EXAMPLES),
    accuracy=Interval(0.5, 0.1, 0.9),
    macro_f1=Interval(0.5, 0.1, 0.9),
    majority=0.5,
    confusion=((0, 1), (0, 1)),
)


def order(number: int = 0, *, learner: str = "ada") -> Order:
    settings = TrainingSettings("local/bert", labels_used=8)
    return Order("my model", owner_of(learner), Kind.MODEL, settings, Path("/base"), float(number))


def ended(store: Store, number: int, *, learner: str = "ada") -> TrainingFolder:
    folder = store.create(order(number, learner=learner), SPLITS)
    folder.write_result(RESULT)
    return folder


def through_json(value: object) -> dict[str, object]:
    return dict(json.loads(json.dumps(value)))


examples = st.lists(st.builds(Example, st.text(), st.sampled_from("ab")), max_size=5).map(tuple)


@given(st.builds(Splits, st.text(), st.just(("a", "b")), examples, examples, examples))
def test_data_come_back_as_they_were(splits: Splits) -> None:
    assert splits_from_json(through_json(splits_to_json(splits))) == splits


@given(st.builds(TrainingStep, step=st.integers(), loss=st.floats(allow_nan=False)))
def test_steps_come_back_as_they_were(step: TrainingStep) -> None:
    line = step_to_line(step)
    assert line.endswith("\n")
    assert line.count("\n") == 1
    assert step_from_line(line) == step


def test_everything_else_comes_back_as_it_was() -> None:
    assert order_from_json(through_json(order_to_json(order()))) == order()
    assert evaluation_from_json(through_json(evaluation_to_json(EVALUATION))) == EVALUATION
    point = CurvePoint(8, True, Interval(0.5, 0.4, 0.6), 1.0, 8, 2.0)
    assert point_from_line(step_to_line(point)) == point


def test_a_training_is_found_by_its_id_alone(tmp_path: Path) -> None:
    store = Store(tmp_path / "trainings")
    folder = store.create(order(), SPLITS)
    found = store.open(folder.id)
    assert found is not None
    assert (found.order(), found.splits()) == (order(), SPLITS)
    assert (found.result(), found.failure(), found.ended()) == (None, None, False)
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "order.json").write_text("{}")
    for other in ("", ".", "../secret", str(secret), "0" * 32, f"{folder.id}/", folder.id.upper()):
        assert store.open(other) is None or other == folder.id


def test_ids_cannot_be_guessed_nor_learners_read(tmp_path: Path) -> None:
    store = Store(tmp_path)
    ids = {store.create(order(learner="ada's key"), SPLITS).id for _ in range(5)}
    assert len(ids) == 5
    assert {len(each) for each in ids} == {32}
    for file in tmp_path.rglob("*.json"):
        assert "ada's key" not in file.read_text("utf-8")


def test_what_came_out_comes_back(tmp_path: Path) -> None:
    store = Store(tmp_path)
    assert ended(store, 1).result() == RESULT
    folder = store.create(order(), SPLITS)
    whole = replace(RESULT, model=folder.model, evaluation=EVALUATION)
    folder.write_result(whole)
    assert folder.result() == whole
    failed = store.create(order(), SPLITS)
    failed.write_failure(LabError("No memory.", next_step="Less."))
    failure = failed.failure()
    assert failure is not None
    assert (failure.message, failure.next_step) == ("No memory.", "Less.")


@given(st.sampled_from(("order.json", "data.json", "result.json")), st.binary(max_size=60))
def test_damaged_files_read_as_absent(
    tmp_path_factory: pytest.TempPathFactory, name: str, damage: bytes
) -> None:
    store = Store(tmp_path_factory.mktemp("damaged"))
    folder = ended(store, 1)
    (folder.path / name).write_bytes(damage)
    assert folder.result() in (None, RESULT)
    for read in (folder.order, folder.splits):
        try:
            read()
        except LabError as error:
            assert "damaged" in error.message
    store.of_owner(owner_of("ada"))
    ended(store, 2)


def test_the_oldest_that_nobody_uses_leave_first(tmp_path: Path) -> None:
    store = Store(tmp_path, most_an_owner=3)
    first, second, third = (ended(store, number) for number in range(3))
    other = ended(store, -5, learner="bob")
    with store.using(first):
        ended(store, 3)
    assert first.path.is_dir()
    assert not second.path.exists()
    assert third.path.is_dir()
    # Somebody else's is never touched for it, however old.
    assert other.path.is_dir()
    newest = [folder.order().created_s for folder in store.of_owner(owner_of("ada"))]
    assert newest == [3.0, 2.0, 0.0]


def test_what_waits_or_runs_is_never_removed(tmp_path: Path) -> None:
    store = Store(tmp_path, most_an_owner=2)
    locks = [FileLock(store.create(order(n), SPLITS).path / "lock") for n in range(2)]
    for lock in locks:
        lock.acquire()
    with pytest.raises(BusyError, match="2 trainings"):
        store.create(order(2), SPLITS)
    locks[0].release()
    store.create(order(2), SPLITS)
    locks[1].release()


def test_all_together_are_bounded_in_number_and_size(tmp_path: Path) -> None:
    store = Store(tmp_path / "few", most=3)
    for number in range(5):
        ended(store, number, learner=str(number))
    assert [store.of_owner(owner_of(str(n))) != () for n in range(5)] == [False] * 2 + [True] * 3
    small = Store(tmp_path / "small", most_bytes=50_000)
    old = ended(small, 1)
    (old.path / "model").mkdir()
    (old.path / "model" / "weights").write_bytes(bytes(40_000))
    new = small.create(order(2), SPLITS, needed_bytes=30_000)
    assert not old.path.exists()
    with small.using(new), pytest.raises(BusyError, match="room"):
        small.create(order(3), SPLITS, needed_bytes=60_000)


def test_data_that_are_too_large_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training_folder, "_MOST_DATA_BYTES", 50)
    with pytest.raises(BadInputError, match="larger"):
        Store(tmp_path).create(order(), SPLITS)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(LabError, match="cannot be kept"):
        Store(tmp_path / "file").create(order(), SPLITS)
