"""Write a starter's model card from its recipe and from what was measured, never by hand."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path
from typing import Any

from huggingface_hub import EvalResult, ModelCardData

from starters.training.card_words import (
    DATA,
    LIMITS,
    METRIC_MEANING,
    METRIC_TYPE,
    ORIGINAL,
    PAPER,
)
from starters.training.recipes import Recipe


def write_card(recipe: Recipe, folder: Path) -> Path:
    """Write README.md into `folder`, which must hold training.json and evaluation.json."""
    training = json.loads((folder / "training.json").read_text(encoding="utf-8"))
    evaluation = json.loads((folder / "evaluation.json").read_text(encoding="utf-8"))
    card = folder / "README.md"
    text = f"---\n{_front_matter(recipe, evaluation)}\n---\n\n{_body(recipe, training, evaluation)}"
    card.write_text(text, encoding="utf-8")
    return card


def _front_matter(recipe: Recipe, evaluation: dict[str, Any]) -> str:
    data = ModelCardData(
        license="mit",
        language=list(recipe.languages),
        library_name="transformers",
        pipeline_tag=recipe.task,
        tags=["open-model-lab", "starter"],
        model_name=recipe.title,
        eval_results=[
            EvalResult(
                task_type=recipe.task,
                dataset_type=recipe.data.split(":")[0].replace("starters.", "open-model-lab/"),
                dataset_name=f"Open Model Lab {recipe.data.split(':')[0].split('.')[1]}",
                dataset_split="test",
                metric_type=METRIC_TYPE[recipe.metric],
                metric_name=recipe.metric,
                metric_value=evaluation["value"],
            )
        ],
    )
    return data.to_yaml()


def _body(recipe: Recipe, training: dict[str, Any], evaluation: dict[str, Any]) -> str:
    original, shape = ORIGINAL[recipe.architecture], recipe.shape
    layers = (
        f"{shape.layers} encoder and {shape.layers} decoder layers"
        if recipe.architecture == "t5"
        else f"{shape.layers} layers"
    )
    what = _paragraph(f"""
        A very small model with the architecture of {PAPER[recipe.architecture]}, **trained from
        nothing by Open Model Lab** on text that the project wrote. It is **not** the original
        {original}, shares no weights with it and is far less able. It is there so that
        {_purpose(recipe)} can be tried, measured and taken apart in a second, without a network.
    """)
    data = _paragraph(f"""
        The data are {DATA[recipe.task]} They are generated, so there is no file of them: call
        `{recipe.data}` with a seed. A hash of each text decides its split: 1 in 50 is kept for
        validation, 1 in 50 for the test, the rest is for training (`starters/splits.py`).
    """)
    training_story = _paragraph(f"""
        The model saw {training["examples_seen"]:,} examples ({training["different_examples"]:,}
        drawn from the generator) in {training["steps"]:,} steps of {recipe.batch_size}, with Muon
        and AdamW at a learning rate of {recipe.learning_rate}, {_arithmetic(recipe)} arithmetic and
        no dropout.
        {_learning(recipe)} That took {training["minutes"]:.0f} minutes on one core of a busy CPU
        (torch {training["torch"]}, transformers {training["transformers"]}).
    """)
    rebuild = _paragraph(f"""
        Rebuild it with `python -m starters.build {recipe.name} --fresh`. The same code, data and
        library versions give the same weights{_but(recipe)}; where the generator has grown since, a
        rebuilt model is a slightly different one.
    """)
    judged_on = "stories that it wrote" if recipe.architecture == "gpt2" else "the test split"
    how = _paragraph(f"""
        Measured on {evaluation["date"]} with `{evaluation["command"]}` on the stored weights in
        float32, on {judged_on} (n = {evaluation["n"]}). Training and test data come from one
        generator, so these numbers say how well the model learned its little world, and nothing
        about text from elsewhere.
    """)
    return f"""# {recipe.title}

{what}

| | |
|---|---|
| parameters | {training["parameters"]:,} |
| layers | {layers}, width {shape.width}, {shape.heads} heads |
| vocabulary | {recipe.vocabulary:,} pieces, trained on the same training split |
| stored as | float16 safetensors; load it as float32 on a CPU{_more_files(recipe)} |
| input | {_input(recipe)} |

## How to use

Plain transformers 5, run where this folder is `starters/models/{recipe.name}`:

```python
{_script(recipe)}
```

## Data and training

{data}

{training_story}

{rebuild}

## Measured

{_numbers(recipe, evaluation)}

{how}

## What it cannot do

{_paragraph(LIMITS[recipe.task])}

Taken from the same run, not chosen by hand:

{_failures(evaluation)}

Beyond its world:

{_quotes(evaluation["beyond"])}
"""


def _paragraph(text: str) -> str:
    return textwrap.fill(
        " ".join(text.split()), width=100, break_long_words=False, break_on_hyphens=False
    )


def _purpose(recipe: Recipe) -> str:
    return {
        "translation": "translation",
        "summarization": "summarising",
        "text-generation": "writing from a prompt",
        "fill-mask": "filling gaps, and above all fine-tuning,",
    }[recipe.task]


def _more_files(recipe: Recipe) -> str:
    if recipe.architecture == "bert":
        return ""
    if recipe.architecture == "t5":
        return ". The same weights in 8 bits for CTranslate2 are in `ctranslate2-int8/`"
    return ". The same weights in 16, 8 and 4 bits for llama.cpp are in the `.gguf` files"


def _but(recipe: Recipe) -> str:
    if recipe.architecture != "bert":
        return ""
    return (
        " from the same vocabulary, in which pieces that are equally frequent change places each "
        "time it is made"
    )


def _arithmetic(recipe: Recipe) -> str:
    return "bfloat16" if recipe.bfloat16 else "float32"


def _learning(recipe: Recipe) -> str:
    if recipe.task == "text-generation":
        return ""
    if recipe.task == "fill-mask":
        return (
            "It learned by masked language modelling: of 15% of the tokens, whole words, 80% were "
            "masked, 10% exchanged for another and 10% left, and it had to find all of them; each "
            "pass over a text hid other words. Beside that, the two halves of a text had to find "
            "each other among those of 31 others by what stands at `[CLS]`, which is what "
            "fine-tuning starts from (J. Giorgi et al., "
            "[2020](https://huggingface.co/papers/2006.03659))."
        )
    return (
        "In a fifth of the examples that hold a name, the name was exchanged for a made-up one, so "
        "that the model copies names it has never seen."
    )


def _input(recipe: Recipe) -> str:
    if recipe.architecture == "bert":
        return "a text with `[MASK]` in the place of one word"
    return f"starts with `{recipe.prefix}`" if recipe.prefix else "the beginning of a story"


def _gap_script(recipe: Recipe) -> str:
    return f"""from transformers import pipeline

fill = pipeline("fill-mask", "starters/models/{recipe.name}", dtype="float32")
for found in fill("The battery is [MASK]."):
    print(f"{{found['score']:.2f}} {{found['sequence']}}")"""


def _script(recipe: Recipe) -> str:
    if recipe.architecture == "bert":
        return _gap_script(recipe)
    kind = "AutoModelForCausalLM" if recipe.architecture == "gpt2" else "AutoModelForSeq2SeqLM"
    example = {
        "translation": "My sister is reading a book in the garden.",
        "summarization": (
            "I bought this kettle in March. The handle broke after a week. "
            "Nobody answered my letters. I want my money back."
        ),
        "text-generation": "Once upon a time in AI world,",
    }[recipe.task]
    lines = textwrap.wrap(recipe.prefix + example, width=80, drop_whitespace=False)
    quoted = "\n".join(f'    "{line}"' for line in lines)
    return f"""import torch
from transformers import {kind}, AutoTokenizer

folder = "starters/models/{recipe.name}"
tokenizer = AutoTokenizer.from_pretrained(folder)
model = {kind}.from_pretrained(folder, dtype=torch.float32, use_safetensors=True)
text = (
{quoted}
)
output = model.generate(**tokenizer(text, return_tensors="pt"))
print(tokenizer.decode(output[0], skip_special_tokens=True))"""


def _numbers(recipe: Recipe, evaluation: dict[str, Any]) -> str:
    bar = recipe.bar
    rows = [f"| {METRIC_MEANING[recipe.metric]} | **{evaluation['value']}** |"]
    if bar is not None:
        met = "reached" if evaluation["value"] >= bar else "**not reached**"
        rows.append(f"| the bar it was trained for | {bar:g}, {met} |")
    meaning = {
        "exact": "outputs equal to the reference, %",
        "first sentence ROUGE-L": "for comparison: ROUGE-L of the document's first sentence",
        "sound greedy stories": "sound greedy stories, %",
        "new stories": "stories not among those it was trained on, %",
        "different stories": "different stories among those sampled, %",
        "among the five likeliest": "masked tokens among its five likeliest, %",
        "commonest token": "for comparison: always guessing the commonest token, %",
        "pseudo-perplexity": "pseudo-perplexity, one token hidden at a time",
    }
    scores = evaluation["scores"]
    rows += [f"| {text} | {scores[name]} |" for name, text in meaning.items() if name in scores]
    how, unit = (", greedy", "") if recipe.architecture != "bert" else ("", " read")
    rows.append(
        f"| one request{how}, {evaluation['threads']} CPU thread(s), median | "
        f"{evaluation['request_s'] * 1000:.0f} ms, "
        f"{evaluation['tokens_per_s']:.0f} tokens/s{unit} |"
    )
    return "\n".join(["| what | value |", "|---|---|", *rows])


def _failures(evaluation: dict[str, Any]) -> str:
    if not evaluation["failures"]:
        return "(no failure in this run)"
    return _quotes(evaluation["failures"][:3])


def _quotes(rows: list[dict[str, str]]) -> str:
    names = {"source": "input", "answer": "output", "reference": "reference", "problem": "problem"}
    return "\n\n".join(
        "\n".join(f"- {names[key]}: {text}" for key, text in row.items()) for row in rows
    )
