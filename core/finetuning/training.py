"""The training loop: a generator of progress that leaves the network at its best.

It knows nothing of processes, files or screens.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from core.finetuning.batches import epoch_batches, in_batches, padded
from core.finetuning.networks import Network, autocast, has_bf16
from core.finetuning.types import Example, Splits, TrainingSettings, TrainingStep
from core.finetuning.used_words import only_used_words
from core.inference.engines.token_by_token import never

_FEWEST_VALIDATIONS = 4
_MOST_VALIDATIONS = 40
# Enough to tell the better of two moments, and little beside the training itself.
_VALIDATED_ON = 256
_WARM_UP_SHARE = 0.1
# Falling to nothing, three epochs come less far: 1.3 points of validation accuracy (measured).
_LAST_RATE_SHARE = 0.3
_WEIGHT_DECAY = 0.01
_LONGEST_GRADIENT = 1.0
_TELLS_AFTER_STEPS = 3
# A network of 3 million parameters peaks at 580 MB so, at 800 MB with whole batches (measured).
TOKENS_AT_ONCE = 256

Clock = Callable[[], float]


@dataclass(frozen=True)
class Ending:
    """How a training ended. The network has the weights of `best_step`.

    `best_step` is 0 if it learned nothing: it was stopped or diverged before its first validation.
    A training diverged if its loss was no longer a number.
    """

    best_step: int
    stopped: bool = False
    diverged: bool = False


def train(
    network: Network,
    splits: Splits,
    settings: TrainingSettings,
    *,
    stopped: Callable[[], bool] = never,
    bf16: bool | None = None,
    clock: Clock = time.monotonic,
) -> Generator[TrainingStep, None, Ending]:
    """Train `network` on the training split, yielding after each step; return how it ended.

    The validation split is looked at four times or more, and the weights with the lowest loss there
    are what the network has at the end, also after a stop. bfloat16 is used where the processor
    multiplies it, unless `bf16` says otherwise. torch's global generator is seeded: two trainings
    at once in one process would not be reproducible.
    """
    seen = replace(
        splits,
        train=taken(splits.train, settings),
        validation=_spread(splits.validation, _VALIDATED_ON, settings.seed),
    )
    read = [example.text for example in (*seen.train, *seen.validation)]
    in_bf16 = has_bf16() if bf16 is None else bf16
    with only_used_words(network, network.encoder.encode(read)):
        return (yield from _train(network, seen, settings, stopped, in_bf16, clock))


def _train(
    network: Network,
    splits: Splits,
    settings: TrainingSettings,
    stopped: Callable[[], bool],
    in_bf16: bool,
    clock: Clock,
) -> Generator[TrainingStep, None, Ending]:
    import torch

    rows = network.encoder.encode([example.text for example in splits.train])
    numbers = {label: number for number, label in enumerate(splits.labels)}
    targets = [numbers[example.label] for example in splits.train]
    lengths = [len(row) for row in rows]
    steps = steps_of(len(rows), settings)
    validated = validation_steps(steps, settings.epochs)

    torch.manual_seed(settings.seed)
    optimizer, schedule = _optimizer(network, settings, steps)
    best = _Best(network)
    began_s = clock()

    def tell(step: int, loss: float, look: bool) -> TrainingStep:
        measured = _validate(network, splits.validation, numbers, in_bf16) if look else None
        if measured is not None:
            best.offer(step, measured)
        return _told(step, steps, settings, loss, clock() - began_s, measured)

    step, told = 0, None
    for epoch in range(settings.epochs):
        batches = epoch_batches(lengths, settings.batch_size, seed=settings.seed, epoch=epoch)
        for batch in batches:
            if stopped():
                if told is not None and step not in validated:
                    yield tell(step, told.loss, True)
                return best.put_back(stopped=True)
            step += 1
            network.model.train()
            loss = 0.0
            for part in parts_of(batch, lengths):
                inputs = padded([rows[number] for number in part], network.encoder.pad_id)
                with autocast(in_bf16):
                    logits = network.model(**inputs).logits
                wanted = torch.tensor([targets[number] for number in part])
                share = torch.nn.functional.cross_entropy(logits.float(), wanted, reduction="sum")
                share = share / len(batch)
                share.backward()  # type: ignore[no-untyped-call]
                loss += share.item()
            finite = math.isfinite(loss)
            if finite:
                torch.nn.utils.clip_grad_norm_(network.trained, _LONGEST_GRADIENT)
                optimizer.step()
                schedule.step()
            optimizer.zero_grad(set_to_none=True)
            told = tell(step, loss, finite and step in validated)
            yield told
            if not math.isfinite(told.loss + (told.validation_loss or 0.0)):
                return best.put_back(diverged=True)
    return best.put_back()


def finish(
    training: Generator[TrainingStep, None, Ending],
    on_step: Callable[[TrainingStep], None] = lambda _: None,
) -> Ending:
    """Run `training` to its end, handing on each step, and return how it ended."""
    while True:
        try:
            on_step(next(training))
        except StopIteration as end:
            ending: Ending = end.value
            return ending


def taken(examples: Sequence[Example], settings: TrainingSettings) -> tuple[Example, ...]:
    """Return the examples that `settings` train on: all, or so many in the labels' proportions.

    Fewer are always among more of the same seed, so that a curve over their number adds examples
    and exchanges none.
    """
    if settings.labels_used is None:
        return tuple(examples)
    return _spread(examples, settings.labels_used, settings.seed)


def steps_of(examples: int, settings: TrainingSettings) -> int:
    """Return the steps of a whole training on so many examples."""
    return settings.epochs * math.ceil(examples / settings.batch_size)


def parts_of(batch: Sequence[int], lengths: Sequence[int]) -> list[list[int]]:
    """Return `batch` in parts that pass through the network one after the other.

    Their gradients add up to that of the whole batch, and only one part's way back is in memory.
    """
    longest = max(lengths[number] for number in batch)
    return in_batches(batch, max(1, TOKENS_AT_ONCE // longest))


def validation_steps(steps: int, epochs: int) -> set[int]:
    """Return after which steps to look at the validation split, the last one always among them."""
    looks = min(steps, max(_FEWEST_VALIDATIONS, min(epochs, _MOST_VALIDATIONS)))
    return {round(steps * (look + 1) / looks) for look in range(looks)}


class _Best:
    """The weights of the lowest validation loss so far; until there are any, those of the start."""

    def __init__(self, network: Network) -> None:
        self._weights = network.trained
        self._loss = math.inf
        self._step = 0
        self._kept = [weight.detach().clone() for weight in self._weights]

    def offer(self, step: int, measured: tuple[float, float | None]) -> None:
        loss = measured[0]
        # Without a validation split the last weights are as good as it gets: each loss is 0.
        if loss < self._loss or (loss == 0 and measured[1] is None):
            self._loss, self._step = loss, step
            for kept, weight in zip(self._kept, self._weights, strict=True):
                kept.copy_(weight.detach())

    def put_back(self, *, stopped: bool = False, diverged: bool = False) -> Ending:
        for kept, weight in zip(self._kept, self._weights, strict=True):
            weight.data.copy_(kept)
        return Ending(self._step, stopped=stopped, diverged=diverged)


def _optimizer(network: Network, settings: TrainingSettings, steps: int) -> tuple[Any, Any]:
    """Return AdamW, and its rate's rise over the first tenth and fall to three tenths."""
    import torch

    matrices = [weight for weight in network.trained if weight.ndim > 1]
    vectors = [weight for weight in network.trained if weight.ndim < 2]
    groups = [
        {"params": matrices, "weight_decay": _WEIGHT_DECAY},
        {"params": vectors, "weight_decay": 0.0},
    ]
    optimizer = torch.optim.AdamW(groups, lr=settings.learning_rate, fused=True)
    warm_up = max(1, round(steps * _WARM_UP_SHARE))

    def share(step: int) -> float:
        left = min(1.0, (steps - step) / max(1, steps - warm_up))
        return min((step + 1) / warm_up, _LAST_RATE_SHARE + (1 - _LAST_RATE_SHARE) * left)

    return optimizer, torch.optim.lr_scheduler.LambdaLR(optimizer, share)


def _validate(
    network: Network,
    examples: Sequence[Example],
    numbers: dict[str, int],
    bf16: bool,
) -> tuple[float, float | None]:
    """Return the loss and the accuracy on `examples`; of none, 0 and no accuracy."""
    if not examples:
        return 0.0, None
    texts = [example.text for example in examples]
    # The draws of the training must not depend on how often somebody looks: guessing draws none.
    guesses = network.guess(texts, bf16=bf16, keep=True)
    loss, right = 0.0, 0
    for example, guess in zip(examples, guesses, strict=True):
        wanted = numbers[example.label]
        probability = guess.probabilities[wanted]
        # A probability of 0 is one too small to be written; one that is no number stays so.
        loss -= math.log(probability) if probability != 0 else math.log(5e-324)
        right += guess.probabilities.index(max(guess.probabilities)) == wanted
    return loss / len(examples), right / len(examples)


def _told(
    step: int,
    steps: int,
    settings: TrainingSettings,
    loss: float,
    elapsed_s: float,
    measured: tuple[float, float | None] | None = None,
) -> TrainingStep:
    known = measured is not None and measured[1] is not None
    return TrainingStep(
        step=step,
        steps=steps,
        epoch=settings.epochs * step / steps,
        loss=loss,
        validation_loss=measured[0] if measured and known else None,
        validation_accuracy=measured[1] if measured else None,
        elapsed_s=elapsed_s,
        left_s=elapsed_s / step * (steps - step) if step >= _TELLS_AFTER_STEPS else None,
    )


def _spread(examples: Sequence[Example], count: int, seed: int) -> tuple[Example, ...]:
    """Return `count` of `examples` in the labels' proportions, as near as whole numbers come."""
    if count >= len(examples):
        return tuple(examples)
    random = Random(seed)
    by_label: dict[str, list[Example]] = {}
    for example in examples:
        by_label.setdefault(example.label, []).append(example)
    placed: list[tuple[float, int, Example]] = []
    for number, group in enumerate(by_label.values()):
        random.shuffle(group)
        placed += [
            ((place + 0.5) / len(group), number, example) for place, example in enumerate(group)
        ]
    placed.sort(key=lambda entry: entry[:2])
    return tuple(example for _, _, example in placed[:count])
