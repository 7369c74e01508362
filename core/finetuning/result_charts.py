"""Charts of a training and of its result: each with the sentence that it shows.

A finding is title and alternative text in one. Colours are those of `core.charts`. Heights hold
axes and legend too, which take some 100 pixels.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import mean

import altair as alt
import pandas as pd

from core.finetuning.data_text import short
from core.finetuning.expectations import HARDLY, jump, overfits
from core.finetuning.types import Evaluation, TrainingStep

_TRAIN, _VALIDATION = "#2A8FD0", "#D55E00"
_FOR, _AGAINST = "#2A8FD0", "#D55E00"
_MOST_DOTS = 400
_MOST_LABELS = 20  # drawn in a heat map
_FELT = 0.0005  # less would be written as nothing


def loss_finding(steps: Sequence[TrainingStep]) -> str:
    """Say in one sentence where the loss went."""
    if any(not math.isfinite(step.loss) for step in steps):
        return "The loss is no number any more: the training fell apart"
    losses = [step.loss for step in steps]
    if len(losses) < 4:
        return "The loss of the first steps"
    edge = max(1, len(losses) // 10)
    first, last = mean(losses[:edge]), mean(losses[-edge:])
    seen = [step.validation_loss for step in steps if step.validation_loss is not None]
    ends = f"from {first:.2f} to {last:.2f}"
    jumped = jump(losses)
    if overfits(steps) and last < first and jumped is None:
        return (
            f"Loss fell {ends} on the training texts, and rose from {min(seen):.2f} to "
            f"{seen[-1]:.2f} on new ones: overfitting"
        )
    if last > first * 1.05:
        return f"Loss rose {ends}: nothing is learned"
    if jumped is not None:
        began, highest, ended = jumped
        return f"Loss jumped from {began:.2f} to {highest:.2f} and ended at {ended:.2f}"
    if last > first * 0.95:
        return f"Loss hardly moves: {ends}"
    if last > first * HARDLY:
        return f"Loss falls little: {ends}"
    return f"Loss fell {ends}"


def accuracy_finding(steps: Sequence[TrainingStep]) -> str:
    """Say in one sentence how the accuracy on texts that are not trained on went."""
    seen = [(step.step, step.validation_accuracy) for step in steps]
    looks = [(step, accuracy) for step, accuracy in seen if accuracy is not None]
    if not looks:
        return "Validation accuracy has not been measured yet"
    best_at, best = max(looks, key=lambda look: look[1])
    if len(looks) == 1:
        return f"Validation accuracy: {best:.0%} after step {best_at}"
    first, last = looks[0][1], looks[-1][1]
    return (
        f"Validation accuracy went from {first:.0%} to {last:.0%}; the best was {best:.0%}, "
        f"after step {best_at}"
    )


def loss_chart(steps: Sequence[TrainingStep]) -> alt.LayerChart:
    """Draw the loss on each batch by step, and that on the validation texts where it is known."""
    every = max(1, len(steps) // _MOST_DOTS)
    trained = [(step.step, step.loss, "training texts") for step in steps[::every]]
    looked = [
        (step.step, step.validation_loss, "validation texts")
        for step in steps
        if step.validation_loss is not None
    ]
    rows = [row for row in trained + looked if math.isfinite(row[1])]
    frame = pd.DataFrame(rows, columns=["step", "loss", "of"])
    base = alt.Chart(frame).encode(
        x=_step_axis(steps),
        y=alt.Y("loss:Q", title="Loss", scale=alt.Scale(zero=True)),
        color=alt.Color(
            "of:N",
            scale=alt.Scale(
                domain=["training texts", "validation texts"], range=[_TRAIN, _VALIDATION]
            ),
            legend=alt.Legend(title=None, orient="bottom"),
        ),
        tooltip=[
            alt.Tooltip("step:Q", title="Step"),
            alt.Tooltip("loss:Q", title="Loss", format=".3f"),
            alt.Tooltip("of:N", title="On"),
        ],
    )
    chart: alt.LayerChart = (
        base.mark_line(strokeWidth=1.5)
        + base.transform_filter("datum.of == 'validation texts'").mark_point(filled=True, size=70)
    ).properties(height=330)
    return chart


def accuracy_chart(steps: Sequence[TrainingStep]) -> alt.Chart:
    """Draw the accuracy on the validation texts by step, one dot a measurement."""
    rows = [
        (step.step, step.validation_accuracy)
        for step in steps
        if step.validation_accuracy is not None
    ]
    chart: alt.Chart = (
        alt.Chart(pd.DataFrame(rows, columns=["step", "accuracy"]))
        .mark_line(color=_VALIDATION, point=alt.OverlayMarkDef(size=70, color=_VALIDATION))
        .encode(
            x=_step_axis(steps),
            y=alt.Y(
                "accuracy:Q",
                title="Validation accuracy",
                scale=alt.Scale(domain=[0, 1]),
                axis=alt.Axis(format=".0%"),
            ),
            tooltip=[
                alt.Tooltip("step:Q", title="Step"),
                alt.Tooltip("accuracy:Q", title="Accuracy", format=".1%"),
            ],
        )
        .properties(height=280)
    )
    return chart


def confusion_finding(evaluation: Evaluation) -> str:
    """Say in one sentence which label is taken most often for which other one."""
    pairs = [
        (number, row, column)
        for row, counts in enumerate(evaluation.confusion)
        for column, number in enumerate(counts)
        if row != column and number
    ]
    total = len(evaluation.examples)
    wrong = sum(number for number, _, _ in pairs)
    if not wrong:
        return f"All {total:,} test texts got the right label"
    number, row, column = max(pairs)
    return (
        f"{wrong:,} of {total:,} test texts got a wrong label; most often "
        f"{short(evaluation.labels[row])} was taken for {short(evaluation.labels[column])} "
        f"({number:,} times)"
    )


def confusion_chart(evaluation: Evaluation) -> alt.LayerChart:
    """Draw the confusion matrix as a heat map: true labels down, guesses across, counts inside.

    A cell is as dark as its share of its row. Of many labels the first twenty are drawn.
    """
    names = [
        f"{place}. {short(label, length=24)}"
        if len(evaluation.labels) > 5
        else short(label, length=24)
        for place, label in enumerate(evaluation.labels[:_MOST_LABELS], 1)
    ]
    names = names if len(set(names)) == len(names) else [str(at + 1) for at in range(len(names))]
    frame = pd.DataFrame(
        [
            {
                "truth": names[row],
                "guess": names[column],
                "count": counts[column],
                "share": counts[column] / (sum(counts) or 1),
            }
            for row, counts in enumerate(evaluation.confusion[:_MOST_LABELS])
            for column in range(len(names))
        ]
    )
    base = alt.Chart(frame).encode(
        x=alt.X(
            "guess:N",
            title="The model's guess",
            sort=names,
            axis=alt.Axis(labelAngle=0, labelFlush=False),
        ),
        y=alt.Y("truth:N", title="True label", sort=names),
        tooltip=[
            alt.Tooltip("truth:N", title="True label"),
            alt.Tooltip("guess:N", title="Guess"),
            alt.Tooltip("count:Q", title="Texts", format=","),
            alt.Tooltip("share:Q", title="Of this label", format=".0%"),
        ],
    )
    cells = base.mark_rect().encode(
        color=alt.Color("share:Q", scale=alt.Scale(scheme="blues", domain=[0, 1]), legend=None)
    )
    counts = base.mark_text(fontSize=15).encode(
        text=alt.Text("count:Q", format=","),
        color=alt.condition("datum.share > 0.5", alt.value("white"), alt.value("#1A2530")),
    )
    chart: alt.LayerChart = (cells + counts).properties(height=60 * max(2, len(names)) + 100)
    return chart


def influence_finding(words: Sequence[tuple[str, float]], label: str) -> str:
    """Say in one sentence which word speaks most for `label`, and which most against it."""
    if not words:
        return "There are no words to leave out"
    best, worst = max(words, key=lambda word: word[1]), min(words, key=lambda word: word[1])
    parts = []
    if best[1] > _FELT:
        parts.append(
            f"“{short(best[0])}” speaks most for {short(label)} ({best[1] * 100:+.1f} pts)"
        )
    if worst[1] < -_FELT:
        parts.append(f"“{short(worst[0])}” most against it ({worst[1] * 100:+.1f} pts)")
    return ", ".join(parts) or "No word alone changes the guess"


def influence_chart(words: Sequence[tuple[str, float]]) -> alt.Chart:
    """Draw how much less sure the model is without each word, in the order of the sentence."""
    frame = pd.DataFrame(
        [
            {
                "place": f"{place}. {short(word, length=24)}",
                "influence": influence * 100,
                "speaks": "for the guess" if influence >= 0 else "against it",
            }
            for place, (word, influence) in enumerate(words, 1)
        ],
        columns=["place", "influence", "speaks"],
    )
    chart: alt.Chart = (
        alt.Chart(frame)
        .mark_bar()
        .encode(
            x=alt.X("influence:Q", title="Percentage points less sure without it"),
            y=alt.Y(
                "place:N",
                title=None,
                sort=list(frame["place"]),
                axis=alt.Axis(labelLimit=180, labelOverlap=False),
            ),
            color=alt.Color(
                "speaks:N",
                scale=alt.Scale(domain=["for the guess", "against it"], range=[_FOR, _AGAINST]),
                legend=alt.Legend(title=None, orient="bottom"),
            ),
            tooltip=[
                alt.Tooltip("place:N", title="Word"),
                alt.Tooltip("influence:Q", title="Points", format="+.1f"),
            ],
        )
        .properties(height=26 * max(2, len(words)) + 160)
    )
    return chart


def _step_axis(steps: Sequence[TrainingStep]) -> alt.X:
    # As long as the training will be, so that a curve grows without moving.
    scale = alt.Scale(domain=[0, steps[-1].steps if steps else 1], nice=False)
    return alt.X("step:Q", title="Step", scale=scale, axis=alt.Axis(tickMinStep=1, format=",d"))
