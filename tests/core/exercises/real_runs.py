"""What students do, done for real: pages opened, prompts run, models compared, networks trained.

The starters run as they are; what is trained is a tiny network. Each thing is done once.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from core.comparing import Candidate, ComparePlan, compare
from core.exercises.types import Setup
from core.explore.pages import open_page
from core.explore.tokens import split
from core.explore.types import Kind
from core.finetuning.child import run as train_in_child
from core.finetuning.failure_presets import Preset, preset_data, training_name
from core.finetuning.jobs import Training, Trainings
from core.finetuning.predicting import before_training, load_classifier
from core.finetuning.records import Kind as OrderKind
from core.finetuning.records import Order
from core.finetuning.store import owner_of
from core.finetuning.types import TrainingSettings
from core.inference.lab import lab
from core.inference.types import Engine, GenerationConfig, Request, Runtime, Task, Timing
from core.lessons import all_exercises
from core.metrics import chrf
from core.work.comparisons import saved_comparison
from core.work.entries import (
    Comparison,
    Curve,
    Entry,
    Judged,
    PageRead,
    Predicted,
    Run,
    SentencesTried,
    Tokenized,
    Trained,
)
from core.work.making import page_read, run_made
from core.work.trainings import expectation_of, newly_ended
from tests.core.exercises.works import work_of
from tests.core.finetuning.bert import make_bert, make_splits
from tests.core.finetuning.trained import make_line
from tests.loopback_hub import point_at

STORY = "starter/gpt2-stories"
NANO, MICRO = "starter/t5-summary-nano", "starter/t5-summary-micro"
TO_FRENCH = ("starter/t5-en-fr-micro", "starter/t5-en-fr-nano")
LLAMA_CPP = tuple(Runtime(Engine.LLAMA_CPP, precision) for precision in ("Q8_0", "Q4_0"))
REFERENCE = Runtime(Engine.TRANSFORMERS, "float32")
_NOBODY = "http://127.0.0.1:9"  # no service listens on this port: a school without a network


@cache
def setup_of(exercise: str) -> Setup:
    """Return what "Load this example" fills in for an exercise."""
    (placed,) = (one for one in all_exercises() if one.exercise.id == exercise)
    assert placed.exercise.setup is not None
    return placed.exercise.setup


@cache
def page(id: str) -> PageRead:
    """Open the page of a model without a network."""
    with pytest.MonkeyPatch.context() as patch:
        point_at(_NOBODY, Path(tempfile.gettempdir()), patch)
        return page_read(open_page(Kind.MODEL, id, catalogue=lab().catalogue).page)


@cache
def tokens(model: str, text: str) -> Tokenized:
    """Look at a text in the playground."""
    entry = lab().catalogue.get(model)
    assert entry is not None
    return Tokenized(model, text, len(split(text, entry).pieces))


def story(prompt: str, **settings: float) -> Run:
    """Run a prompt on the story model, each time anew."""
    config = replace(GenerationConfig(), **settings)  # type: ignore[arg-type]
    request = Request(Task.TEXT_GENERATION, STORY, prompt, config)
    return run_made(request, lab().run(request))


def story_of(exercise: str, **settings: float) -> Run:
    """Run the example of an exercise, with other settings where they are named."""
    setup = setup_of(exercise)
    assert setup.prompt is not None
    names = ("max_new_tokens", "temperature", "top_p", "seed")
    given = {name: value for name in names if (value := getattr(setup, name)) is not None}
    return story(setup.prompt, **(given | settings))


@cache
def comparison(
    exercise: str,
    candidates: tuple[Candidate, ...],
    repeats: int = 3,
    *,
    inputs: int | None = None,
) -> Comparison:
    """Compare candidates on the example of an exercise, or on so many inputs of it."""
    setup = setup_of(exercise)
    assert setup.task is not None
    config = GenerationConfig(max_new_tokens=setup.max_new_tokens or 60)
    plan = ComparePlan(
        Task(setup.task),
        candidates,
        setup.inputs[:inputs],
        repeats,
        config,
        references=setup.references[:inputs],
    )
    *_, last = compare(lab(), plan)
    return saved_comparison(last)


def quiet(made: Run | Comparison) -> Any:
    """Return what was run with the times of a machine that does nothing else: 5 ms, and 0.4 ms for
    each token. All the rest is as it came; whether a busy one is slower today is not tested."""
    if isinstance(made, Run):
        timing = _times(made.result.timing, made.result.tokens_out)
        return replace(made, result=replace(made.result, timing=timing))
    runs = tuple(replace(run, timing=_times(run.timing, run.tokens_out)) for run in made.runs)
    return replace(made, runs=runs)


def _times(timing: Timing, tokens: int) -> Timing:
    decode_s = 0.0004 * tokens
    return replace(timing, ttft_s=0.005, decode_s=decode_s, total_s=0.005 + decode_s)


def of_models(*models: str) -> tuple[Candidate, ...]:
    """Return models as candidates."""
    return tuple(map(Candidate, models))


def of_story(*runtimes: Runtime) -> tuple[Candidate, ...]:
    """Return ways to run the story model as candidates."""
    return tuple(Candidate(STORY, runtime) for runtime in runtimes)


def vote(on: Comparison, *, against_chrf: bool, blind: bool = True) -> Judged:
    """Vote on the first input for what chrF likes least, or most."""
    scores = {
        on.candidates[run.candidate].label: chrf(on.outputs[run.output], on.references[0])
        for run in on.runs
        if run.input == 0
    }
    worst, *_, best = sorted(scores, key=lambda label: scores[label])
    return Judged(on.id, 1, worst if against_chrf else best, blind)


@cache
def _line() -> tuple[Trainings, Path]:
    import torch

    # Others compute beside the tests, and so small a network gains nothing from a second thread.
    torch.set_num_threads(1)
    root = Path(tempfile.mkdtemp(prefix="open-model-lab-reference-"))
    return make_line(root), make_bert(root / "bert")


@cache
def training(
    preset: Preset = Preset.SOUND,
    *,
    labels_used: int | None = None,
    pretrained: bool = True,
    kind: OrderKind = OrderKind.MODEL,
    beside: str = "",
    examples: int = 160,
    epochs: int = 2,
    learning_rate: float = 5e-3,
) -> Training:
    """Train a tiny network in this process, as a child process does."""
    line, base = _line()
    splits = preset_data(make_splits(train=examples), preset)
    settings = TrainingSettings(
        "local/bert",
        epochs=epochs,
        learning_rate=learning_rate,
        batch_size=8,
        labels_used=labels_used,
        pretrained=pretrained,
    )
    name = training_name(splits, preset)
    folder = line.store.create(
        Order(name, owner_of("ada"), kind, settings, base, 0.0, beside), splits
    )
    train_in_child(folder, Event())
    trained = line.find(folder.id)
    assert trained is not None
    return trained


def trained(ended: Training, *, expected: str = "") -> Trained:
    """Return a training as it is kept, with what was expected of it."""
    before = (Predicted(expectation_of(ended.id), expected),) if expected else ()
    (kept,) = newly_ended([ended], work_of(*before))
    assert isinstance(kept, Trained)
    return kept


@cache
def curve() -> Curve:
    """Draw a learning curve beside a sound training."""
    (kept,) = newly_ended(
        [training(kind=OrderKind.CURVE, beside=training().id, examples=40)], work_of()
    )
    assert isinstance(kept, Curve)
    return kept


def sentences(*texts: str) -> SentencesTried:
    """Try sentences before and after the sound training."""
    ended = training()
    model = load_classifier(ended.folder.model)
    before = before_training(ended.splits(), texts)
    return SentencesTried(ended.id, model.labels, before, model.guess(texts))


def predicted(exercise: str, value: str | float, then: Sequence[Entry]) -> tuple[Entry, ...]:
    """Return a prediction and what was done after it."""
    return (Predicted(exercise, value), *then)
