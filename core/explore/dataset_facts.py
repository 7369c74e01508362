"""What is known of a dataset, and what its card leaves out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from core.bounds import count, text, texts
from core.card import Card
from core.explore.repo_facts import (
    CARD,
    FILES,
    HUB,
    card_says,
    grouped,
    hub_facts,
    licence_fact,
    listed,
    sized,
)
from core.explore.types import Fact, Gap

_MOST_PARTS = 50
_GATES = {
    "auto": "yes: everybody who accepts its terms gets it",
    "manual": "yes: its owner lets people in one by one",
}

# What is missing, why that matters, where the metadata can say it, and headings that do.
_GAPS = (
    (
        "Source of the data",
        "Without it, nobody can tell whose words or pictures these are, or how old.",
        ("source_datasets",),
        r"source|origin|provenance|where .*from",
    ),
    (
        "How it was collected",
        "What was searched, chosen and thrown away decides what a model can learn from it.",
        ("annotations_creators", "language_creators"),
        r"collect|creation|construct|curation|annotat|process|how .*(made|built)|method",
    ),
    (
        "Limitations and bias",
        "Each collection misses somebody; who knows whom can allow for it.",
        (),
        r"limit|bias|risk|ethic|out.of.scope|considerations|caveat",
    ),
)


def dataset_facts(told: Mapping[str, Any]) -> Iterator[Fact]:
    """Yield what the Hub's answer says; `cardData` in it is the card's metadata, bounded."""
    metadata: Mapping[str, Any] = told["cardData"]
    yield from licence_fact(metadata)
    for name, key in (
        ("Languages", "language"),
        ("Tasks", "task_categories"),
        ("Size category", "size_categories"),
        ("Made from", "source_datasets"),
    ):
        if value := listed(metadata.get(key)):
            yield Fact(name, value, CARD)
    if rows := _rows(metadata):
        yield Fact("Rows", rows, CARD)
    files = told.get("siblings")
    if isinstance(files, list):
        yield Fact("Files", grouped(len(files)), FILES)
    if (size := count(told.get("mainSize"))) is not None:
        yield Fact("Size of all files", sized(size), FILES)
    yield Fact("Gated", gate_words(told.get("gated")), HUB)
    yield from hub_facts(told)


def dataset_gaps(told: Mapping[str, Any], card: Card | None) -> Iterator[Gap]:
    """Yield what nothing says; of a card that could not be read, only what metadata would say."""
    metadata: Mapping[str, Any] = told["cardData"]
    if not texts(metadata.get("license")):
        yield Gap("Licence", "Without a licence, nobody has permission to use or pass on the data.")
    if not texts(metadata.get("language")):
        yield Gap("Languages", "A model learns the languages of its data, and no others.")
    if card is None:
        return
    for name, why, keys, titles in _GAPS:
        if not any(texts(metadata.get(key)) for key in keys) and not card_says(card, titles):
            yield Gap(name, why)
    if not [*_splits(metadata)] and not metadata.get("configs") and not card_says(card, "split"):
        yield Gap(
            "Splits",
            "Without a part that is kept for testing, two results cannot be compared fairly.",
        )


def gate_words(value: Any) -> str:
    """Return what a repository's gate asks of people."""
    if isinstance(value, str):
        return _GATES.get(value, "yes")
    return "yes" if value else "no"


def _rows(metadata: Mapping[str, Any]) -> str:
    splits = [*_splits(metadata)]
    total = sum(rows for _, rows in splits)
    if not total:
        return ""
    if len(splits) == 1:
        return f"{total:,}"
    if len(splits) > 4:
        return f"{total:,} in {len(splits)} parts"
    return f"{total:,}: " + ", ".join(f"{rows:,} in {name}" for name, rows in splits)


def _splits(metadata: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    info = metadata.get("dataset_info")
    for config in (info if isinstance(info, list) else [info])[:_MOST_PARTS]:
        splits = config.get("splits") if isinstance(config, Mapping) else None
        for split in (splits if isinstance(splits, list) else [])[:_MOST_PARTS]:
            if isinstance(split, Mapping) and (name := text(split.get("name"), longest=60)):
                # Bounded metadata are texts.
                rows = text(split.get("num_examples"))
                if rows.isascii() and rows.isdigit() and len(rows) <= 15:
                    yield name, int(rows)
