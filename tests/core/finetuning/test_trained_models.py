"""What a student trained runs in the lab: for that student alone, within the lab's bounds."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from core.catalogue import Catalogue
from core.comparing import Candidate, ComparePlan, compare
from core.errors import LabError, RefusedModelError, UnknownModelError
from core.finetuning.jobs import Trainings
from core.finetuning.networks import build_network
from core.finetuning.predicting import load_classifier
from core.finetuning.store import Store
from core.finetuning.trained_models import model_id_of, trained_models
from core.finetuning.types import Method, TrainingSettings
from core.inference.engines import transformers_engine
from core.inference.lab import Lab
from core.inference.lent import Lent
from core.inference.types import Chunk, GenerationConfig, Request, Result, Task
from core.settings import Settings
from core.show_code import script_for
from tests.core.finetuning.bert import make_bert, make_splits
from tests.trained import LABELS, make_trained

SORT = Task.TEXT_CLASSIFICATION
ADA, BOB = "ada's key", "bob's key"
TEXT = "the battery is great"


@pytest.fixture
def limits(tmp_path: Path) -> Settings:
    return Settings(
        memory_limit_bytes=2**34,
        memory_budget_bytes=2**28,
        threads=1,
        models_dir=None,
        cache_dir=tmp_path / "cache",
    )


@pytest.fixture
def trainings(tmp_path: Path, limits: Settings) -> Trainings:
    return Trainings(Store(tmp_path / "trainings"), limits)


@pytest.fixture
def laboratory(limits: Settings) -> Lab:
    return Lab(Catalogue(()), limits)


def ask(laboratory: Lab, model_id: str, learner: str) -> Result:
    return laboratory.run(Request(SORT, model_id, TEXT, learner=learner))


def test_who_trained_a_model_runs_it_and_nobody_else_does(
    trainings: Trainings, laboratory: Lab
) -> None:
    training = make_trained(trainings, ADA)
    for learner in (ADA, BOB):
        laboratory.lend(learner, trained_models(trainings.of(learner)))
    name = model_id_of(training)
    result = ask(laboratory, name, ADA)
    assert {found.label for found in result.labels} == set(LABELS)
    guess = load_classifier(training.folder.model).guess([TEXT])[0]
    told = {found.label: found.probability for found in result.labels}
    assert [told[label] for label in LABELS] == pytest.approx(guess.probabilities, rel=1e-4)
    # In memory by now: that is no way around.
    for other in (BOB, ""):
        with pytest.raises(UnknownModelError):
            ask(laboratory, name, other)
        assert laboratory.catalogue_for(other).get(name) is None
    assert laboratory.catalogue.get(name) is None


def test_the_same_training_of_two_students_makes_two_models(
    trainings: Trainings, laboratory: Lab
) -> None:
    ids = []
    for learner in (ADA, BOB):
        ids.append(model_id_of(make_trained(trainings, learner)))
        laboratory.lend(learner, trained_models(trainings.of(learner)))
        ask(laboratory, ids[-1], learner)
    assert len(set(ids)) == len(laboratory.pool.loaded()) == 2


def test_an_id_tells_how_a_model_was_made_and_gives_nothing_away(trainings: Trainings) -> None:
    pretrained = make_trained(trainings, ADA, name="My patients.csv · mine")
    scratch = make_trained(trainings, ADA, pretrained=False)
    assert re.fullmatch(r"yours/bert-full-[0-9a-f]{8}", model_id_of(pretrained))
    assert re.fullmatch(r"yours/bert-scratch-[0-9a-f]{8}", model_id_of(scratch))
    assert pretrained.id[:8] not in model_id_of(pretrained)
    (_, entry) = trained_models(trainings.of(ADA))
    assert "My patients.csv" in entry.summary


@pytest.mark.parametrize("base", ["local/../..", "local/\u202e<b>", "local/", "a/" + "x" * 500])
def test_an_id_is_short_and_plain_whatever_the_base_model_is_called(
    trainings: Trainings, base: str
) -> None:
    training = make_trained(trainings, ADA)
    training.order = replace(training.order, settings=replace(training.settings, base_id=base))
    assert re.fullmatch(r"yours/[A-Za-z0-9._-]{1,60}", model_id_of(training))


def test_only_a_training_with_a_model_is_offered(trainings: Trainings, tmp_path: Path) -> None:
    make_trained(trainings, ADA, model=False)
    broken = make_trained(trainings, ADA)
    (broken.folder.model / "model.safetensors").write_bytes(b"")
    waiting = trainings.submit(
        make_splits(),
        replace(broken.settings, epochs=1),
        base=make_bert(tmp_path / "base"),
        learner=ADA,
    )
    assert trained_models(trainings.of(ADA)) == ()
    waiting.stop()
    trainings.close()


def test_a_training_that_was_removed_gives_a_plain_error(
    trainings: Trainings, laboratory: Lab
) -> None:
    training = make_trained(trainings, ADA)
    laboratory.lend(ADA, trained_models(trainings.of(ADA)))
    name = model_id_of(training)
    ask(laboratory, name, ADA)
    assert trainings.store.remove(training.folder)
    # The page has not been drawn anew yet, and the model is still in memory.
    with pytest.raises(RefusedModelError, match="no longer kept") as refusal:
        ask(laboratory, name, ADA)
    assert "Task 4" in refusal.value.next_step
    laboratory.lend(ADA, trained_models(trainings.of(ADA)))
    with pytest.raises(UnknownModelError):
        ask(laboratory, name, ADA)


def test_a_training_removed_while_its_request_waits_ends_it_in_words(
    trainings: Trainings, laboratory: Lab
) -> None:
    training = make_trained(trainings, ADA)
    laboratory.lend(ADA, trained_models(trainings.of(ADA)))
    request = Request(SORT, model_id_of(training), TEXT, learner=ADA)
    ticket = laboratory.submit(request)
    trainings.store.remove(training.folder)
    # Loaded before that or not: there is an answer, or there are words.
    try:
        assert ticket.result().labels
    except LabError as error:
        assert error.next_step


def test_a_model_beyond_the_budget_is_refused(trainings: Trainings, limits: Settings) -> None:
    training = make_trained(trainings, ADA)
    small = Lab(Catalogue(()), replace(limits, memory_budget_bytes=2**20))
    small.lend(ADA, trained_models(trainings.of(ADA)))
    with pytest.raises(RefusedModelError, match="needs about"):
        ask(small, model_id_of(training), ADA)


def test_models_of_many_students_share_the_budget(trainings: Trainings, limits: Settings) -> None:
    (sample,) = trained_models([make_trained(trainings, "0")])
    small = Lab(Catalogue(()), replace(limits, memory_budget_bytes=sample.memory_bytes * 2))
    for learner in map(str, range(5)):
        if learner != "0":
            make_trained(trainings, learner)
        small.lend(learner, trained_models(trainings.of(learner)))
        (own,) = small.catalogue_for(learner).entries
        assert ask(small, own.id, learner).labels
        assert sum(small.pool.loaded().values()) <= small.settings.memory_budget_bytes


def test_pretrained_and_scratch_are_compared_side_by_side(
    trainings: Trainings, laboratory: Lab
) -> None:
    both = [make_trained(trainings, ADA), make_trained(trainings, ADA, pretrained=False)]
    laboratory.lend(ADA, trained_models(trainings.of(ADA)))
    candidates = tuple(Candidate(model_id_of(training)) for training in both)
    plan = ComparePlan(SORT, candidates, (TEXT,), repeats=1, learner=ADA)
    *_, last = compare(laboratory, plan)
    assert last.done == 2
    with pytest.raises(UnknownModelError):
        list(compare(laboratory, replace(plan, learner=BOB)))


def test_the_script_names_a_folder_and_no_path_of_this_machine(trainings: Trainings) -> None:
    training = make_trained(trainings, ADA)
    (entry,) = trained_models([training])
    script = script_for(Request(SORT, entry.id, TEXT), entry, threads=1)
    compile(script, "script", "exec")
    assert training.id not in script
    assert "from Task 4" in script


@pytest.mark.parametrize("method", Method)
def test_whatever_was_trained_the_lab_says_what_the_training_said(
    tmp_path: Path, method: Method
) -> None:
    settings = TrainingSettings("local/bert", method=method)
    network = build_network(make_bert(tmp_path / "base"), LABELS, settings)
    network.model.requires_grad_(False)
    for weight in network.trained:
        weight += 0.05  # as if it had learned something
    guess = network.guess([TEXT])[0]
    network.save(tmp_path / "model")
    model = transformers_engine.load(tmp_path / "model", threads=1)
    chunks = list[Chunk]()
    prompt = model.read(SORT, TEXT, GenerationConfig())
    model.generate(prompt, GenerationConfig(), emit=chunks.append, cancelled=lambda: False)
    told = {found.label: found.probability for found in chunks[0].labels}
    assert [told[label] for label in LABELS] == pytest.approx(guess.probabilities, rel=1e-4)


def test_what_goes_wrong_in_loading_does_not_tell_where_a_model_lies(tmp_path: Path) -> None:
    with pytest.raises(RefusedModelError) as refusal:
        transformers_engine.load(tmp_path / "nothing", threads=1)
    assert str(tmp_path) not in str(refusal.value)


def test_what_is_lent_is_bounded_and_nobody_is_lent_nothing(trainings: Trainings) -> None:
    lent = Lent()
    entries = trained_models([make_trained(trainings, ADA)])
    lent.lend("", entries)
    assert lent.to("") == ()
    for number in range(1500):
        lent.lend(str(number), entries * 100)
    assert len(lent.to("1499")) <= 50
    assert lent.to("0") == ()
