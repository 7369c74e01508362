"""Work of learners who do anything at all, in any order, with names that are meant to do harm."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from core.explore.types import Kind, Origin, Verdict
from core.finetuning.failure_presets import Preset
from core.finetuning.types import Guess, Interval, TrainingSettings, TrainingStep
from core.inference.types import (
    Engine,
    GenerationConfig,
    Provenance,
    Request,
    Result,
    Runtime,
    Task,
    Timing,
    TokenChoice,
)
from core.work.entries import (
    Comparison,
    Curve,
    CurveMeasured,
    Entry,
    Judged,
    PageRead,
    Run,
    SavedCandidate,
    SavedRun,
    SentencesTried,
    Tokenized,
    Trained,
)

HOSTILE = (
    "[press](http://evil.example) <b>x</b> **y** `z` ![w](http://evil.example/w.png) $v$ :u[t]"
)

# Few of each, so that things meet: the same prompt twice, two models on one text.
_words = st.sampled_from(
    ["starter/gpt2-stories", "openai-community/gpt2", "Once upon a time", "", HOSTILE, " a\n b "]
)
_seconds = st.sampled_from([0.0, 1e-9, 0.01, 0.02, 0.5, 1e6]) | st.floats(0, 1e3)
_count = st.integers(0, 6) | st.sampled_from([15, 150, 5000])
_place = st.integers(-1, 3)
_chance = st.floats(0, 1)
_tuples: Any = lambda of, most=3: st.lists(of, max_size=most).map(tuple)  # noqa: E731

timings = st.builds(
    Timing, _seconds, st.sampled_from([0.0, 0.0, 2.0]), _seconds, _seconds, _seconds
)
configs = st.builds(
    GenerationConfig,
    max_new_tokens=st.sampled_from([1, 5, 15, 150]),
    temperature=st.sampled_from([0.0, 0.8, 1.2]),
    seed=st.integers(0, 2),
    alternatives=st.sampled_from([0, 4]),
)
runtimes = st.builds(Runtime, st.sampled_from(Engine), st.sampled_from(["Q8_0", "Q4_0", "float32"]))
tasks = st.sampled_from(Task)
made = st.builds(
    Provenance,
    model_id=_words,
    revision=_words,
    engine=st.sampled_from(["llama.cpp", HOSTILE]),
    precision=st.sampled_from(["Q8_0", HOSTILE]),
    device=st.just("cpu"),
    threads=st.just(1),
    versions=st.just(()),
)
choices = st.builds(TokenChoice, _words, _chance, st.just(()))
results = st.builds(
    Result,
    output=_words,
    tokens_in=_count,
    tokens_out=_count,
    timing=timings,
    provenance=made,
    stopped=st.booleans(),
    choices=_tuples(choices, 30),
)
requests = st.builds(Request, task=tasks, model_id=_words, inputs=_words, config=configs)
runs = st.builds(Run, requests, results, st.sampled_from(["test", "lesson-1"]))
pages = st.builds(
    PageRead,
    kind=st.sampled_from(Kind),
    id=_words,
    origin=st.sampled_from(Origin),
    task=st.sampled_from(["", "text-generation", "fill-mask", HOSTILE]),
    parameters=st.none() | st.integers(0, 10**13),
    gated=st.none() | st.booleans(),
    licence=st.sampled_from(["", "mit", "llama3", HOSTILE]),
    datasets=_tuples(_words),
    verdict=st.none() | st.sampled_from(Verdict),
    gaps=_tuples(st.sampled_from(["training data", HOSTILE])),
)
tokenized = st.builds(Tokenized, _words, _words, _count)
saved_runs = st.builds(
    SavedRun, _place, _place, _place, _place, _place, tokens_in=_count, tokens_out=_count,
    timing=timings,
)  # fmt: skip
comparisons = st.builds(
    Comparison,
    id=st.sampled_from(["a", "b"]),
    task=tasks,
    candidates=_tuples(st.builds(SavedCandidate, _words, st.none() | runtimes)),
    inputs=_tuples(_words),
    repeats=st.integers(1, 4),
    config=configs,
    runs=_tuples(saved_runs, 12),
    outputs=_tuples(_words),
    made=_tuples(made),
    complete=st.booleans(),
    references=_tuples(_words),
)
votes = st.builds(
    Judged, st.sampled_from(["a", "b"]), st.integers(-1, 3), st.none() | _words, st.booleans()
)
intervals = st.builds(Interval, _chance, _chance, _chance)
settings = st.builds(
    TrainingSettings, st.just("local/bert"), pretrained=st.booleans(), epochs=st.integers(1, 2)
)
trainings = st.builds(
    Trained,
    training_id=_words,
    name=_words,
    preset=st.sampled_from([*Preset, HOSTILE, ""]),
    settings=settings,
    labels=_tuples(_words),
    train_examples=st.sampled_from([0, 32, 128]),
    steps=_tuples(st.builds(TrainingStep, _count, _count, _seconds, _seconds)),
    accuracy=st.none() | intervals,
    macro_f1=st.none() | intervals,
    majority=st.none() | _chance,
    seconds=_seconds,
    peak_memory_bytes=_count,
    stopped=st.booleans(),
    diverged=st.booleans(),
    expected=_words,
)
points = st.builds(CurveMeasured, st.sampled_from([8, 32]), st.booleans(), intervals)
curves = st.builds(Curve, _words, _words, _tuples(points, 5))
guesses = st.builds(Guess, _words, _tuples(_chance))
sentences = st.builds(
    SentencesTried, _words, _tuples(_words), _tuples(guesses, 4), _tuples(guesses, 4)
)

entries: st.SearchStrategy[Entry] = st.one_of(
    runs, pages, tokenized, comparisons, votes, trainings, curves, sentences
)
