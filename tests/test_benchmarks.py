"""What the benchmarks are made with: the models, the crowd, the chart and the table."""

from __future__ import annotations

import threading
from dataclasses import asdict
from pathlib import Path

import altair as alt
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import growth_chart
from benchmarks.contestants import Answer, Round, all_at_once
from benchmarks.growth import COUNTS, LLAMA_FAST, LLAMA_PLAIN, T5_FAST, percentile_95, point
from benchmarks.sized_models import build_llama, build_t5
from core.inference.types import Task
from core.model_folder import inspect_folder
from tools.confined import confinement

SMALL_LLAMA = {
    "vocab_size": 3000,
    "hidden_size": 64,
    "intermediate_size": 64,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
}
SMALL_T5 = {"vocab_size": 4000, "d_model": 32, "d_kv": 16, "d_ff": 32, "num_layers": 1}


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    """Made-up rounds: the lab answers 100 tokens/s and more, plain transformers 10."""
    speeds = {LLAMA_FAST: 100.0, LLAMA_PLAIN: 10.0, T5_FAST: 200.0}
    rows = []
    for side, speed in speeds.items():
        for count in COUNTS if side != LLAMA_PLAIN else (1, 2, 4):
            for seconds in (count / speed, count / speed * 1.1):
                answers = tuple(
                    Answer(60, seconds * n, seconds * n + 0.1, seconds * n + 1)
                    for n in range(count)
                )
                rows.append(asdict(point(side, Round(answers, 60 * count / speed))))
    return pd.DataFrame(rows)


def test_the_chart_of_growth_shows_every_round_of_every_side(frame: pd.DataFrame) -> None:
    svg = _svg(growth_chart.growth_chart(frame))
    for side in (LLAMA_FAST, LLAMA_PLAIN, T5_FAST):
        assert side.partition(", ")[2] in svg
    # A dot for each round: of the speed, of the median and of the 95th percentile.
    assert svg.count('aria-roledescription="point"') == 3 * len(frame)


def _svg(chart: alt.HConcatChart) -> str:
    import vl_convert

    return str(vl_convert.vegalite_to_svg(chart.to_dict()))


def test_the_finding_is_read_from_the_rounds(frame: pd.DataFrame) -> None:
    finding = growth_chart.finding(frame)
    assert finding.startswith("30 students at once get 100 tokens/s")
    assert finding.endswith("plain transformers gives 10 tokens/s")


def test_the_document_gets_one_row_for_each_side_and_number_of_requests(
    frame: pd.DataFrame,
) -> None:
    part = growth_chart.told(frame, machine="two cores", date="2026-11-22")
    rows = [line for line in part.splitlines() if line.startswith(("| LLaMA", "| T5"))]
    assert len(rows) == 2 * len(COUNTS) + 3
    assert {line.count("|") for line in rows} == {10}
    assert "On 2026-11-22, two cores." in part


def test_the_part_of_the_document_is_replaced_and_the_rest_kept() -> None:
    document = f"before\n{growth_chart.BEGIN}\nold\n{growth_chart.END}\nafter\n"
    part = f"{growth_chart.BEGIN}\nnew\n{growth_chart.END}"
    replaced = growth_chart.replace_told(document, part)
    assert replaced == f"before\n{part}\nafter\n"
    assert growth_chart.replace_told(replaced, part) == replaced
    with pytest.raises(ValueError, match="no part"):
        growth_chart.replace_told("without marks", part)


def test_the_document_has_a_place_for_the_growth() -> None:
    document = growth_chart.DOCUMENT.read_text("utf-8")
    assert growth_chart.replace_told(document, "")


@given(st.lists(st.integers(0, 10**6), min_size=1))
def test_hardly_any_wait_is_longer_than_the_95th_percentile(waits: list[float]) -> None:
    percentile = percentile_95(waits)
    assert min(waits) <= percentile <= max(waits)
    assert sum(wait > percentile for wait in waits) <= 0.05 * len(waits) + 1


def test_a_crowd_asks_at_the_same_moment_and_each_gets_its_own_answer() -> None:
    together = threading.Barrier(12, timeout=20)

    def answer(text: str, new_tokens: int, learner: str) -> Answer:
        together.wait()  # passes only if all twelve are asked at once
        return Answer(int(text) * new_tokens, 0, 0, 0)

    done = all_at_once(answer, [str(number) for number in range(12)], 2)
    assert [answer.tokens for answer in done.answers] == [2 * number for number in range(12)]
    assert done.tokens_per_s == pytest.approx(132 / done.seconds)


def test_sized_models_are_whole_models_of_the_size_they_are_told(tmp_path: Path) -> None:
    build_llama(tmp_path / "llama", **SMALL_LLAMA)
    build_t5(tmp_path / "t5", **SMALL_T5)
    llama, t5 = inspect_folder(tmp_path / "llama"), inspect_folder(tmp_path / "t5")
    assert llama.tasks == (Task.TEXT_GENERATION,)
    assert Task.SUMMARIZATION in t5.tasks
    from transformers import AutoTokenizer

    for facts, size in ((llama, 3000), (t5, 4000)):
        assert len(AutoTokenizer.from_pretrained(facts.path)) == size
    assert {file.suffix for file in (tmp_path / "llama").iterdir()} >= {".gguf", ".safetensors"}


def test_a_confinement_leaves_nothing_behind() -> None:
    with confinement(10**9) as place:
        assert place.group is None or place.group.is_dir()
    assert place.group is None or not place.group.exists()
