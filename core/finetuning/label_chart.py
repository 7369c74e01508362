"""How many examples each label has, split by split: a chart and the sentence that it shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import altair as alt
import pandas as pd

from core.finetuning.data_labels import in_order
from core.finetuning.data_text import short
from core.finetuning.types import Splits

Counts = Mapping[str, Mapping[str, int]]

_COLOURS = {"train": "#2A8FD0", "validation": "#D55E00", "test": "#009E73"}
_BALANCED = 1.25  # labels closer than this are told as equally many
_MOST = 20  # labels drawn
_WORDS = ("", "", "Twice", "Three times", "Four times", "Five times", "Six times")


def count_labels(splits: Splits) -> dict[str, dict[str, int]]:
    """Return how many examples each label has in each split."""
    parts = {"train": splits.train, "validation": splits.validation, "test": splits.test}
    counted = {name: Counter(example.label for example in part) for name, part in parts.items()}
    return {
        name: {label: counts[label] for label in splits.labels} for name, counts in counted.items()
    }


def label_finding(counts: Counts) -> str:
    """Say in one sentence how even the labels are; title and alternative text of the chart."""
    totals = _totals(counts)
    if not totals:
        return "No examples yet"
    if len(totals) == 1:
        ((label, number),) = totals.items()
        return f"One label alone: {number:,} {short(label)}"
    common = max(totals, key=lambda label: totals[label])
    rare = min(totals, key=lambda label: totals[label])
    most, least = totals[common], totals[rare]
    if least == 0:
        return f"No {short(rare)} at all beside {most:,} {short(common)}"
    if most <= least * _BALANCED:
        if len(totals) == 2:
            return "Balanced: " + " and ".join(
                f"{number:,} {short(label)}" for label, number in totals.items()
            )
        each = f"{least:,}" if least == most else f"{least:,} to {most:,}"
        return f"Balanced: each of {len(totals)} labels has {each} examples"
    ratio = most / least
    ends = f"{short(common)} as {short(rare)} ({most:,} to {least:,})"
    if ratio < 1.75:
        return f"Somewhat uneven: {ratio:.1f} times as many {ends}"
    times = round(ratio)
    return f"{_WORDS[times] if times < len(_WORDS) else f'{times:,} times'} as many {ends}"


def label_chart(counts: Counts) -> alt.Chart:
    """Draw the counts by label, stacked by split; of many labels the commonest twenty."""
    totals = _totals(counts)
    drawn = sorted(totals, key=lambda label: -totals[label])[:_MOST]
    labels = in_order(drawn)
    names = _names(labels)
    frame = pd.DataFrame(
        [
            {"label": names[label], "split": part, "place": place, "count": by_label.get(label, 0)}
            for place, (part, by_label) in enumerate(counts.items())
            for label in labels
        ],
        columns=["label", "split", "place", "count"],
    )
    parts = list(counts)
    spare = [colour for part, colour in _COLOURS.items() if part not in parts]
    colours = [_COLOURS.get(part) or spare.pop(0) for part in parts[: len(_COLOURS)]]
    chart: alt.Chart = (
        alt.Chart(frame)
        .mark_bar()
        .encode(
            x=alt.X("count:Q", title="Examples", axis=alt.Axis(tickMinStep=1, format=",d")),
            y=alt.Y(
                "label:N", title=None, sort=list(names.values()), axis=alt.Axis(labelLimit=220)
            ),
            color=alt.Color(
                "split:N",
                scale=alt.Scale(domain=parts, range=colours),
                legend=alt.Legend(title=None, orient="bottom") if len(parts) > 1 else None,
            ),
            order=alt.Order("place:Q"),
            tooltip=[
                alt.Tooltip("label:N", title="Label"),
                alt.Tooltip("split:N", title="Split"),
                alt.Tooltip("count:Q", title="Examples", format=","),
            ],
        )
        .properties(height=34 * max(1, len(labels)) + 60)
    )
    return chart


def _totals(counts: Counts) -> dict[str, int]:
    totals: Counter[str] = Counter()
    for by_label in counts.values():
        totals.update(dict(by_label))
    return {label: totals[label] for label in in_order(totals)}


def _names(labels: tuple[str, ...]) -> dict[str, str]:
    """Return what each label is drawn as: short, and still different from the others."""
    names: dict[str, str] = {}
    for label in labels:
        name, again = short(label), 2
        while name in names.values():
            name, again = f"{short(label)} ({again})", again + 1
        names[label] = name
    return names
