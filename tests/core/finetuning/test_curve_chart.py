"""The learning curve is drawn at every moment, and its sentences say what it shows."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from core.finetuning.curve import SIZES, CurvePoint, curve_sizes, curve_steps
from core.finetuning.curve_chart import (
    best_head_start,
    curve_chart,
    curve_finding,
    curve_rows,
    saving_finding,
)
from core.finetuning.types import Interval, TrainingSettings


def point(size: int, pretrained: bool, value: float, *, half: float = 0.02) -> CurvePoint:
    interval = Interval(value, max(0.0, value - half), min(1.0, value + half))
    return CurvePoint(size, pretrained, interval, seconds=1.0, points=8, left_s=0.0)


def curve(**values: tuple[float, float]) -> list[CurvePoint]:
    return [
        point(int(size[1:]), pretrained, value)
        for size, pair in values.items()
        for pretrained, value in zip((True, False), pair, strict=True)
    ]


@settings(max_examples=25)
@given(st.lists(st.tuples(st.sampled_from(SIZES), st.booleans(), st.floats(0, 1)), max_size=9))
def test_any_part_of_a_curve_can_be_drawn_and_told(rows: list[tuple[int, bool, float]]) -> None:
    points = [point(*row) for row in rows]
    assert curve_finding(points)
    assert len(curve_rows(points)) == len({size for size, _, _ in rows})
    saving_finding(points)
    json.dumps(curve_chart(points, SIZES).to_dict(), allow_nan=False)


def test_the_finding_names_where_the_base_model_is_worth_most() -> None:
    points = curve(n8=(0.45, 0.40), n32=(0.60, 0.45), n128=(0.70, 0.62), n512=(0.80, 0.70))
    assert best_head_start(points) == 32
    said = curve_finding(points)
    assert said.startswith("The base model is worth most at 32 labels: +15 points, 60% against 45%")
    assert "chance" not in said
    assert saving_finding(points).startswith("With the base model, 128 labels are as good as 512")


def test_what_may_be_chance_and_what_does_not_help_is_said_so() -> None:
    assert "may be chance" in curve_finding(curve(n8=(0.45, 0.44), n32=(0.50, 0.49)))
    assert "helps nowhere" in curve_finding(curve(n8=(0.40, 0.50)))
    assert "the same" in curve_finding(curve(n8=(0.40, 0.40)))
    assert best_head_start(curve(n8=(0.40, 0.50))) is None
    assert saving_finding(curve(n8=(0.40, 0.50), n32=(0.4, 0.6))) == ""
    # Half of a pair shows nothing yet.
    assert curve_finding(curve(n8=(0.4, 0.3))[:1]) == "The learning curve, point by point"


def test_a_curve_has_only_the_sizes_that_the_data_have() -> None:
    assert curve_sizes(1600) == SIZES
    assert curve_sizes(100) == (8, 32)
    assert curve_sizes(5) == (5,)
    usual = TrainingSettings("local/bert", epochs=3, batch_size=16)
    # 60 + 60 + 64 + 96 steps, each time twice.
    assert curve_steps(usual, 1600) == 2 * (60 + 60 + 64 + 96)
