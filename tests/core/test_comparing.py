"""The compare run: in turn, warmed up, repeated, stoppable, and its table."""

from __future__ import annotations

import io
import math
from collections.abc import Callable
from dataclasses import replace
from itertools import product
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.comparing import (
    Candidate,
    ComparePlan,
    CompareProgress,
    Measured,
    compare,
    summarise,
    to_csv,
    to_frame,
)
from core.errors import BadInputError, LabError
from core.inference.lab import Lab
from core.inference.scheduler import Scheduler
from core.inference.ticket import Ticket
from core.inference.types import (
    Chunk,
    GenerationConfig,
    Provenance,
    Request,
    Result,
    Task,
    Timing,
)
from core.metrics import chrf

WRITE = Task.TEXT_GENERATION


def plan(
    models: str = "ab",
    inputs: tuple[str, ...] = ("x", "y"),
    repeats: int = 2,
    references: tuple[str, ...] = (),
) -> ComparePlan:
    return ComparePlan(WRITE, tuple(map(Candidate, models)), inputs, repeats, references=references)


def result(
    output: str = "some words", *, tokens: int = 5, timing: Timing | None = None, model: str = "a"
) -> Result:
    made = Provenance(model, "rev", "eng", "float32", "cpu", 2, (("torch", "2"), ("t", "5")))
    return Result(output, 3, tokens, timing or Timing(0.5, 0.25, 0.1, 0.2, 0.3), made)


class FakeLab:
    """Answers each request with its text, and notes the order; `fails` breaks one model."""

    def __init__(self, fails: str = "") -> None:
        self.asked: list[tuple[str, str]] = []
        self._fails = fails
        self._scheduler = Scheduler(self._answer)

    def submit(self, request: Request) -> Ticket:
        self.asked.append((request.model_id, request.inputs))
        return self._scheduler.submit(request, lane=request.model_id)

    def _answer(self, ticket: Ticket) -> Result:
        if ticket.request.model_id == self._fails:
            raise LabError("broken")
        ticket.add(Chunk(ticket.request.inputs, 1))
        return result(ticket.text, model=ticket.request.model_id)


def run(
    lab: FakeLab, wanted: ComparePlan, cancelled: Callable[[], bool] = lambda: False
) -> list[CompareProgress]:
    return list(compare(lab, wanted, cancelled=cancelled))


@pytest.mark.parametrize(("models", "inputs", "repeats"), [("ab", 1, 1), ("abcd", 3, 2)])
def test_models_take_turns_after_each_was_warmed_up_once(
    models: str, inputs: int, repeats: int
) -> None:
    texts = tuple(f"input {number}" for number in range(inputs))
    lab = FakeLab()
    last = run(lab, plan(models, texts, repeats))[-1]
    turns = [(model, text) for _ in range(repeats) for text in texts for model in models]
    assert lab.asked == [(model, texts[0]) for model in models] + turns
    assert [(m.candidate.model_id, m.text) for m in last.measured] == turns
    assert last.share == 1
    assert last.done == last.plan.runs == len(models) * inputs * repeats


def test_every_run_is_measured_once_with_its_place() -> None:
    measured = run(FakeLab(), plan("abc", ("x", "y"), 3))[-1].measured
    places = {(m.candidate.model_id, m.input_number, m.repeat) for m in measured}
    assert len(measured) == len(places) == 18
    assert places == set(product("abc", (1, 2), (1, 2, 3)))


def test_progress_goes_up_and_the_time_left_goes_to_nought() -> None:
    now = iter(range(1000))
    seen = list(compare(FakeLab(), plan(), clock=lambda: float(next(now))))
    assert [step.done for step in seen] == [0, 0, *range(9)]
    assert [step.left_s for step in seen][:3] == [None] * 3
    assert [step.left_s for step in seen][3:] == [7, 6, 5, 4, 3, 2, 1, 0]
    assert "Warming up a" in seen[0].doing
    assert seen[-1].doing == "Done"


@pytest.mark.parametrize("after", range(11))
def test_stop_keeps_what_was_measured_until_then(after: int) -> None:
    lab = FakeLab()
    seen: list[CompareProgress] = []
    for step in compare(lab, plan(), cancelled=lambda: len(seen) > after):
        seen.append(step)  # noqa: PERF402 - what is seen so far decides when to stop
    last = seen[-1]
    assert last.doing == ("Stopped" if after < 10 else "Done")
    assert last.done == len(last.measured) == max(0, after - 2) if after < 10 else 8
    assert len(lab.asked) == after if after < 10 else 10
    assert len(to_frame(last.measured)) == last.done


def test_a_run_that_is_cut_off_is_cancelled_and_does_not_count() -> None:
    class Endless(FakeLab):
        def _answer(self, ticket: Ticket) -> Result:
            while ticket.request.inputs == "long" and not ticket.cancelled():
                pass
            return result()

    tickets: list[Ticket] = []
    lab = Endless()
    submit = lab.submit
    lab.submit = lambda request: tickets.append(submit(request)) or tickets[-1]  # type: ignore[method-assign]
    last = run(lab, plan(inputs=("short", "long")), lambda: len(tickets) == 5)[-1]
    assert last.done == 2
    assert tickets[-1].request.inputs == "long"
    assert tickets[-1].cancelled()


def test_a_model_that_cannot_answer_ends_the_comparison_with_its_reason() -> None:
    with pytest.raises(LabError, match="broken"):
        run(FakeLab(fails="b"), plan())


@pytest.mark.parametrize(
    ("models", "words"),
    [((), "two to four"), ("a", "two to four"), ("aa", "two"), ("aab", "different")],
)
def test_a_comparison_needs_two_different_models(models: str, words: str) -> None:
    with pytest.raises(BadInputError, match=words) as caught:
        plan(models)
    assert "each once" in caught.value.next_step


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"models": "abcde"}, "two to four"),
        ({"inputs": ()}, "no input"),
        ({"inputs": ("x",) * 21}, "21 inputs"),
        ({"inputs": ("x", " \n")}, "no text"),
        ({"inputs": ("x" * 100_001,)}, "100,001"),
        ({"references": ("one",)}, "inputs are 2, the lines of references 1"),
        ({"references": ("", "r" * 10_001)}, "10,001"),
        ({"repeats": 0}, "between 1 and 20"),
        ({"repeats": 21}, "between 1 and 20"),
    ],
)
def test_a_plan_that_cannot_be_run_says_why(change: dict[str, Any], words: str) -> None:
    with pytest.raises(BadInputError, match=words):
        plan(**change)


def test_the_table_has_one_row_a_run_with_its_figures_and_where_they_came_from() -> None:
    timing = Timing(queue_s=4, load_s=3, ttft_s=0.5, decode_s=2, total_s=2.75)
    given_ = result("one two  three\n", tokens=5, timing=timing)
    run_ = Measured(Candidate("org/a"), 2, 3, "the input", given_)
    (row,) = to_frame([run_]).to_dict("records")
    assert row["model"] == "org/a"
    assert (row["input"], row["repeat"], row["input_text"]) == (2, 3, "the input")
    assert (row["latency_s"], row["ttft_s"], row["decode_s"]) == (2.75, 0.5, 2)
    assert (row["queue_s"], row["load_s"]) == (4, 3)
    assert row["tokens_per_s"] == 4 / 2
    assert (row["tokens_in"], row["tokens_out"]) == (3, 5)
    assert (row["words_out"], row["characters_out"]) == (3, 15)
    assert (row["engine"], row["precision"], row["device"]) == ("eng", "float32", "cpu")
    assert (row["threads"], row["revision"], row["where"]) == (2, "rev", "live")
    assert row["versions"] == "torch=2 t=5"


def test_a_table_of_nothing_has_its_columns() -> None:
    empty = to_frame([])
    assert len(empty) == 0
    assert {"model", "latency_s", "output"} <= set(empty.columns)
    assert b"latency_s" in to_csv(empty, plan())
    assert len(summarise(empty)) == 0


TIMES = st.floats(0, 1e6, allow_subnormal=False)
OUTPUTS = st.text(st.characters(codec="utf-8")) | st.sampled_from(
    [
        "=1+1",
        "+a",
        "-a",
        "@x",
        "\t=1",
        "\r=1",
        '"quoted"',
        "a,b;c\nd\r\ne",
        "NA",
        "nan",
        "",
        "'",
        "\0",
    ]
)
RUNS = st.lists(
    st.builds(
        lambda model, output, tokens, ttft, decode: Measured(
            Candidate(model),
            1,
            1,
            output,
            result(output, tokens=tokens, timing=Timing(0, 0, ttft, decode, ttft + decode)),
        ),
        st.sampled_from(["a", "b", "org/c", "=cmd"]),
        OUTPUTS,
        st.integers(0, 500),
        TIMES,
        TIMES,
    ),
    min_size=1,
    max_size=12,
)


def read(csv: bytes) -> pd.DataFrame:
    return pd.read_csv(
        io.BytesIO(csv),
        encoding="utf-8-sig",
        keep_default_na=False,
        na_values={"tokens_per_s": [""]},
        lineterminator="\n",
    )


@given(RUNS)
def test_the_csv_read_back_gives_the_same_figures_and_texts(runs: list[Measured]) -> None:
    frame = to_frame(runs)
    back = read(to_csv(frame, plan()))
    assert set(frame.columns) < set(back.columns)
    for column in ("latency_s", "ttft_s", "decode_s", "tokens_out", "words_out", "input"):
        assert back[column].tolist() == frame[column].tolist()
    for ours, theirs in zip(frame["tokens_per_s"], back["tokens_per_s"], strict=True):
        assert ours == theirs or (pd.isna(ours) and pd.isna(theirs))
    for ours, theirs in zip(frame["output"], back["output"], strict=True):
        assert str(theirs).removeprefix("'") == ours.removeprefix("'")


@given(RUNS)
def test_no_cell_begins_as_a_formula_does(runs: list[Measured]) -> None:
    back = read(to_csv(to_frame(runs), plan()))
    for column in ("model", "output", "input_text", "versions", "revision"):
        for value in back[column]:
            assert str(value)[:1] not in tuple("=+-@\t\r")


def test_the_table_itself_keeps_the_texts_as_they_are() -> None:
    frame = to_frame([Measured(Candidate("a"), 1, 1, "=1", result("=2"))])
    to_csv(frame, plan())
    assert frame["output"].tolist() == ["=2"]


@given(RUNS)
def test_the_summary_tells_medians_and_extremes_of_each_model(runs: list[Measured]) -> None:
    summary = summarise(to_frame(runs)).set_index("candidate")
    assert list(summary.index) == list(dict.fromkeys(run.candidate.label for run in runs))
    for model, row in summary.iterrows():
        own = [run.result for run in runs if run.candidate.label == model]
        times = sorted(one.timing.total_s for one in own)
        middle = (times[(len(times) - 1) // 2] + times[len(times) // 2]) / 2
        assert row["runs"] == len(own)
        assert row["latency_s"] == pytest.approx(middle)
        assert (row["latency_min_s"], row["latency_max_s"]) == (times[0], times[-1])
        if all(one.tokens_per_s is None for one in own):
            assert math.isnan(row["tokens_per_s"])


def test_real_models_are_compared_warm_and_on_equal_terms(lab: Lab) -> None:
    config = GenerationConfig(max_new_tokens=5, ignore_end=True)
    two = (Candidate("local/story"), Candidate("local/twin"))
    wanted = ComparePlan(WRITE, two, ("Once", "The phone"), 2, config)
    frame = to_frame(list(compare(lab, wanted))[-1].measured)
    assert len(frame) == 8
    assert set(frame["tokens_out"]) == {5}
    assert (frame["load_s"] == 0).all()
    assert (frame["latency_s"] > 0).all()
    # The same weights and the same input: the same output, whichever folder it is.
    assert (frame.groupby("input")["output"].nunique() == 1).all()


def test_the_csv_says_with_which_settings_it_was_measured() -> None:
    config = GenerationConfig(max_new_tokens=9, temperature=0.5, top_p=0.9, seed=3, ignore_end=True)
    asked = replace(plan(), config=config)
    back = read(to_csv(to_frame([Measured(Candidate("a"), 1, 1, "in", result("out"))]), asked))
    (row,) = back.to_dict("records")
    assert row["task"] == asked.task
    assert (row["max_new_tokens"], row["temperature"], row["top_p"]) == (9, 0.5, 0.9)
    assert (row["seed"], row["same_length"]) == (3, True)


def test_two_comparisons_of_one_plan_are_equal_and_have_ids_of_their_own() -> None:
    one, other = plan(), plan()
    assert one == other
    assert one.id != other.id
    assert len(one.id) == 32


SCORED = ("Le chat dort.", "")


def scored_runs() -> list[Measured]:
    said = {"a": ("Le chat dort.", "Oui."), "b": ("Le chien dort.", "Non.")}
    return [
        Measured(Candidate(model), number, repeat, "in", result(text))
        for repeat in (1, 2)
        for model, texts in said.items()
        for number, text in enumerate(texts, start=1)
    ]


def test_each_output_is_scored_against_the_reference_of_its_input() -> None:
    frame = to_frame(scored_runs(), SCORED)
    assert set(frame["reference"]) == set(SCORED)
    assert frame.loc[frame["input"] == 2, "chrf"].isna().all()
    one = frame[frame["input"] == 1].set_index("candidate")["chrf"]
    assert list(one["a"]) == pytest.approx([100, 100])
    assert list(one["b"]) == pytest.approx([chrf("Le chien dort.", "Le chat dort.")] * 2)
    summary = summarise(frame).set_index("candidate")["chrf"]
    assert summary["a"] == pytest.approx(100)
    assert summary["b"] < 100


def test_without_references_nothing_is_scored() -> None:
    frame = to_frame(scored_runs())
    assert frame["chrf"].isna().all()
    assert set(frame["reference"]) == {""}
    assert summarise(frame)["chrf"].isna().all()


def test_the_csv_holds_each_score_with_its_reference_and_no_formula() -> None:
    references = ("=HYPERLINK()", "")
    back = read(to_csv(to_frame(scored_runs(), references), plan(references=references)))
    assert set(back["reference"]) == {"'=HYPERLINK()", ""}
    assert (back["chrf"] == "").sum() == 4
    assert "chrf" in back.columns
