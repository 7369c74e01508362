"""Training is seeded, keeps the best, wastes no example, and survives what goes wrong inside it."""

from __future__ import annotations

import json
import math
import shutil
from array import array
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import BadInputError, RefusedModelError
from core.finetuning.batches import Encoder, batches_by_length, epoch_batches, padded
from core.finetuning.curve import learning_curve
from core.finetuning.memory import refuse_without_memory, training_bytes
from core.finetuning.networks import Network, build_network, read_network
from core.finetuning.predicting import Classifier, before_training, load_classifier
from core.finetuning.training import Ending, finish, taken, train, validation_steps
from core.finetuning.types import Example, Method, Splits, TrainingSettings, TrainingStep
from tests.core.finetuning.bert import LABELS, make_bert, make_splits

SETTINGS = TrainingSettings("local/bert", epochs=4, learning_rate=5e-3, batch_size=8)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_bert(tmp_path_factory.mktemp("models") / "bert")


@pytest.fixture(scope="module")
def splits() -> Splits:
    return make_splits()


def trained(
    base: Path, splits: Splits, settings: TrainingSettings = SETTINGS
) -> tuple[Network, Ending, list[TrainingStep]]:
    network = build_network(base, splits.labels, settings)
    steps: list[TrainingStep] = []
    return network, finish(train(network, splits, settings), steps.append), steps


@pytest.fixture(scope="module")
def done(base: Path, splits: Splits) -> tuple[Network, Ending, list[TrainingStep]]:
    return trained(base, splits)


@pytest.fixture(scope="module")
def saved(
    done: tuple[Network, Ending, list[TrainingStep]], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    folder = tmp_path_factory.mktemp("trained") / "model"
    done[0].save(folder)
    return folder


@given(st.lists(st.integers(1, 500), max_size=400), st.integers(1, 33), st.integers(0, 5))
def test_an_epoch_has_every_example_exactly_once(
    lengths: list[int], batch_size: int, epoch: int
) -> None:
    batches = epoch_batches(lengths, batch_size, seed=9, epoch=epoch)
    assert sorted(number for batch in batches for number in batch) == list(range(len(lengths)))
    assert all(0 < len(batch) <= batch_size for batch in batches)
    assert batches == epoch_batches(lengths, batch_size, seed=9, epoch=epoch)


@given(st.lists(st.integers(1, 200), min_size=64, max_size=600))
def test_batches_of_like_lengths_need_no_more_padding_than_chance(lengths: list[int]) -> None:
    def spent(batches: list[list[int]]) -> int:
        return sum(len(batch) * max(lengths[number] for number in batch) for batch in batches)

    # Sorted as a whole is the least there can be; a partial batch may stand anywhere.
    least = spent(batches_by_length(lengths, 8))
    assert spent(epoch_batches(lengths, 8, seed=1, epoch=0)) <= least + 8 * 2 * max(lengths)


def test_epochs_and_seeds_differ() -> None:
    lengths = [number % 17 + 1 for number in range(200)]
    seen = {str(epoch_batches(lengths, 8, seed=seed, epoch=e)) for seed in (1, 2) for e in (0, 1)}
    assert len(seen) == 4


@given(st.lists(st.lists(st.integers(1, 99), min_size=1, max_size=20), min_size=1, max_size=9))
def test_padding_keeps_every_row_and_masks_the_rest(rows: list[list[int]]) -> None:
    batch = padded([array("i", row) for row in rows], 0)
    for place, row in enumerate(rows):
        ids, mask = batch["input_ids"][place].tolist(), batch["attention_mask"][place].tolist()
        assert ids == row + [0] * (len(ids) - len(row))
        assert mask == [1] * len(row) + [0] * (len(ids) - len(row))


def test_each_text_is_tokenised_once() -> None:
    asked: Counter[str] = Counter()

    class Tokenizer:
        pad_token_id = 0

        def __call__(self, texts: list[str], **_: object) -> dict[str, list[list[int]]]:
            asked.update(texts)
            return {"input_ids": [[len(text)] if text else [] for text in texts]}

    encoder = Encoder(Tokenizer(), max_tokens=9)
    for _ in range(3):
        rows = encoder.encode(["one", "three", "one", ""])
    assert [list(row) for row in rows] == [[3], [5], [3], [0]]
    assert set(asked.values()) == {1}
    encoder.encode(["passing"], keep=False)
    encoder.encode(["passing"], keep=False)
    assert asked["passing"] == 2


def test_it_learns_and_keeps_the_best(
    done: tuple[Network, Ending, list[TrainingStep]], splits: Splits
) -> None:
    network, ending, steps = done
    assert [step.step for step in steps] == list(range(1, steps[-1].steps + 1))
    looks = [step for step in steps if step.validation_loss is not None]
    assert len(looks) >= 4
    best = min(looks, key=lambda step: step.validation_loss or 0)
    assert ending == Ending(best.step)
    assert (best.validation_accuracy or 0) > 0.9
    assert steps[-1].left_s == 0
    guesses = network.guess([example.text for example in splits.test])
    right = [
        splits.labels[guess.probabilities.index(max(guess.probabilities))] == example.label
        for guess, example in zip(guesses, splits.test, strict=True)
    ]
    assert sum(right) > 0.9 * len(right)
    assert all(math.isclose(sum(guess.probabilities), 1) for guess in guesses)


@pytest.mark.parametrize("method", Method)
def test_the_same_settings_give_the_same_weights(
    base: Path, splits: Splits, method: Method
) -> None:
    settings = replace(SETTINGS, method=method, epochs=1)
    first, second = (trained(base, splits, settings) for _ in range(2))
    assert [step.loss for step in first[2]] == [step.loss for step in second[2]]
    for one, other in zip(first[0].model.parameters(), second[0].model.parameters(), strict=True):
        assert one.equal(other)
    other = trained(base, splits, replace(settings, seed=10))
    assert [step.loss for step in first[2]] != [step.loss for step in other[2]]


def test_each_method_trains_its_own_weights_only(
    base: Path, splits: Splits, tmp_path: Path
) -> None:
    counts = {}
    for method in Method:
        settings = replace(SETTINGS, method=method, epochs=1)
        network = build_network(base, splits.labels, settings)
        before = {name: w.detach().clone() for name, w in network.model.named_parameters()}
        finish(train(network, splits, settings))
        changed = {n for n, w in network.model.named_parameters() if not w.equal(before[n])}
        assert changed
        encoder = [n for n in changed if "encoder" in n and "lora" not in n]
        assert bool(encoder) == (method is Method.FULL)
        counts[method] = network.trained_parameters
        # With adapters merged in, plain transformers reads it and says the same.
        network.save(tmp_path / method)
        texts = [example.text for example in splits.test]
        again = read_network(tmp_path / method)
        assert again.labels == LABELS
        for one, other in zip(network.guess(texts), again.guess(texts), strict=True):
            assert one.probabilities == pytest.approx(other.probabilities, abs=1e-5)
    assert counts[Method.HEAD] < counts[Method.LORA] < counts[Method.FULL]


def test_from_scratch_is_the_same_network_with_other_weights(base: Path, splits: Splits) -> None:
    with_base = build_network(base, splits.labels, SETTINGS)
    without = build_network(base, splits.labels, replace(SETTINGS, pretrained=False))
    ours, theirs = (
        dict(network.model.named_parameters())["bert.embeddings.word_embeddings.weight"]
        for network in (with_base, without)
    )
    assert with_base.parameters == without.parameters
    assert not ours.equal(theirs)
    assert build_network(
        base, splits.labels, replace(SETTINGS, pretrained=False)
    ).model.classifier.weight.equal(without.model.classifier.weight)


def test_a_stop_keeps_what_was_learned(base: Path, splits: Splits) -> None:
    network = build_network(base, splits.labels, SETTINGS)
    steps: list[TrainingStep] = []
    ending = finish(train(network, splits, SETTINGS, stopped=lambda: len(steps) >= 5), steps.append)
    # Nobody had looked at the validation split yet: that is done before leaving.
    assert ending == Ending(5, stopped=True)
    assert steps[-1].step == 5
    assert steps[-1].validation_loss is not None
    at_once = build_network(base, splits.labels, SETTINGS)
    assert finish(train(at_once, splits, SETTINGS, stopped=lambda: True)) == Ending(0, stopped=True)


def test_a_loss_that_is_no_number_is_told_and_the_best_weights_come_back(
    base: Path, splits: Splits
) -> None:
    network = build_network(base, splits.labels, SETTINGS)
    steps: list[TrainingStep] = []

    def poison(step: TrainingStep) -> None:
        steps.append(step)
        if step.step == 20:
            network.model.classifier.weight.data.fill_(math.nan)

    ending = finish(train(network, splits, SETTINGS), poison)
    assert ending.diverged
    assert 0 < ending.best_step <= 20
    assert math.isnan(steps[-1].loss)
    assert all(weight.isfinite().all() for weight in network.model.parameters())


def test_far_too_high_a_learning_rate_ends_in_words_not_in_a_crash(
    base: Path, splits: Splits
) -> None:
    _, ending, steps = trained(base, splits, replace(SETTINGS, learning_rate=1e30))
    assert ending.diverged
    assert len(steps) < steps[-1].steps


def test_in_bfloat16_it_learns_too(base: Path, splits: Splits) -> None:
    network = build_network(base, splits.labels, SETTINGS)
    steps: list[TrainingStep] = []
    assert not finish(train(network, splits, SETTINGS, bf16=True), steps.append).diverged
    assert max(step.validation_accuracy or 0 for step in steps) > 0.9
    # What is learned stays in 32 bits, as whoever loads the model has it.
    assert {str(weight.dtype) for weight in network.model.parameters()} == {"torch.float32"}


def test_without_a_validation_split_the_last_weights_stay(base: Path, splits: Splits) -> None:
    settings = replace(SETTINGS, epochs=1)
    _, ending, steps = trained(base, replace(splits, validation=()), settings)
    assert ending.best_step == steps[-1].steps
    assert all(step.validation_loss is None for step in steps)


@given(st.integers(1, 5000), st.integers(1, 200))
def test_validation_comes_four_times_or_more_and_last(steps: int, epochs: int) -> None:
    looks = validation_steps(steps, epochs)
    assert max(looks) == steps
    assert min(looks) >= 1
    assert min(4, steps) <= len(looks) <= max(4, 40)


@given(st.lists(st.sampled_from("abc"), min_size=1, max_size=200), st.integers(1, 200))
def test_fewer_labels_keep_the_proportions_and_are_among_more(names: list[str], count: int) -> None:
    examples = [Example(str(number), name) for number, name in enumerate(names)]
    some = taken(examples, replace(SETTINGS, labels_used=count))
    more = taken(examples, replace(SETTINGS, labels_used=count + 1))
    assert len(some) == min(count, len(examples))
    assert set(some) <= set(more)
    for name, share in Counter(names).items():
        expected = share / len(names) * len(some)
        assert abs(sum(example.label == name for example in some) - expected) <= 1.5


def test_a_folder_that_is_no_base_model_is_refused_in_words(
    base: Path, splits: Splits, tmp_path: Path
) -> None:
    pickled = shutil.copytree(base, tmp_path / "pickled")
    (pickled / "model.safetensors").rename(pickled / "pytorch_model.bin")
    own_code = shutil.copytree(base, tmp_path / "own-code")
    config = json.loads((own_code / "config.json").read_text())
    config |= {"model_type": "mine", "auto_map": {"AutoConfig": "mine.Config"}}
    (own_code / "config.json").write_text(json.dumps(config))
    other = shutil.copytree(base, tmp_path / "other")
    config = json.loads((base / "config.json").read_text())
    (other / "config.json").write_text(json.dumps({**config, "hidden_size": 64}))
    for folder in (pickled, own_code, other, tmp_path / "nowhere"):
        with pytest.raises(RefusedModelError, match=folder.name):
            build_network(folder, splits.labels, SETTINGS)


def test_memory_grows_with_what_is_trained_and_too_much_is_refused(base: Path) -> None:
    settings = replace(SETTINGS, batch_size=32, max_tokens=64)
    full = training_bytes(base, settings)
    head = training_bytes(base, replace(settings, method=Method.HEAD))
    assert head < full < training_bytes(base, replace(settings, max_tokens=1024))
    refuse_without_memory(base, settings, free_bytes=full)
    with pytest.raises(RefusedModelError, match="MB") as refusal:
        refuse_without_memory(base, settings, free_bytes=head)
    assert "head only" in refusal.value.next_step
    with pytest.raises(RefusedModelError, match="no weights"):
        training_bytes(base.parent, settings)


def test_the_learning_curve_trains_both_networks_on_ever_more(base: Path, splits: Splits) -> None:
    points = list(learning_curve(base, splits, SETTINGS, sizes=(8, 32, 5000)))
    assert [(p.labels_used, p.pretrained) for p in points] == [
        (8, True),
        (8, False),
        (32, True),
        (32, False),
    ]
    for point in points:
        assert point.accuracy.low <= point.accuracy.value <= point.accuracy.high
        assert point.points == 4
    assert points[0].left_s > 0 == points[-1].left_s
    assert list(learning_curve(base, splits, SETTINGS, stopped=lambda: True)) == []
    with pytest.raises(BadInputError):
        next(learning_curve(base, replace(splits, test=()), SETTINGS))


def test_the_words_that_decide_are_found(saved: Path) -> None:
    classifier: Classifier = load_classifier(saved)
    text = "the phone bad broken late the shop"
    (guess,) = classifier.guess([text])
    assert classifier.labels[guess.probabilities.index(max(guess.probabilities))] == "negative"
    influences = classifier.influences(text)
    assert [word for word, _ in influences] == text.split()
    decisive = {word for word, _ in sorted(influences, key=lambda pair: -abs(pair[1]))[:3]}
    assert decisive & {"bad", "broken", "late"}
    assert len(classifier.influences("bad " * 500)) == 64
    assert len(classifier.influences("one")) == 1
    for texts in (["  "], ["x" * 5001], ["x"] * 101):
        with pytest.raises(BadInputError):
            classifier.guess(texts)


def test_before_training_the_best_guess_is_the_commonest_label(splits: Splits) -> None:
    lopsided = replace(
        splits, train=(*splits.train, *(Example(f"x{n}", "positive") for n in range(9)))
    )
    one, two = before_training(lopsided, ["the shop is bad", "the shop is good"])
    assert one.probabilities == two.probabilities
    assert max(one.probabilities) == one.probabilities[LABELS.index("positive")]
    assert sum(one.probabilities) == pytest.approx(1)
