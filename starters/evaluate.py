"""Measure the starter models: `python -m starters.evaluate [NAME ...] [--json]`.

Only examples of the test split are used, which no model has learned from. The stored weights are
half precision and run in float32. Results go to each model's evaluation.json and card.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version

from starters.stories.check import problems
from starters.training.answers import Starter, answer, fill, load, speed
from starters.training.card import write_card
from starters.training.gaps import pseudo_perplexity, score_gaps
from starters.training.overview import write_table
from starters.training.recipes import MODELS, RECIPES, Recipe
from starters.training.scoring import OPENINGS, score_answers, score_stories
from starters.training.stream import held_out

LIBRARIES = ("torch", "transformers", "tokenizers", "sacrebleu", "rouge_score")
TIMED_REQUESTS = 30
# Each token of these is hidden once, one at a time, which takes long.
TEXTS_ONE_BY_ONE = 60

# Texts that no generator of ours makes, to show where each model's world ends.
BEYOND = {
    "translation": (
        "The minister resigned after the scandal.",
        "Photosynthesis turns sunlight into sugar.",
        "Could you lend me a hand with this?",
        "Zorblax is eating an apple.",
        "I have 17 cats.",
    ),
    "summarization": (
        "The Eiffel Tower was built in 1889. It is 330 metres high. It was the tallest structure "
        "in the world for 41 years. It stands in Paris.",
        "Water boils at 100 degrees at sea level. On a high mountain it boils earlier. That is "
        "why pasta takes longer there.",
    ),
    "text-generation": ("The capital of France is", "Q: What is 2 + 2? A:"),
    "fill-mask": (
        "The capital of France is [MASK].",
        "Water boils at one hundred [MASK].",
        "The doctor said that [MASK] would come tomorrow.",
    ),
}


@dataclass(frozen=True)
class Evaluation:
    """One model's measured quality (percent or score, 0 to 100) and speed."""

    name: str
    metric: str
    value: float
    bar: float | None
    scores: dict[str, float]
    n: int
    request_s: float
    tokens_per_s: float
    threads: int
    date: str
    command: str
    versions: dict[str, str]
    failures: list[dict[str, str]]
    beyond: list[dict[str, str]]


def evaluate(recipe: Recipe, *, n: int) -> Evaluation:
    """Measure one stored model on `n` test examples, or on `n` sampled stories."""
    starter = load(recipe)
    if recipe.architecture == "gpt2":
        scores, unsound = score_stories(starter, count=n)
        failures = [
            {"answer": story, "problem": " ".join(problems(story)) or "It does not end."}
            for story in unsound[:8]
        ]
        fast = speed(starter, OPENINGS)
    elif recipe.architecture == "bert":
        examples = held_out(recipe, "test", n)
        scores, failures = score_gaps(starter, examples)
        scores["pseudo-perplexity"] = pseudo_perplexity(starter, examples[:TEXTS_ONE_BY_ONE])
        fast = speed(starter, [example.target for example in examples[:TIMED_REQUESTS]])
    else:
        examples = held_out(recipe, "test", n)
        scores, answers = score_answers(starter, examples)
        failures = [
            {"source": example.source, "answer": wrong, "reference": example.target}
            for example, wrong in zip(examples, answers, strict=True)
            if wrong != example.target
        ][:8]
        fast = speed(starter, [example.source for example in examples[:TIMED_REQUESTS]])
    return Evaluation(
        name=recipe.name,
        metric=recipe.metric,
        value=round(scores[recipe.metric], 2),
        bar=recipe.bar,
        scores={name: round(score, 2) for name, score in scores.items()},
        n=n,
        request_s=round(fast.request_s, 4),
        tokens_per_s=round(fast.tokens_per_s, 1),
        threads=fast.threads,
        date=datetime.now(UTC).date().isoformat(),
        command=f"python -m starters.evaluate {recipe.name} -n {n}",
        versions={library: version(library) for library in LIBRARIES},
        failures=failures,
        beyond=[{"source": text, "answer": _answer(starter, text)} for text in BEYOND[recipe.task]],
    )


def _answer(starter: Starter, text: str) -> str:
    if starter.recipe.architecture == "bert":
        return fill(starter, text)
    return answer(starter, [text])[0]


def line(found: Evaluation) -> str:
    """Return one line for the terminal."""
    bar = "no bar" if found.bar is None else f"bar {found.bar:g}"
    return (
        f"{found.name:18} {found.metric:13} {found.value:6.2f} ({bar}, n={found.n})  "
        f"{found.request_s * 1000:5.0f} ms a request  {found.tokens_per_s:5.0f} tokens/s"
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure the models named on the command line, or all that are built."""
    parser = argparse.ArgumentParser(prog="python -m starters.evaluate", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(RECIPES))
    parser.add_argument("-n", type=int, help="test examples (400), or stories (200)")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    given = parser.parse_args(arguments)
    unknown = set(given.names) - set(RECIPES)
    if unknown:
        parser.error(f"no recipe for {', '.join(sorted(unknown))}; there are {', '.join(RECIPES)}")
    built = [name for name in RECIPES if (MODELS / name / "model.safetensors").exists()]
    for name in given.names or built:
        recipe = RECIPES[name]
        n = given.n or (200 if recipe.architecture == "gpt2" else 400)
        found = evaluate(recipe, n=n)
        text = json.dumps(asdict(found), indent=2, ensure_ascii=False)
        (MODELS / name / "evaluation.json").write_text(text + "\n", encoding="utf-8")
        write_card(recipe, MODELS / name)
        print(text if given.json else line(found), flush=True)
    write_table()


if __name__ == "__main__":
    main()
