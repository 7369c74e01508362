"""Write a starter's model card from its recipe and from what was measured, never by hand."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path
from typing import Any

from huggingface_hub import EvalResult, ModelCardData

from starters.training.recipes import Recipe

ORIGINAL = {"t5": "T5", "gpt2": "GPT-2"}
PAPER = {
    "t5": "[T5](https://huggingface.co/papers/1910.10683) (Raffel et al., 2019)",
    "gpt2": "[GPT-2](https://huggingface.co/openai-community/gpt2) (Radford et al., 2019)",
}
METRIC_TYPE = {"chrF": "chrf", "ROUGE-L": "rouge", "sound stories": "sound_stories"}
METRIC_MEANING = {
    "chrF": "chrF (sacrebleu, `corpus_chrf`), 0 to 100: overlap of letters with the reference",
    "ROUGE-L": "ROUGE-L F (rouge_score, stemmed, mean), 0 to 100: words in common with the "
    "reference, in order",
    "sound stories": "sound stories, %: sampled stories (temperature 0.8, top_p 0.95) that end by "
    "themselves and in which `starters.stories.check` finds no problem",
}
DATA = {
    "translation": (
        "English sentences with their French, made by a small grammar and lexicon that this "
        "project wrote (`starters/translation/`). In this French, *you* is always *vous*, and *I*, "
        "*you*, *we* and *they* are masculine."
    ),
    "summarization": (
        "short news reports and customer reviews with a summary of one sentence, put together "
        "from building blocks that this project wrote (`starters/summaries/`)."
    ),
    "text-generation": (
        "little stories put together from plots and worlds that this project wrote "
        "(`starters/stories/`)."
    ),
}
LIMITS = {
    "translation": (
        "It knows the words and sentence patterns of its grammar. Sentences about anything else "
        "come out as wrong or broken French, spelled with confidence. It knows no politics, no "
        "science, no idioms that its lexicon lacks, no informal *tu*. Unknown names and larger "
        "numbers are often lost. It takes one short text at a time."
    ),
    "summarization": (
        "It has read nothing but reviews and local news of 3 to 8 sentences. Given any other text "
        "it still writes a sentence of one of those kinds, often with facts that the text does not "
        "hold. Read that as a lesson in hallucination, not as a summary."
    ),
    "text-generation": (
        "It knows a few worlds, a few plots and no facts. It answers no questions and follows no "
        "instructions; a prompt that is no beginning of a story is continued like one, or falls "
        "apart. Prompt and story together are at most 256 tokens."
    ),
}


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
        and AdamW at a learning rate of {recipe.learning_rate}, bfloat16 arithmetic and no dropout.
        {_names(recipe)} That took {training["minutes"]:.0f} minutes on one core of a busy CPU
        (torch {training["torch"]}, transformers {training["transformers"]}).
    """)
    rebuild = _paragraph(f"""
        Rebuild it with `python -m starters.build {recipe.name} --fresh`. The same code, data and
        library versions give the same weights; where the generator has grown since, a rebuilt
        model is a slightly different one.
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
| input | {f"starts with `{recipe.prefix}`" if recipe.prefix else "the beginning of a story"} |

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
    }[recipe.task]


def _more_files(recipe: Recipe) -> str:
    if recipe.architecture == "t5":
        return ". The same weights in 8 bits for CTranslate2 are in `ctranslate2-int8/`"
    return ". The same weights in 16, 8 and 4 bits for llama.cpp are in the `.gguf` files"


def _names(recipe: Recipe) -> str:
    if recipe.task == "text-generation":
        return ""
    return (
        "In a fifth of the examples that hold a name, the name was exchanged for a made-up one, so "
        "that the model copies names it has never seen."
    )


def _script(recipe: Recipe) -> str:
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
    }
    scores = evaluation["scores"]
    rows += [f"| {text} | {scores[name]} |" for name, text in meaning.items() if name in scores]
    rows.append(
        f"| one request, greedy, {evaluation['threads']} CPU thread(s), median | "
        f"{evaluation['request_s'] * 1000:.0f} ms, {evaluation['tokens_per_s']:.0f} tokens/s |"
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
