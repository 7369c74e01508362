"""The labels of several models side by side, and in how much they agree."""

from __future__ import annotations

import pytest

from core.comparing import Candidate, Measured
from core.comparing_labels import agreement_finding, label_table
from core.inference.types import LabelProbability, Provenance, Result, Timing

_MADE = Provenance("m", "main", "transformers", "float32", "cpu", 1, ())


def run(model: str, number: int, label: str, *, repeat: int = 1) -> Measured:
    labels = (LabelProbability(label, 0.9), LabelProbability("other", 0.1))
    result = Result(label, 1, 1, Timing(0, 0, 1, 0, 1), _MADE, labels=labels)
    return Measured(Candidate(model), number, repeat, f"text {number}", result)


@pytest.mark.parametrize(
    ("said", "finding"),
    [
        ([("a", "a")], "on every input"),
        ([("a", "a"), ("b", "b")], "on every input"),
        ([("a", "b"), ("b", "a")], "on no input"),
        ([("a", "a"), ("b", "a"), ("b", "b")], "agree on 2 of 3 inputs"),
    ],
)
def test_agreement_is_counted_by_inputs(said: list[tuple[str, str]], finding: str) -> None:
    runs = [
        run(model, number, label, repeat=repeat)
        for repeat in (1, 2)
        for number, labels in enumerate(said, start=1)
        for model, label in zip(("x/one", "x/two"), labels, strict=True)
    ]
    assert finding in agreement_finding(runs)
    table = label_table(runs)
    assert list(table.columns) == ["Text", "x/one", "x/two"]
    assert len(table) == len(said)
    assert table["x/one"][0] == "a 90%"


def test_a_comparison_stopped_in_the_middle_counts_what_is_whole() -> None:
    runs = [run("x/one", 1, "a"), run("x/two", 1, "a"), run("x/one", 2, "b")]
    assert "on every input" in agreement_finding(runs)
    assert len(label_table(runs)) == 2
    assert "Too few" in agreement_finding(runs[:1])
