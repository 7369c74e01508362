"""The plain transformers script that gives what a run on the reference engine gave."""

from __future__ import annotations

from core.catalogue import ModelEntry
from core.inference.inputs import GAP, clean_input, spell_gap
from core.inference.reading import prefix_for
from core.inference.types import GenerationConfig, Request, Task
from core.settings import ROOT

_SCRIPT = """\
import torch
from transformers import {auto}, AutoTokenizer

torch.set_num_threads({threads})  # as in the lab: threads change how sums are rounded
{model_line}
tokenizer = AutoTokenizer.from_pretrained(MODEL{revision})
model = {auto}.from_pretrained(
    MODEL{revision}, dtype=torch.float32, use_safetensors=True
)

text = {text}
inputs = tokenizer(text, return_tensors="pt")
{seed}output = model.generate(
    input_ids=inputs["input_ids"],
    attention_mask=inputs["attention_mask"],
    {options},
)
{show}
"""


_GAP_SCRIPT = """\
import torch
from transformers import pipeline

torch.set_num_threads({threads})  # as in the lab: threads change how sums are rounded
{model_line}
fill = pipeline(
    "fill-mask", MODEL{revision}, dtype=torch.float32, device="cpu",
    model_kwargs={{"use_safetensors": True}},
)

text = {text}
# Each family of models has a token of its own for the gap.
words = fill(text.replace({gap!r}, fill.tokenizer.mask_token), top_k={top_k})
print(words[0]["sequence"])
for word in words:
    print(f"{{word['score']:.4f}} {{word['token_str']}}")
"""


_LABEL_SCRIPT = """\
import torch
from transformers import pipeline

torch.set_num_threads({threads})  # as in the lab: threads change how sums are rounded
{model_line}
classify = pipeline(
    "text-classification", MODEL{revision}, dtype=torch.float32, device="cpu",
    model_kwargs={{"use_safetensors": True}},
)

text = {text}
labels = classify(text, top_k=None, truncation=True)
print(labels[0]["label"])
for label in labels:
    print(f"{{label['score']:.4f}} {{label['label']}}")
"""


def script_for(request: Request, entry: ModelEntry, *, threads: int) -> str:
    """Return a script that runs from the repository's root and prints the output of `request`.

    `threads` is how many the run computed with.

    The same seed gives the same text, because the lab draws from a generator seeded the same way.
    """
    text, _ = clean_input(request.inputs)
    if request.task is Task.FILL_MASK:
        return _GAP_SCRIPT.format(
            threads=threads,
            model_line=model_line(entry),
            revision=revision_argument(entry),
            text=repr(spell_gap(text, GAP)),
            gap=GAP,
            top_k=request.config.alternatives or 5,
        )
    if request.task is Task.TEXT_CLASSIFICATION:
        return _LABEL_SCRIPT.format(
            threads=threads,
            model_line=model_line(entry),
            revision=revision_argument(entry),
            text=repr(text),
        )
    seq2seq = request.task is not Task.TEXT_GENERATION
    return _SCRIPT.format(
        auto="AutoModelForSeq2SeqLM" if seq2seq else "AutoModelForCausalLM",
        threads=threads,
        model_line=model_line(entry),
        revision=revision_argument(entry),
        text=repr(prefix_for(entry.model_type, request.task) + text),
        seed=f"torch.manual_seed({request.config.seed})\n" if request.config.samples else "",
        options=",\n    ".join(generation_options(request.config)),
        show=_show(seq2seq),
    )


def revision_argument(entry: ModelEntry) -> str:
    """Return how a script asks for the revision of `entry`; "" for a folder."""
    return "" if entry.path else f", revision={entry.revision!r}"


def model_line(entry: ModelEntry) -> str:
    """Return the line in which a script names `entry`."""
    if entry.path is None:
        return f"MODEL = {entry.id!r}"
    if entry.source == "trained":
        return f"MODEL = {entry.path.name!r}  # the folder of your model, from Task 4"
    # A learner's computer has the repository, but not this machine's folders.
    if entry.path.is_relative_to(ROOT):
        return f"MODEL = {entry.path.relative_to(ROOT).as_posix()!r}  # a folder of this repository"
    return f"MODEL = {entry.path.name!r}  # the folder of the model"


def generation_options(config: GenerationConfig) -> list[str]:
    """Return the arguments with which a script asks `generate` for what `config` asks for."""
    options = [f"max_new_tokens={config.max_new_tokens}", "num_beams=1"]
    if config.ignore_end:
        options.append(f"min_new_tokens={config.max_new_tokens}")
    if not config.samples:
        return [*options, "do_sample=False"]
    return [
        *options,
        "do_sample=True",
        f"temperature={float(config.temperature)}",
        f"top_p={float(config.top_p)}",
        "top_k=0",
    ]


def _show(seq2seq: bool) -> str:
    if seq2seq:
        return "print(tokenizer.decode(output[0], skip_special_tokens=True))"
    return (
        'new_tokens = output[0][inputs["input_ids"].shape[1] :]\n'
        "print(tokenizer.decode(new_tokens, skip_special_tokens=True))"
    )
