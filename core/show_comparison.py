"""The plain transformers script that compares models as a comparison of the lab did."""

from __future__ import annotations

from collections.abc import Sequence
from pprint import pformat

from core.catalogue import ModelEntry
from core.inference.inputs import clean_input
from core.inference.reading import prefix_for
from core.inference.types import GenerationConfig, Task
from core.settings import ROOT
from core.show_code import generation_options

_HEAD = """\
import statistics
import time

import torch
from transformers import {imports}

torch.set_num_threads({threads})  # as in the lab: threads change how sums are rounded
MODELS = {models}
REVISIONS = {revisions}
INPUTS = {inputs}
REPEATS = {repeats}

"""

_WRITING = """\
PREFIXES = {prefixes}  # what a model wants in front of a text

loaded = {{}}
for name, place in MODELS.items():
    revision = REVISIONS.get(name, "main")
    loaded[name] = (
        AutoTokenizer.from_pretrained(place, revision=revision),
        {auto}.from_pretrained(
            place, revision=revision, dtype=torch.float32, use_safetensors=True
        ),
    )


def answer(name, text):
    tokenizer, model = loaded[name]
    inputs = tokenizer(PREFIXES.get(name, "") + text, return_tensors="pt")
    {seed}began = time.perf_counter()
    output = model.generate(
        input_ids=inputs["input_ids"],
        attention_mask=inputs["attention_mask"],
        {options},
    )[0]
    seconds = time.perf_counter() - began
    new = {new}
    return tokenizer.decode(new, skip_special_tokens=True), seconds, len(new)
"""

_SORTING = """\
loaded = {{
    name: pipeline(
        "text-classification", place, revision=REVISIONS.get(name, "main"), dtype=torch.float32,
        device="cpu", model_kwargs={{"use_safetensors": True}},
    )
    for name, place in MODELS.items()
}}


def answer(name, text):
    began = time.perf_counter()
    best = loaded[name](text, truncation=True)[0]
    return f"{{best['label']}} {{best['score']:.0%}}", time.perf_counter() - began, 1
"""

_LOOP = """\


for name in MODELS:
    answer(name, INPUTS[0])  # to warm up: not measured

seconds, lengths = {name: [] for name in MODELS}, {name: [] for name in MODELS}
for repeat in range(REPEATS):
    for text in INPUTS:
        # The models take turns, so that a machine that slows down slows all alike.
        for name in MODELS:
            written, took, length = answer(name, text)
            seconds[name].append(took)
            lengths[name].append(length)
            if repeat == 0:
                print(f"{name}: {written}")

for name in MODELS:
    print(
        f"{name}: median {statistics.median(seconds[name]) * 1000:.0f} ms, "
        f"{statistics.median(lengths[name]):g} tokens"
    )
"""


def script_for_comparison(
    task: Task,
    entries: Sequence[ModelEntry],
    inputs: Sequence[str],
    *,
    repeats: int,
    config: GenerationConfig,
    threads: int,
) -> str:
    """Return a script that runs from the repository's root and times `entries` side by side."""
    writes = task is not Task.TEXT_CLASSIFICATION
    seq2seq = writes and task is not Task.TEXT_GENERATION
    auto = "AutoModelForSeq2SeqLM" if seq2seq else "AutoModelForCausalLM"
    head = _HEAD.format(
        imports=f"{auto}, AutoTokenizer" if writes else "pipeline",
        threads=threads,
        models=_mapping({entry.id: _place(entry) for entry in entries}),
        revisions=_mapping({entry.id: entry.revision for entry in entries if entry.path is None}),
        inputs=pformat([clean_input(text)[0] for text in inputs], width=88),
        repeats=repeats,
    )
    if not writes:
        return head + _SORTING.format() + _LOOP
    prefixes = {entry.id: prefix_for(entry.model_type, task) for entry in entries}
    return (
        head
        + _WRITING.format(
            prefixes=_mapping({name: prefix for name, prefix in prefixes.items() if prefix}),
            auto=auto,
            seed=f"torch.manual_seed({config.seed})\n    " if config.samples else "",
            options=",\n        ".join(generation_options(config)),
            # The first token of an encoder-decoder is where it begins, not what it wrote.
            new="output[1:]" if seq2seq else 'output[inputs["input_ids"].shape[1] :]',
        )
        + _LOOP
    )


def _place(entry: ModelEntry) -> str:
    if entry.path is None:
        return entry.id
    if entry.path.is_relative_to(ROOT):
        return entry.path.relative_to(ROOT).as_posix()
    return entry.path.name


def _mapping(values: dict[str, str]) -> str:
    return pformat(values, width=88, sort_dicts=False)
