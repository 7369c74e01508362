"""Each chart is drawn whatever came out, and its sentence says what is seen."""

from __future__ import annotations

import json
import math

from hypothesis import given
from hypothesis import strategies as st

from core.finetuning.failure_presets import PRESETS, Preset, preset_data, preset_of, training_name
from core.finetuning.feedback import customer_feedback
from core.finetuning.result_charts import (
    accuracy_chart,
    accuracy_finding,
    confusion_chart,
    confusion_finding,
    influence_chart,
    influence_finding,
    loss_chart,
    loss_finding,
)
from core.finetuning.types import Evaluation, Example, Guess, Interval, TrainingStep

NUMBERS = st.floats(0, 100) | st.sampled_from([math.nan, math.inf])
SHARES = st.none() | st.floats(0, 1)


def steps_of(losses: list[float], seen: dict[int, tuple[float, float]]) -> list[TrainingStep]:
    return [
        TrainingStep(step, len(losses), 1.0, loss, *seen.get(step, (None, None)))
        for step, loss in enumerate(losses, 1)
    ]


@given(st.lists(st.tuples(NUMBERS, NUMBERS, SHARES), max_size=12))
def test_any_training_can_be_drawn_and_told(rows: list[tuple[float, float, float | None]]) -> None:
    steps = [
        TrainingStep(at, len(rows), 1.0, loss, None if share is None else held_out, share)
        for at, (loss, held_out, share) in enumerate(rows, 1)
    ]
    assert loss_finding(steps)
    assert accuracy_finding(steps)
    for chart in (loss_chart(steps), accuracy_chart(steps)):
        json.dumps(chart.to_dict(), allow_nan=False)


def test_the_loss_is_told_as_what_it_does() -> None:
    falling = [1.0 - step / 50 for step in range(40)]
    assert loss_finding(steps_of(falling, {})).startswith("Loss fell from")
    assert "nothing is learned" in loss_finding(steps_of(falling[::-1], {}))
    assert "hardly moves" in loss_finding(steps_of([1.0] * 40, {}))
    assert "fell apart" in loss_finding(steps_of([1.0, math.nan], {}))
    turned = {10: (0.9, 0.5), 20: (0.7, 0.6), 40: (1.2, 0.6)}
    assert "overfitting" in loss_finding(steps_of(falling, turned))


@given(st.lists(st.text(max_size=60), min_size=1, max_size=30, unique=True), st.data())
def test_labels_of_any_kind_are_drawn_each_in_a_row_of_its_own(
    labels: list[str], data: st.DataObject
) -> None:
    cells = st.lists(st.integers(0, 9), min_size=len(labels), max_size=len(labels))
    confusion = tuple(tuple(data.draw(cells)) for _ in labels)
    total = sum(map(sum, confusion))
    even = Interval(0.5, 0.4, 0.6)
    evaluation = Evaluation(
        labels=tuple(labels),
        examples=tuple(Example("", labels[0]) for _ in range(total)),
        guesses=tuple(Guess("", (1.0,)) for _ in range(total)),
        accuracy=even,
        macro_f1=even,
        majority=0.5,
        confusion=confusion,
    )
    assert confusion_finding(evaluation)
    layers = confusion_chart(evaluation)
    drawn = min(len(labels), 20)
    assert len(set(layers.data["truth"])) == drawn
    assert len(layers.data) == drawn * drawn


def test_words_without_influence_are_told_as_such() -> None:
    assert influence_finding([("it", 0.0), ("is", 0.0001)], "good") == (
        "No word alone changes the guess"
    )
    told = influence_finding([("not", -0.2), ("good", 0.31)], "positive")
    assert told == (
        "“good” speaks most for positive (+31.0 pts), “not” most against it (-20.0 pts)"
    )
    influence_chart([("the", 0.1), ("the", -0.1)]).to_dict()


def test_a_preset_is_known_again_by_the_name_of_its_training_and_spares_the_test() -> None:
    splits = customer_feedback()
    for preset in PRESETS:
        assert preset_of(training_name(splits, preset)) is preset
        made = preset_data(splits, preset)
        assert (made.validation, made.test) == (splits.validation, splits.test)
    assert preset_of("a name of somebody") is Preset.SOUND
