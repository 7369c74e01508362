"""Charts are drawn in a process of its own, whose failure costs the charts alone."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from core.report.drawing import draw
from core.report.pictures import as_drawn, training_pictures
from tests.made_work import a_training

DOT: dict[str, Any] = {
    "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
    "data": {"values": [{"x": 1, "y": 2, "name": "<script>alert(1)</script>"}]},
    "mark": "point",
    "encoding": {"x": {"field": "x", "type": "quantitative"}, "color": {"field": "name"}},
}
REMOTE = {**DOT, "data": {"url": "http://127.0.0.1:9/data.json"}}


def test_each_chart_is_drawn_or_none() -> None:
    curves = [picture.spec for picture in training_pictures(a_training())]
    drawn = draw([DOT, {"mark": "nonsense"}, *curves, REMOTE])
    assert len(drawn) == 5
    assert drawn[0] is not None
    assert "<script" not in drawn[0]
    assert drawn[1] is None
    assert all((svg is not None and "Loss" in svg) or "accuracy" in str(svg) for svg in drawn[2:4])
    assert "127.0.0.1" not in str(drawn[4])


def test_nothing_to_draw_starts_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("subprocess.Popen", None)
    assert draw([]) == ()


def test_a_drawing_that_takes_too_long_is_given_up() -> None:
    assert draw([DOT], limit_s=0.0) == (None,)


@pytest.mark.parametrize(
    "program",
    ["#!/bin/sh\nexit 3\n", "#!/bin/sh\necho '\"<svg' nonsense\n"],
    ids=["dies", "babbles"],
)
def test_a_process_that_fails_costs_the_charts_alone(
    program: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "python"
    broken.write_text(program)
    broken.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(broken))
    assert draw([DOT, DOT]) == (None, None)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "none"))
    assert draw([DOT]) == (None,)


def test_a_picture_without_a_drawing_keeps_its_words() -> None:
    picture = training_pictures(a_training())[0]
    assert as_drawn(picture, None).address == ""
    assert as_drawn(picture, None).finding.startswith("Loss fell")
