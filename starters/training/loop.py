"""The training loop: seeded, resumable, and the same to the last bit each time."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

import torch
from transformers import PreTrainedModel, PreTrainedTokenizerBase, PreTrainedTokenizerFast

from starters.training.architectures import new_model
from starters.training.batches import collate, encode, training_batches, with_hidden_words
from starters.training.masking import Masking, masked_loss
from starters.training.optimizer import MuonWithAdamW
from starters.training.recipes import Recipe
from starters.training.stream import chunk, held_out
from starters.training.tokenizers import train_tokenizer

CHECKPOINT_EVERY_S = 120.0
# With one thread the bits do not depend on the machine's cores, and two models can train side by
# side on two cores, which together is faster than one after the other with two threads each.
THREADS = 1
DECAY_SHARE = 0.35


@dataclass(frozen=True)
class TrainingStep:
    """Progress after one step; `validation_loss` is there only when it was just measured."""

    step: int
    loss: float
    learning_rate: float
    trained_s: float
    validation_loss: float | None = None


class ForeignCheckpoint(Exception):
    """The checkpoint was made by another recipe; start again with --fresh."""


@dataclass
class Run:
    """A model on its way: `trained_s` is time spent in training steps, over all resumptions."""

    recipe: Recipe
    folder: Path
    tokenizer: PreTrainedTokenizerBase
    model: PreTrainedModel
    optimizer: MuonWithAdamW
    step: int = 0
    trained_s: float = 0.0

    def save(self) -> None:
        """Write the checkpoint; a kill in the middle leaves the one before intact."""
        state = {
            "recipe": _identity(self.recipe),
            "step": self.step,
            "trained_s": self.trained_s,
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
        }
        partial = self.folder / "checkpoint.partial"
        torch.save(state, partial)
        partial.replace(self.folder / "checkpoint.pt")


def open_run(recipe: Recipe, folder: Path) -> Run:
    """Start a run in `folder`, or take it up where its last checkpoint left it.

    Raises ForeignCheckpoint if the checkpoint there belongs to another recipe.
    """
    torch.set_num_threads(THREADS)
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = _tokenizer(recipe, folder / "tokenizer")
    torch.manual_seed(recipe.seed)
    model = new_model(recipe, tokenizer).train()
    optimizer = MuonWithAdamW(model, learning_rate=recipe.learning_rate, bfloat16=recipe.bfloat16)
    run = Run(recipe, folder, tokenizer, model, optimizer)
    checkpoint = folder / "checkpoint.pt"
    if checkpoint.exists():
        state = torch.load(checkpoint, weights_only=True)
        begun, planned = state["recipe"], _identity(recipe)
        if begun.pop("steps") != planned.pop("steps") and state["step"] > decay_start(recipe):
            raise ForeignCheckpoint(f"{checkpoint} is past the plateau of {recipe.name}. --fresh?")
        if begun != planned:
            raise ForeignCheckpoint(f"{checkpoint} is of another recipe. Add --fresh.")
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        run.step, run.trained_s = state["step"], state["trained_s"]
    return run


def train(
    run: Run, *, until: int | None = None, validate_every: int = 500
) -> Iterator[TrainingStep]:
    """Train up to step `until` (default: the recipe's last), yielding after every step."""
    last = run.recipe.steps if until is None else until
    validation = _validation_batches(run)
    batches = training_batches(run.recipe, run.tokenizer, first_step=run.step)
    saved_s = time.monotonic()
    for batch in islice(batches, last - run.step):
        started_s = time.monotonic()
        rate = learning_rate(run.recipe, run.step)
        loss = _one_step(run, batch, rate)
        run.step += 1
        run.trained_s += time.monotonic() - started_s
        checked = run.step % validate_every == 0 or run.step == last
        measured = _mean_loss(run, validation) if checked else None
        yield TrainingStep(run.step, loss, rate, run.trained_s, measured)
        if time.monotonic() - saved_s > CHECKPOINT_EVERY_S:
            run.save()
            saved_s = time.monotonic()
    run.save()


def learning_rate(recipe: Recipe, step: int) -> float:
    """Linear warm-up, a long plateau, then linear decay to nothing at the recipe's last step."""
    warm = (step + 1) / recipe.warmup_steps
    left = (recipe.steps - step) / max(1, recipe.steps - decay_start(recipe))
    return recipe.learning_rate * min(1.0, warm, left)


def decay_start(recipe: Recipe) -> int:
    """Return the step at which the plateau ends; until then a recipe may be given other steps."""
    return int(recipe.steps * (1 - DECAY_SHARE))


def _one_step(run: Run, batch: dict[str, torch.Tensor], rate: float) -> float:
    # bfloat16 arithmetic halves the time of a step; weights and optimizer stay in float32.
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=run.recipe.bfloat16):
        loss = _loss(run.recipe, run.model, batch)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(run.model.parameters(), 1.0)
    run.optimizer.step(learning_rate=rate)
    return loss.item()


def _loss(recipe: Recipe, model: PreTrainedModel, batch: dict[str, torch.Tensor]) -> torch.Tensor:
    return masked_loss(model, batch) if recipe.architecture == "bert" else model(**batch).loss


def _validation_batches(run: Run, count: int = 256) -> list[dict[str, torch.Tensor]]:
    rows = encode(run.recipe, run.tokenizer, held_out(run.recipe, "validation", count))
    rows.sort(key=lambda row: (len(row.target), len(row.source)))
    if run.recipe.architecture == "bert":
        # The same words each time, so that the figures can be compared.
        rows = with_hidden_words(Masking.of(run.tokenizer), rows, Random(run.recipe.seed))
    pad_id = run.tokenizer.pad_token_id
    return [collate(run.recipe, rows[at : at + 64], pad_id) for at in range(0, len(rows), 64)]


@torch.no_grad()
def _mean_loss(run: Run, batches: list[dict[str, torch.Tensor]]) -> float:
    return sum(_loss(run.recipe, run.model, batch).item() for batch in batches) / len(batches)


def _identity(recipe: Recipe) -> dict[str, Any]:
    return json.loads(json.dumps(asdict(recipe)))


def _tokenizer(recipe: Recipe, folder: Path) -> PreTrainedTokenizerBase:
    """Load the run's tokenizer, or train it on the beginning of the training stream."""
    if not folder.exists():
        chunks = range(recipe.tokenizer_chunks)
        examples = [example for index in chunks for example in chunk(recipe, index)]
        texts = [text for e in examples for text in (recipe.prefix + e.source, e.target) if text]
        train_tokenizer(recipe, texts).save_pretrained(folder)
    return PreTrainedTokenizerFast.from_pretrained(folder)
