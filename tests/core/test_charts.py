"""Charts show every measurement, and say only what the data says."""

from __future__ import annotations

import re
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.charts import (
    latency_chart,
    latency_finding,
    length_chart,
    length_finding,
    quality_chart,
    quality_finding,
    time_unit,
    trade_off_chart,
    trade_off_finding,
)

few = settings(max_examples=12)  # checking a chart against its schema takes a while
NAMES = ["starter/nano", "local/t5", "google-t5/t5", "gpt2"]


def frame(
    latencies: dict[str, list[float]], lengths: dict[str, list[int]] | None = None
) -> pd.DataFrame:
    """A table of runs, by model."""
    rows = [
        {
            "candidate": model,
            "input": 1,
            "repeat": number + 1,
            "latency_s": latency,
            "tokens_out": lengths[model][number] if lengths else 10,
            "tokens_per_s": 1 / latency,
            "output": "x" * 10_000,
            "input_text": "y" * 10_000,
        }
        for model, values in latencies.items()
        for number, latency in enumerate(values)
    ]
    return pd.DataFrame(rows)


LATENCIES = st.dictionaries(
    st.sampled_from(NAMES),
    st.lists(st.floats(0.0001, 1000), min_size=1, max_size=7),
    min_size=1,
    max_size=4,
)


def lengths_for(latencies: dict[str, list[float]], draw: Any) -> dict[str, list[int]]:
    return {
        model: [draw(st.integers(0, 300)) for _ in values] for model, values in latencies.items()
    }


@st.composite
def tables(draw: Any) -> pd.DataFrame:
    latencies = draw(LATENCIES)
    return frame(latencies, lengths_for(latencies, draw))


def dots(spec: dict[str, Any]) -> list[dict[str, Any]]:
    (rows,) = spec["datasets"].values()
    return list(rows)


@few
@given(tables())
def test_every_measurement_is_a_dot_with_its_figures(table: pd.DataFrame) -> None:
    for chart in (latency_chart(table), length_chart(table), trade_off_chart(table)):
        rows = dots(chart.to_dict())
        assert [row["latency"] for row in rows] == pytest.approx(
            (table["latency_s"] * time_unit(table)[0]).tolist()
        )
        assert [row["tokens_out"] for row in rows] == table["tokens_out"].tolist()
        assert [row["candidate"] for row in rows] == table["candidate"].tolist()


@few
@given(tables())
def test_dots_of_one_model_stay_apart_and_within_their_row(table: pd.DataFrame) -> None:
    rows = pd.DataFrame(dots(latency_chart(table).to_dict()))
    assert rows["spread"].between(0, 1).all()
    assert not rows.duplicated(["candidate", "spread"]).any()


@few
@given(tables())
def test_the_line_is_the_median_of_its_model(table: pd.DataFrame) -> None:
    for chart, column in [(latency_chart(table), "latency"), (length_chart(table), "tokens_out")]:
        medians = chart.to_dict()["layer"][1]
        (aggregate,) = medians["transform"]
        assert aggregate["groupby"] == ["name"]
        assert aggregate["aggregate"] == [{"op": "median", "field": column, "as": "median"}]
        assert medians["encoding"]["x"]["field"] == "median"


@few
@given(tables())
def test_each_model_has_a_colour_and_a_shape_of_its_own(table: pd.DataFrame) -> None:
    encoding = trade_off_chart(table).to_dict()["encoding"]
    for channel in ("color", "shape"):
        scale = encoding[channel]["scale"]
        assert len(scale["domain"]) == len(scale["range"]) == table["candidate"].nunique()
        assert len(set(scale["range"])) == len(scale["range"])


def test_long_texts_are_not_sent_with_each_dot() -> None:
    table = frame({"a": [1.0] * 20, "b": [2.0] * 20})
    for chart in (latency_chart(table), length_chart(table), trade_off_chart(table)):
        assert len(chart.to_json()) < 20_000


def test_models_of_one_name_but_different_owners_stay_apart() -> None:
    table = frame({"local/t5": [1.0, 1.0], "google-t5/t5": [3.0, 3.0], "starter/nano": [9.0]})
    names = {row["candidate"]: row["name"] for row in dots(latency_chart(table).to_dict())}
    assert names == {"local/t5": "local/t5", "google-t5/t5": "google-t5/t5", "starter/nano": "nano"}
    assert latency_finding(table).startswith("local/t5 answers fastest")


def test_engines_of_one_model_are_told_apart_by_their_engines() -> None:
    labels = ["starter/a", "starter/a · llama.cpp Q8_0", "starter/a · llama.cpp Q4_0"]
    table = frame({label: [1.0] for label in labels})
    names = [row["name"] for row in dots(latency_chart(table).to_dict())]
    assert names == ["starter/a", "llama.cpp Q8_0", "llama.cpp Q4_0"]


def medians(table: pd.DataFrame, column: str) -> dict[str, float]:
    found = table.groupby("candidate", sort=False)[column].median()
    return {str(model).rpartition("/")[2]: value for model, value in found.items()} | {
        str(model): value for model, value in found.items()
    }


def named_first(finding: str, verb: str) -> list[str]:
    return re.split(f" {verb}s? ", finding)[0].split(" and ")


@given(tables())
def test_who_is_said_to_be_fastest_is_fastest(table: pd.DataFrame) -> None:
    finding = latency_finding(table)
    values = medians(table, "latency_s")
    low, high = min(values.values()), max(values.values())
    if table["candidate"].nunique() == 1:
        assert finding.startswith("One candidate alone")
    elif finding.startswith("No clear difference"):
        assert high <= low * 1.05
    else:
        assert high > low * 1.05
        named = named_first(finding, "answer")
        assert all(values[name] <= low * 1.05 for name in named)
        others = [
            m for m in table["candidate"].unique() if {m, m.rpartition("/")[2]}.isdisjoint(named)
        ]
        assert all(values[model] > low * 1.05 for model in others)
        assert f"({high / low:.1f}x)" in finding


@given(tables())
def test_who_is_said_to_write_most_writes_most(table: pd.DataFrame) -> None:
    finding = length_finding(table)
    values = medians(table, "tokens_out")
    low, high = min(values.values()), max(values.values())
    if " write" in finding:
        assert high > low * 1.05
        assert all(values[name] * 1.05 >= high for name in named_first(finding, "write"))
    elif table["candidate"].nunique() > 1:
        assert finding.startswith("No clear difference")
        assert high <= low * 1.05


@pytest.mark.parametrize(
    ("latencies", "finding"),
    [
        (
            {"org/a": [1.0, 2.0, 30.0], "org/b": [4.0]},
            "a answers fastest: median 2 s for a, 4 s for b (2.0x)",
        ),
        ({"a": [1.0], "b": [1.0]}, "No clear difference: median 1 s for a, 1 s for b"),
        ({"a": [1.0], "b": [1.04]}, "No clear difference: median 1 s for a, 1.04 s for b"),
        (
            {"a": [1.0], "b": [1.0], "c": [3.0]},
            "a and b answer fastest: median 1 s for a, 3 s for c (3.0x)",
        ),
        (
            {"a": [0.0041], "b": [0.0129]},
            "a answers fastest: median 4.1 ms for a, 12.9 ms for b (3.1x)",
        ),
        ({"a": [2.5]}, "One candidate alone: median 2.5 s for a"),
    ],
)
def test_the_finding_reads_well(latencies: dict[str, list[float]], finding: str) -> None:
    assert latency_finding(frame(latencies)) == finding


def test_a_model_that_writes_nothing_is_compared_all_the_same() -> None:
    table = frame({"a": [1.0], "b": [1.0]}, {"a": [0], "b": [7]})
    assert length_finding(table) == "b writes most: median 7 tokens for b, 0 tokens for a"


@pytest.mark.parametrize(
    ("lengths", "latencies", "words"),
    [
        ([10, 20, 30, 40], [1, 2, 3, 4], "longer outputs take longer (rank correlation 1.00)"),
        ([10, 20, 30, 40], [4, 3, 2, 1], "longer outputs came sooner"),
        ([10, 20, 30, 40], [2, 1, 2.5, 1.5], "length explains little"),
        ([50, 50, 50, 51], [1, 2, 3, 4], "about one length"),
        ([5, 500, 5, 500], [1, 2, 3, 4], "Too few different lengths"),
        ([5], [1], "about one length"),
    ],
)
def test_what_is_said_of_length_and_latency_is_true(
    lengths: list[int], latencies: list[float], words: str
) -> None:
    assert words in trade_off_finding(frame({"a": latencies}, {"a": lengths}))


@given(tables())
def test_any_table_gives_a_sentence_without_nan(table: pd.DataFrame) -> None:
    for finding in (latency_finding(table), length_finding(table), trade_off_finding(table)):
        assert finding
        assert "nan" not in finding.replace("nano", "")
        assert "inf" not in finding


def test_a_difference_between_models_is_not_taken_for_one_of_length() -> None:
    # The slower model writes more, and in each model the longer output came sooner.
    table = frame({"a": [1.0, 1.1, 1.2], "b": [9.0, 9.1, 9.2]}, {"a": [5, 4, 3], "b": [9, 8, 7]})
    assert "longer outputs came sooner" in trade_off_finding(table)


def scored(scores: dict[str, list[float]], *, repeats: int = 2) -> pd.DataFrame:
    """A table in which each model's n-th score is that of the n-th input, in every repeat."""
    rows = [
        {**row, "repeat": repeat, "input": row["repeat"], "chrf": scores[model][place]}
        for repeat in range(1, repeats + 1)
        for model, values in scores.items()
        for place, row in enumerate(frame({model: [1.0] * len(values)}).to_dict("records"))
    ]
    return pd.DataFrame(rows)


def test_each_input_is_one_dot_of_quality_however_often_it_was_repeated() -> None:
    table = scored({"org/a": [90.0, float("nan"), 50.0], "org/b": [100.0, float("nan"), 0.0]})
    spec = quality_chart(table).to_dict()
    rows = dots(spec)
    assert [(row["name"], row["input"], row["chrf"]) for row in rows] == [
        ("a", 1, 90.0),
        ("a", 3, 50.0),
        ("b", 1, 100.0),
        ("b", 3, 0.0),
    ]
    assert len(quality_chart(table).to_json()) < 20_000


@pytest.mark.parametrize(
    ("scores", "finding"),
    [
        (
            {"x/a": [90.0, 50.0], "x/b": [40.0, 20.0]},
            "a comes nearest the references: median chrF 70.0 for a, 30.0 for b",
        ),
        (
            {"a": [70.0], "b": [20.0], "c": [70.5]},
            "c and a come nearest the references: median chrF 70.5 for c, 70.0 for a, 20.0 for b",
        ),
        ({"a": [70.0], "b": [70.9]}, "No clear difference: median chrF 70.9 for b, 70.0 for a"),
        ({"a": [70.0]}, "One candidate alone: median chrF 70.0 for a"),
        ({"a": [float("nan")]}, "No input with a reference was answered yet"),
    ],
)
def test_the_finding_on_quality_reads_well(scores: dict[str, list[float]], finding: str) -> None:
    assert quality_finding(scored(scores)) == finding
