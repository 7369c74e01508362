"""Checks over what was done: whatever that was they answer, and each says one thing to do next."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from core.exercises.evidence.registry import PREDICATES, UnknownCheck, find, known_checks, validate
from core.exercises.types import Evidence, Predict
from core.inference.types import (
    Engine,
    GenerationConfig,
    Provenance,
    Request,
    Result,
    Runtime,
    Task,
    Timing,
)
from core.lessons import all_exercises
from core.work.entries import Comparison, PageRead, Run, SavedCandidate, SavedRun
from core.work.work import Work
from tests.core.exercises.random_work import entries
from tests.core.exercises.works import work_of

_NEEDED: dict[str, dict[str, Any]] = {
    "families-read": {"families": {"GPT-2": ["gpt2"], "BLOOM": ["bloom"]}},
    "verdicts-read": {"verdicts": ["closed", "open-source"]},
    "tokens-counted": {"model": "starter/gpt2-stories", "text": "Once upon a time"},
}
CHECKS = known_checks()
# Each check with what the course gives it, and with as little as it takes.
GIVEN = [
    *((name, _NEEDED.get(name, {})) for name in CHECKS),
    *(
        (one.exercise.check, one.exercise.given)
        for one in all_exercises()
        if isinstance(one.exercise, Evidence | Predict)
    ),
    ("pages-read", {"kind": "dataset", "at_least": 2}),
    ("pages-read", {"silent_on": "training data", "min_parameters": 5, "gated": True}),
    ("candidates-compared", {"by": "text", "repeats": 1, "models": ["openai-community/gpt2"]}),
    ("candidates-compared", {"by": "length", "repeats": 1}),
    ("starts-compared", {"read": "winner"}),
    ("score-against-vote", {"task": "summarization", "blind": False}),
    ("prompt-run", {"read": "tokens-in"}),
]
_HARMLESS = {"text", "strong_open", "strong_close", "softbreak"}


@given(st.lists(entries, max_size=12))
def test_whatever_was_done_each_check_answers_in_words_that_carry_nothing_foreign(
    done: list[Any],
) -> None:
    work = work_of(*done)
    for check, parameters in GIVEN:
        finding = find(check, parameters, work)
        assert finding.message
        assert finding.begun or not finding.met
        assert finding.met or finding.answer is None
        if isinstance(finding.answer, str):
            assert finding.answer in finding.options
        _is_only_words(finding.message)


def _is_only_words(message: str) -> None:
    """Names and prompts are drawn as they are: no link, picture, code or HTML of theirs."""
    for block in MarkdownIt("commonmark").parse(message):
        assert block.type in {"paragraph_open", "inline", "paragraph_close"}, message
        for inner in block.children or ():
            assert inner.type in _HARMLESS, message
            assert not inner.type.startswith("strong") or inner.markup == "**"


def test_a_check_that_is_not_there_or_a_wrong_parameter_is_refused() -> None:
    with pytest.raises(UnknownCheck, match="There is no check 'page-read'; there are"):
        validate("page-read", {})
    with pytest.raises(UnknownCheck, match="max_params"):
        validate("pages-read", {"max_params": 3})
    with pytest.raises(UnknownCheck, match="no pipeline tag"):
        validate("pages-read", {"task": "text-generating"})
    with pytest.raises(UnknownCheck, match="no topic of a card"):
        validate("pages-read", {"silent_on": "the weather"})
    with pytest.raises(UnknownCheck, match="text"):
        find("tokens-counted", {"model": "gpt2"}, Work())


# Comparisons with the times that a test needs.

_MADE = Provenance("m", "main", "llama.cpp", "Q8_0", "cpu", 1, ())


def _compared(
    times_s: dict[str, list[float]],
    lengths: dict[str, list[int]] | None = None,
    *,
    runtimes: dict[str, Runtime] | None = None,
    load_s: float = 0.0,
) -> Comparison:
    """Return a comparison of one input in which each candidate took these times."""
    runs = [
        SavedRun(
            candidate=place,
            input=0,
            repeat=repeat,
            output=0,
            made=0,
            tokens_in=5,
            tokens_out=(lengths or {}).get(name, [10] * len(seconds))[repeat],
            timing=Timing(0.0, load_s, 0.0, total_s, total_s),
        )
        for place, (name, seconds) in enumerate(times_s.items())
        for repeat, total_s in enumerate(seconds)
    ]
    return Comparison(
        id="c",
        task=Task.SUMMARIZATION,
        candidates=tuple(SavedCandidate(name, (runtimes or {}).get(name)) for name in times_s),
        inputs=("a review",),
        repeats=len(next(iter(times_s.values()))),
        config=GenerationConfig(),
        runs=tuple(runs),
        outputs=("a text",),
        made=(_MADE,),
    )


@pytest.mark.parametrize(
    ("slow", "answer"),
    [
        ([0.030, 0.031, 0.032], "fast"),
        # One slow run of the faster model, as below, changes nothing: its line stays where it is.
        ([0.012, 0.013, 0.500], "fast"),
        # A line among the other's dots: chance may have decided.
        ([0.009, 0.013, 0.014], "no clear difference"),
        ([0.010, 0.011, 0.090], "no clear difference"),
    ],
)
def test_faster_is_whose_median_lies_before_every_run_of_the_other(
    slow: list[float], answer: str
) -> None:
    work = work_of(_compared({"slow": slow, "fast": [0.010, 0.011, 0.090]}))
    finding = find("candidates-compared", {"by": "latency"}, work)
    assert finding.met
    assert finding.answer == answer
    assert finding.options == ("slow", "fast", "no clear difference")


def test_longer_is_whose_median_is_larger_and_equal_is_equal() -> None:
    times = {"a": [0.1, 0.1, 0.1], "b": [0.1, 0.1, 0.1]}
    longer = _compared(times, {"a": [5, 6, 90], "b": [7, 7, 7]})
    assert find("candidates-compared", {"by": "length"}, work_of(longer)).answer == "b"
    equal = _compared(times, {"a": [7, 7, 90], "b": [7, 7, 7]})
    assert find("candidates-compared", {"by": "length"}, work_of(equal)).answer == "equally long"


def test_cold_runs_are_no_repeats() -> None:
    cold = _compared({"a": [0.1] * 3, "b": [0.2] * 3}, load_s=1.0)
    finding = find("candidates-compared", {}, work_of(cold))
    assert not finding.met
    assert "had to be loaded" in finding.message


def test_of_one_models_engines_the_engine_alone_is_named() -> None:
    made = _compared({"a": [0.1] * 3, "b": [0.2] * 3})
    runtimes = (Runtime(Engine.LLAMA_CPP, "Q8_0"), Runtime(Engine.TRANSFORMERS, "float32"))
    made = replace(made, candidates=tuple(SavedCandidate("m", each) for each in runtimes))
    finding = find("candidates-compared", {"differs": "engine"}, work_of(made))
    assert finding.answer == "llama.cpp Q8_0"
    assert find("candidates-compared", {"differs": "precision"}, work_of(made)).answer is None


def test_the_slope_is_that_of_the_line_through_the_medians() -> None:
    lengths = [10, 10, 10, 20, 30]
    times = [0.009, 0.010, 0.400, 0.015, 0.020]
    made = _compared({"fast": [0.001] * 5, "slow": times}, {"slow": lengths})
    finding = find("length-slope", {}, work_of(made))
    assert finding.met
    assert finding.answer == pytest.approx(0.5)
    assert "0.5" not in finding.message


def test_a_slope_is_not_asked_where_the_dots_lie_near_no_line() -> None:
    made = _compared({"a": [0.9, 0.1, 0.8], "b": [0.1] * 3}, {"a": [10, 20, 30]})
    finding = find("length-slope", {}, work_of(made))
    assert finding.begun and not finding.met
    assert "near no line" in finding.message


def test_what_came_furthest_counts_whatever_was_done_after() -> None:
    """A student who did it and went on to play with other models has still done it."""
    done = _compared({"a": [0.1] * 3, "b": [0.2] * 3})
    once = _compared({"a": [0.1], "b": [0.2]})
    assert find("candidates-compared", {}, work_of(once, done, once)).met


def test_datasets_and_spaces_need_the_hub_and_the_message_says_so() -> None:
    finding = find("pages-read", {"kind": "space"}, Work())
    assert not finding.begun
    assert "it needs the Hub" in finding.message


def _page(id: str) -> PageRead:
    from core.explore.types import Kind, Origin

    return PageRead(Kind.MODEL, id, Origin.LIVE)


def test_families_are_told_by_their_names_one_after_the_other() -> None:
    given = {"families": {"LLaMA": ["llama"], "BLOOM": ["bloom"], "Falcon": ["falcon"]}}
    asked = {**given, "at_least": 2}
    first = find("families-read", asked, work_of(_page("meta-llama/Llama-3.2-1B")))
    assert first.begun and not first.met
    assert "LLaMA: 1 of 2 families. Open a model of BLOOM or Falcon next." in first.message
    both = work_of(_page("meta-llama/Llama-3.2-1B"), _page("bigscience/bloom"))
    assert find("families-read", asked, both).met


def _ran(tokens_out: int, *, limit: int, total_s: float, decode_s: float) -> Run:
    return Run(
        Request(Task.TEXT_GENERATION, "m", "Hello", GenerationConfig(max_new_tokens=limit)),
        Result("a", 1, tokens_out, Timing(0, 0, total_s - decode_s, decode_s, total_s), _MADE),
    )


def test_where_a_busy_machine_turns_figures_round_it_is_run_again_instead_of_taught_wrong() -> None:
    long = _ran(90, limit=200, total_s=0.090, decode_s=0.080)
    hiccup = _ran(20, limit=20, total_s=0.080, decode_s=0.0005)
    finding = find("only-length", {}, work_of(hiccup, long))
    assert not finding.met
    assert "something else kept the machine busy" in finding.message
    calm = _ran(20, limit=20, total_s=0.025, decode_s=0.018)
    assert find("only-length", {}, work_of(hiccup, long, calm)).answer == "latency"
    slow = _ran(20, limit=20, total_s=0.100, decode_s=0.090)
    finding = find("stopped-early", {}, work_of(slow, long))
    assert not finding.met
    assert "Run the short one again" in finding.message


def test_a_run_that_was_stopped_before_a_word_is_nothing_to_compare() -> None:
    timing = Timing(0, 0, 0, 0, 0)
    nothing = Run(
        Request(Task.TEXT_GENERATION, "m", "Hello"),
        Result("", 1, 0, timing, _MADE, stopped=True),
    )
    assert not find("stopped-early", {}, work_of(nothing)).begun


_DOCS = Path(__file__).resolve().parents[3] / "docs" / "checks.md"


def test_every_check_is_documented_with_each_parameter_and_an_example_that_is_taken() -> None:
    told = dict(re.findall(r"^### `([a-z-]+)`\n(.*?)(?=^##|\Z)", _DOCS.read_text(), re.M | re.S))
    assert sorted(told) == list(CHECKS)
    for check, text in told.items():
        table = "".join(line for line in text.splitlines() if line.startswith("| `"))
        named = {name for cell in re.findall(r"\| (`[^|]*) \|", table) for name in _ticked(cell)}
        assert set(PREDICATES[check][0].model_fields) <= named, check
        (example,) = re.findall(r"```yaml\n(.*?)```", text, re.S)
        shown = yaml.safe_load(example)
        assert shown["check"] == check
        validate(check, shown["given"])


def _ticked(text: str) -> list[str]:
    return re.findall(r"`([^`]+)`", text)
