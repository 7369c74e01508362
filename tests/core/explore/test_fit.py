"""What a model needs in each precision is told exactly, and drawn for everybody to see."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.catalogue import catalogue
from core.explore.fit import WORKING_BYTES, fit_finding, fits
from core.explore.fit_chart import fit_chart

GIB = 1024**3


@pytest.mark.parametrize(
    ("precision", "weights_bytes"),
    [("fp32", 4000), ("bf16", 2000), ("int8", 1062), ("4-bit", 562)],
)
def test_a_thousand_parameters_take_their_bits_and_working_memory(
    precision: str, weights_bytes: int
) -> None:
    needed = {fit.precision: fit.needed_bytes for fit in fits(1000, budget_bytes=GIB)}
    assert needed[precision] == weights_bytes + WORKING_BYTES


def test_fp32_is_counted_as_the_catalogue_counts() -> None:
    entry = next(entry for entry in catalogue().entries if entry.source == "starter")
    assert fits(entry.parameters, budget_bytes=GIB)[0].needed_bytes == entry.memory_bytes


@pytest.mark.parametrize(
    ("parameters", "finding"),
    [
        (10**6, "Fits here in every precision, also in fp32"),
        (400 * 10**6, "Fits here in bf16, int8 and 4-bit, not in fp32"),
        (10**9, "Fits here in int8 and 4-bit, not in fp32 or bf16"),
        (10**10, "Does not fit here, not even in 4-bit"),
    ],
)
def test_the_finding_says_what_fits(parameters: int, finding: str) -> None:
    assert fit_finding(fits(parameters, budget_bytes=int(1.2e9))) == finding


@given(st.integers(0, 10**15), st.integers(0, 10**15))
def test_what_needs_less_fits_wherever_more_fits(parameters: int, budget: int) -> None:
    found = fits(parameters, budget_bytes=budget)
    assert [fit.needed_bytes for fit in found] == sorted(
        (fit.needed_bytes for fit in found), reverse=True
    )
    assert [fit.fits for fit in found] == sorted(fit.fits for fit in found)


@given(st.integers(0, 10**13), st.integers(1, 10**13))
def test_the_chart_states_its_finding_and_labels_every_bar(parameters: int, budget: int) -> None:
    found = fits(parameters, budget_bytes=budget)
    spec = fit_chart("school/model", found, budget).to_dict()
    finding = fit_finding(found)
    assert " ".join(spec["title"]["text"]) == finding
    assert max(map(len, spec["title"]["text"])) <= 42
    assert finding in spec["description"] and "school/model" in spec["description"]
    rows = [row for data in spec["datasets"].values() for row in data]
    labels = [row["label"] for row in rows if "precision" in row]
    assert [label.split(":")[0] for label in labels] == ["fp32", "bf16", "int8", "4-bit"]
    assert all(label.endswith(("fits", "too large")) for label in labels)
    assert sum(row["label"].startswith("budget") for row in rows) == 1
