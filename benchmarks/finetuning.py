"""Fine-tuning against the course's loop: the same base model, rows and epochs in the same run.

The network has the shape of MiniLM (22.7 million parameters) and random weights, since speed does
not depend on what they learned; the rows are the 800 shortest texts that the lab's own customer
feedback has to learn from, of 17 tokens on average. Each side trains in a process of its own, on
one thread, as the lab does on two cores, and the sides take turns. Seconds are the processor's, so
that whoever shares the machine does not count. What is timed is the loop: loading and importing
are left out on both sides, our looks at the validation split are in. The course's loop is plain:
the model as transformers loads it, 32-bit floats, every row padded to 128 tokens, a row order
shuffled anew each epoch, AdamW as it comes.
"""

from __future__ import annotations

import json
import multiprocessing
import shutil
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import mean, median
from typing import Any

from benchmarks.contestants import wait_for_quiet
from benchmarks.registry import Measurement, benchmark
from benchmarks.sized_models import FOLDER
from core.finetuning.feedback import customer_feedback
from core.finetuning.types import Example, Splits, TrainingSettings
from core.settings import STARTERS

ROWS = 800
ROUNDS = 3
PADDED_TO = 128
COURSE = "the course's loop, fp32, padded to 128"
MINILM = {
    "vocab_size": 30522,
    "hidden_size": 384,
    "intermediate_size": 1536,
    "num_hidden_layers": 6,
    "num_attention_heads": 12,
    "max_position_embeddings": 512,
}
SETTINGS = TrainingSettings("local/minilm", epochs=2, learning_rate=5e-5, max_tokens=PADDED_TO)


@benchmark
def against_the_course() -> Iterator[Measurement]:
    """Train the sized network on 800 short rows for 2 epochs, both ways in turns."""
    base = sized_bert(FOLDER / "minilm-22m")
    seconds = in_turns(base, short_rows(ROWS), SETTINGS, rounds=ROUNDS)
    yield from told(seconds)


def told(seconds: dict[str, list[float]]) -> Iterator[Measurement]:
    """Report the medians of the rounds, and the ratio of the course's seconds to ours."""
    ours, theirs = median(seconds["ours"]), median(seconds["course"])
    yield Measurement("finetuning.loop", ours, "s", "lower", against=COURSE, ratio=ours / theirs)
    yield Measurement("finetuning.times_faster", theirs / ours, "x", "higher", bar=6.0)


def in_turns(
    base: Path,
    splits: Splits,
    settings: TrainingSettings,
    *,
    rounds: int,
    before: Callable[[], None] = wait_for_quiet,
) -> dict[str, list[float]]:
    """Return the seconds of each side's loop, round by round."""
    seconds: dict[str, list[float]] = {"ours": [], "course": []}
    for _ in range(rounds):
        for name, loop in (("ours", our_loop), ("course", course_loop)):
            before()
            seconds[name].append(apart(loop, base, splits, settings).seconds)
    return seconds


def apart(function: Callable[..., Any], *arguments: Any) -> Any:
    """Return what `function` gives in a fresh process, whose memory and seeds are its own."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as process:
        return process.submit(function, *arguments).result()


@dataclass(frozen=True)
class Trained:
    """A processor's seconds of a loop, and how good its network is on the test split, 0 to 1."""

    seconds: float
    accuracy: float


def our_loop(base: Path, splits: Splits, settings: TrainingSettings) -> Trained:
    """Train with the lab's loop."""
    import torch

    from core.finetuning.networks import build_network
    from core.finetuning.training import finish, train

    torch.set_num_threads(1)
    network = build_network(base, splits.labels, settings)
    began_s = time.process_time()
    finish(train(network, splits, settings))
    return _trained(network, splits, time.process_time() - began_s)


def course_loop(base: Path, splits: Splits, settings: TrainingSettings) -> Trained:
    """Train with the course's loop."""
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    from core.finetuning.batches import Encoder
    from core.finetuning.networks import Network, quiet

    quiet()
    torch.set_num_threads(1)
    torch.manual_seed(settings.seed)
    tokenizer = AutoTokenizer.from_pretrained(base)
    model = AutoModelForSequenceClassification.from_pretrained(
        base, num_labels=len(splits.labels), dtype=torch.float32
    )
    began_s = time.process_time()
    inputs = tokenizer(
        [example.text for example in splits.train],
        padding="max_length",
        truncation=True,
        max_length=PADDED_TO,
        return_tensors="pt",
    )
    labels = torch.tensor([splits.labels.index(example.label) for example in splits.train])
    rows = torch.utils.data.TensorDataset(inputs["input_ids"], inputs["attention_mask"], labels)
    batches = torch.utils.data.DataLoader(rows, batch_size=settings.batch_size, shuffle=True)
    optimizer = torch.optim.AdamW(model.parameters(), lr=settings.learning_rate)
    model.train()
    for _ in range(settings.epochs):
        for ids, mask, wanted in batches:
            loss = model(input_ids=ids, attention_mask=mask, labels=wanted).loss
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()
    seconds = time.process_time() - began_s
    network = Network(model, Encoder(tokenizer, max_tokens=PADDED_TO), splits.labels, [])
    return _trained(network, splits, seconds)


def _trained(network: Any, splits: Splits, seconds: float) -> Trained:
    guesses = network.guess([example.text for example in splits.test])
    right = [
        splits.labels[guess.probabilities.index(max(guess.probabilities))] == example.label
        for guess, example in zip(guesses, splits.test, strict=True)
    ]
    return Trained(seconds, mean(right))


def short_rows(rows: int) -> Splits:
    """Return the customer feedback with its `rows` shortest texts to learn from, and an eighth of
    that to validate and to test on."""
    feedback = customer_feedback()

    def shortest(examples: tuple[Example, ...], count: int) -> tuple[Example, ...]:
        return tuple(sorted(examples, key=lambda example: len(example.text.split()))[:count])

    return replace(
        feedback,
        train=shortest(feedback.train, rows),
        validation=shortest(feedback.validation, rows // 8),
        test=shortest(feedback.test, rows // 8),
    )


def sized_bert(folder: Path, **shape: int) -> Path:
    """Write a BERT of MiniLM's shape unless it is there; `shape` changes the shape.

    (https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2/blob/main/config.json)
    """
    if (folder / "config.json").is_file():
        return folder
    import torch
    from transformers import BertConfig, BertForMaskedLM

    torch.manual_seed(0)
    config = BertConfig(**{**MINILM, **shape})
    # The starter's tokenizer, with made-up words up to the real size of the vocabulary.
    source = STARTERS / "bert-feedback"
    tokenizer: dict[str, Any] = json.loads((source / "tokenizer.json").read_text("utf-8"))
    words = tokenizer["model"]["vocab"]
    words |= {f"w{number}": number for number in range(len(words), config.vocab_size)}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer), "utf-8")
    shutil.copy(source / "tokenizer_config.json", folder)
    # The config comes last: a folder that has one is whole.
    BertForMaskedLM(config).save_pretrained(folder)
    return folder
