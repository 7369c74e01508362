"""Keep the table of all starters in starters/README.md in step with what was measured."""

from __future__ import annotations

import json

from starters.training.recipes import MODELS, RECIPES, STARTERS

BEGIN = "<!-- table: written by python -m starters.evaluate -->\n"
END = "<!-- /table -->"
_TEXTS = ("README.md", "evaluation.json", "training.json")


def table() -> str:
    """Return a Markdown table with a row for each model that is built and measured."""
    rows = [
        "| model | parameters | folder | quality | bar | one request | tokens/s | training |",
        "|---|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for name, recipe in RECIPES.items():
        folder = MODELS / name
        if not (folder / "evaluation.json").exists():
            continue
        found = json.loads((folder / "evaluation.json").read_text(encoding="utf-8"))
        training = json.loads((folder / "training.json").read_text(encoding="utf-8"))
        # The text files name this number themselves, and are too small to change it.
        large = (path for path in folder.rglob("*") if path.is_file() and path.name not in _TEXTS)
        size = sum(path.stat().st_size for path in large) / 1e6
        bar = "–" if recipe.bar is None else f"{recipe.bar:g}"
        unit = "" if recipe.architecture == "t5" else "%"
        rows.append(
            f"| [{name}](models/{name}/) | {training['parameters'] / 1e6:.2f} M | {size:.1f} MB "
            f"| {found['value']:.1f}{unit} {recipe.metric} | {bar} "
            f"| {found['request_s'] * 1000:.0f} ms | {found['tokens_per_s']:.0f} "
            f"| {training['minutes']:.0f} min |"
        )
    return "\n".join(rows) + "\n"


def write_table() -> None:
    """Replace the table in starters/README.md."""
    path = STARTERS / "README.md"
    before, rest = path.read_text(encoding="utf-8").split(BEGIN)
    after = rest.split(END)[1]
    path.write_text(before + BEGIN + table() + END + after, encoding="utf-8")
