"""What Task 4 promises of its starter, on the feedback that the lab ships: gain, time, memory.

Accuracies are those of the test split, which was written by hand and is in no training. The lab's
settings are those that the page begins with.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import mean, median

from benchmarks.contestants import wait_for_quiet
from benchmarks.finetuning import COURSE, apart, course_loop, our_loop
from benchmarks.registry import Measurement, benchmark
from core.finetuning.feedback import customer_feedback
from core.finetuning.types import TrainingSettings
from core.settings import STARTERS, settings

STARTER = STARTERS / "bert-feedback"
SETTINGS = TrainingSettings("starter/bert-feedback")
SEEDS = (9, 10, 11)
# The two loops differ by less than one training is known to: more seeds tell them apart.
MORE_SEEDS = range(9, 17)
LABELS = 128
STORIES = 20


@benchmark
def gain_over_scratch() -> Iterator[Measurement]:
    """Train on 128 labels from the starter and from random weights: means of three seeds."""
    found = [apart(_curve_point, seed) for seed in SEEDS]
    pretrained, scratch = (mean(side) * 100 for side in zip(*found, strict=True))
    yield Measurement("finetuning.accuracy_128_labels", pretrained, "%", "higher")
    yield Measurement(
        "finetuning.gain_over_scratch", pretrained - scratch, "points", "higher", bar=8
    )


@benchmark
def accuracy_of_the_course() -> Iterator[Measurement]:
    """Train on the whole set with our loop and with the course's: means of eight seeds."""
    ours, theirs = [], []
    for seed in MORE_SEEDS:
        chosen = TrainingSettings(SETTINGS.base_id, seed=seed)
        ours.append(apart(our_loop, STARTER, customer_feedback(), chosen).accuracy)
        theirs.append(apart(course_loop, STARTER, customer_feedback(), chosen).accuracy)
    yield Measurement(
        "finetuning.accuracy",
        mean(ours) * 100,
        "%",
        "higher",
        against=COURSE,
        ratio=mean(ours) / mean(theirs),
        bar=1.0,
    )


@benchmark
def a_training_beside_others() -> Iterator[Measurement]:
    """Train as the page does, in a child, while somebody else asks for stories."""
    from core.finetuning.jobs import State, Trainings
    from core.finetuning.store import Store

    wait_for_quiet()
    _story_s()  # loads it
    alone = [_story_s() for _ in range(STORIES)]
    with tempfile.TemporaryDirectory() as place:
        line = Trainings(Store(Path(place)), settings())
        training = line.submit(customer_feedback(), SETTINGS, base=STARTER)
        while not training.steps:
            time.sleep(0.05)
        beside = []
        while not training.state.ended:
            beside.append(_story_s())
        line.close()
        if training.state is not State.DONE or training.result is None:
            raise RuntimeError(f"The training {training.state}.")
        result = training.result
    evaluation = result.evaluation
    if evaluation is None:
        raise RuntimeError("The training was not evaluated.")
    better = (evaluation.accuracy.value - evaluation.majority) * 100
    yield Measurement("finetuning.over_the_majority", better, "points", "higher", bar=15)
    yield Measurement("finetuning.seconds", result.cost.seconds, "s", "lower", bar=60)
    peak_mb = result.cost.peak_memory_bytes / 1e6
    yield Measurement("finetuning.peak_memory", peak_mb, "MB", "lower", bar=600)
    yield Measurement(
        "finetuning.latency_of_others",
        median(beside) * 1000,
        "ms",
        "lower",
        against="the same story while nothing trains",
        ratio=median(beside) / median(alone),
        bar=2.0,
    )


def _curve_point(seed: int) -> tuple[float, float]:
    """Return the accuracies on 128 labels, pretrained and from scratch."""
    from core.finetuning.curve import learning_curve

    chosen = TrainingSettings(SETTINGS.base_id, seed=seed)
    points = learning_curve(STARTER, customer_feedback(), chosen, sizes=(LABELS,))
    found = {point.pretrained: point.accuracy.value for point in points}
    return found[True], found[False]


def _story_s() -> float:
    """Return how long a story of 60 tokens takes."""
    from core.inference.lab import lab
    from core.inference.types import GenerationConfig, Request, Task

    began_s = time.perf_counter()
    lab().run(
        Request(
            Task.TEXT_GENERATION,
            "starter/gpt2-stories",
            "Once upon a time in AI world,",
            GenerationConfig(max_new_tokens=60, ignore_end=True),
        )
    )
    return time.perf_counter() - began_s
