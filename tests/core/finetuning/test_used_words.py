"""Words that do not occur are left out of training: nothing else of it changes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from core.finetuning import training as training_module
from core.finetuning.networks import Network, build_network
from core.finetuning.training import finish, train
from core.finetuning.types import Example, Splits, TrainingSettings
from core.finetuning.used_words import only_used_words
from tests.core.finetuning.bert import LABELS, make_bert

SETTINGS = TrainingSettings("local/bert", epochs=4, learning_rate=5e-3, batch_size=4)
EXAMPLES = (
    Example("the phone is bad", "negative"),
    Example("the phone is usual", "neutral"),
    Example("the phone is good", "positive"),
)
SPLITS = Splits("few words", LABELS, EXAMPLES * 4, (Example("late but good", "positive"),), ())
UNSEEN = "great robot lovely delivery"


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_bert(tmp_path_factory.mktemp("models") / "bert")


def ids(network: Network, text: str) -> torch.Tensor:
    return torch.tensor(network.encoder.tokenizer(text, add_special_tokens=False)["input_ids"])


def test_a_training_without_the_unused_words_is_the_same(
    base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    @contextmanager
    def all_words(*_: Any) -> Iterator[None]:
        yield

    def losses() -> list[float]:
        network = build_network(base, LABELS, SETTINGS)
        told: list[float] = []
        finish(train(network, SPLITS, SETTINGS), lambda step: told.append(step.loss))
        return told

    some = losses()
    monkeypatch.setattr(training_module, "only_used_words", all_words)
    assert some == pytest.approx(losses(), rel=1e-3)


def test_used_words_learn_and_the_others_stay_as_they_were(base: Path) -> None:
    network = build_network(base, LABELS, SETTINGS)
    words = network.model.get_input_embeddings()
    before, parameters = words.weight.detach().clone(), network.parameters
    finish(train(network, SPLITS, SETTINGS))
    changed = (words.weight != before).any(dim=-1)
    assert changed[ids(network, "the phone is bad usual good")].all()
    assert not changed[ids(network, UNSEEN)].any()
    assert words.weight.shape == before.shape
    assert network.parameters == parameters
    assert any(weight is words.weight for weight in network.trained)
    assert len(network.guess([UNSEEN])) == 1


def test_meanwhile_another_word_is_an_error_and_afterwards_it_is_read(base: Path) -> None:
    network = build_network(base, LABELS, SETTINGS)
    whole = network.guess([UNSEEN, "the phone"])
    with only_used_words(network, network.encoder.encode(["the phone"])):
        (guess,) = network.guess(["the phone"])
        assert guess.probabilities == pytest.approx(whole[1].probabilities)
        with pytest.raises(IndexError):
            network.guess([UNSEEN])
    assert network.guess([UNSEEN, "the phone"]) == whole


def test_a_training_that_is_left_in_the_middle_leaves_a_whole_network(base: Path) -> None:
    network = build_network(base, LABELS, SETTINGS)
    going = train(network, SPLITS, SETTINGS)
    next(going)
    going.close()
    assert len(network.guess([UNSEEN])) == 1


@pytest.mark.parametrize("change", [{"method": "head"}, {"method": "lora"}])
def test_where_words_are_not_trained_nothing_is_done(base: Path, change: dict[str, Any]) -> None:
    network: Network = build_network(base, LABELS, replace(SETTINGS, **change))
    with only_used_words(network, network.encoder.encode(["the phone"])):
        assert len(network.guess([UNSEEN])) == 1
