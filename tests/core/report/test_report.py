"""The lab report tells all that was done, prints, and can do nothing, whatever somebody wrote."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import settings as examples
from hypothesis import strategies as some

from core.report.page import report_html
from core.settings import settings
from core.work.entries import Comparison, Entry, Run
from core.work.work import Work
from tests.made_course import small_course, some_answers
from tests.made_work import a_comparison, a_run, a_training, some_work, work_of

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SVG = '<svg xmlns="http://www.w3.org/2000/svg"/>'
HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</style><style>*{background:url(//evil.example)}</style>",
    "{{ 7 * 7 }} {% raw %} ${7*7}",
    "[x](javascript:alert(1)) ![](http://evil.example/x.png) <http://evil.example>",
    "\u202eevil\u202c \0 \x07 \x9f \ufffe",
    "javascript:alert(1)",
    "x" * 5000,
]
# What the page is made of; nothing else ever stands in it.
TAGS = {
    *("html", "head", "meta", "title", "style", "body", "header", "section", "article", "div"),
    *("p", "h1", "h2", "h3", "h4", "span", "strong", "em", "code", "a", "br", "ul", "ol", "li"),
    *("table", "thead", "tbody", "tr", "th", "td", "figure", "figcaption", "img", "svg", "rect"),
}


def draw_nothing(specs: Sequence[Mapping[str, Any]]) -> tuple[str | None, ...]:
    return (None,) * len(specs)


def draw_dots(specs: Sequence[Mapping[str, Any]]) -> tuple[str | None, ...]:
    return (SVG,) * len(specs)


def page_of(work: Work, *, draw: Any = draw_dots, made: datetime = NOW) -> str:
    return report_html(work, small_course(), made=made, limits=settings(), draw=draw).decode()


def everything(said: str) -> Work:
    entries: list[Entry] = [done.what for done in some_work(said=said).done]
    return work_of([*entries, *some_answers(said)])


class Parts(HTMLParser):
    """The tags, attributes and texts of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str, str]] = []
        self.texts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())


def expect_harmless(page: str) -> None:
    parts = Parts(page)
    assert parts.tags <= TAGS
    for tag, name, value in parts.attributes:
        assert not name.startswith("on")
        assert name not in {"style", "srcset", "background", "formaction"}
        if name == "src":
            assert tag == "img"
            assert value.startswith("data:image/svg+xml;base64,")
        if name == "href":
            assert (tag, value) == ("a", "https://example.org")
    assert page.count("<style>") == page.count("</style>") == 1


@given(said=some.text(some.characters(exclude_categories=["Cs"]), max_size=60))
@examples(max_examples=8)
@example(said=HOSTILE[0])
@example(said=HOSTILE[1])
@example(said=HOSTILE[2])
@example(said=HOSTILE[4])
@example(said=HOSTILE[5])
def test_whatever_was_written_the_page_can_do_nothing(said: str) -> None:
    expect_harmless(page_of(everything(said)))


def test_a_template_in_an_answer_stays_as_it_was_typed() -> None:
    assert "{{ 7 * 7 }} {% raw %} ${7*7}" in Parts(page_of(everything(HOSTILE[3]))).text


def test_a_browser_is_told_to_load_and_run_nothing() -> None:
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page_of(some_work()))
    assert policy
    rules = policy[1].replace("&#39;", "'")
    assert rules.startswith("default-src 'none'; img-src data:; style-src 'sha256-")
    assert "unsafe" not in rules


def test_all_that_was_done_stands_in_the_report() -> None:
    text = Parts(page_of(everything("A lamp & a seed"))).text
    for words in (
        *("A lamp & a seed", "3 of 7", "exercises correct", "1 of 2 hints used", "solution seen"),
        *("starter/llama-stories", "190 tokens/s", "cold: 0.20 s to load", "seed 1"),
        *("You found them equally good", "Comparison 1", "llama-stories answers fastest"),
        *("90.0%", "[85.0%, 94.0%]", "Expected: Both hardly move.", "Loss fell", "learning rate"),
        *("openai-community/gpt2", "open-weights", "Texts cut into tokens", "Not attempted"),
        *("✓ correct", "◐ not yet", "12 tokens", "Lesson 1: Open-source models", "Task 2: Test"),
    ):
        assert words in text, words


def test_times_are_those_of_whoever_reads() -> None:
    evening = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)
    assert "1 March 2026, 23:30" in page_of(Work(), made=evening)
    there = evening.astimezone(timezone(timedelta(hours=1)))
    assert "2 March 2026, 00:30" in page_of(Work(), made=there)


def test_nothing_done_makes_a_page_that_says_what_to_do() -> None:
    page = page_of(Work())
    expect_harmless(page)
    assert "Nothing to report yet" in page
    assert "run a prompt in Task 2" in page


def test_each_chart_says_in_words_what_it_shows() -> None:
    parts = Parts(page_of(some_work()))
    words = [value for tag, name, value in parts.attributes if (tag, name) == ("img", "alt")]
    assert len(words) == 6
    assert any(alt.startswith("Latency: llama-stories answers fastest") for alt in words)


def test_where_charts_cannot_be_drawn_the_figures_and_findings_stand() -> None:
    page = page_of(some_work(), draw=draw_nothing)
    assert "<img" not in page
    assert "This chart is not drawn here. The table has its medians." in page
    assert "llama-stories answers fastest" in page


def test_a_drawing_cannot_leave_its_frame() -> None:
    def draw_script(specs: Sequence[Mapping[str, Any]]) -> tuple[str | None, ...]:
        return ("<svg><script>alert(1)</script></svg>",) * len(specs)

    page = page_of(some_work(), draw=draw_script)
    expect_harmless(page)
    assert "alert" not in page


def test_a_comparison_that_is_damaged_or_empty_says_so() -> None:
    sound = a_comparison()
    empty = Comparison(**{**vars(sound), "runs": (), "complete": False})
    wrong = Comparison(**{**vars(sound), "outputs": ()})
    text = Parts(page_of(work_of([empty, wrong, a_comparison()]))).text
    assert "Stopped before the first measured run." in text
    assert "A saved comparison is damaged." in text
    assert "Comparison 3" in text


def test_a_training_that_fell_apart_is_drawn_as_far_as_it_went() -> None:
    text = Parts(page_of(work_of([a_training(fell_apart=True)]))).text
    assert "its loss was no number any more" in text


def test_of_very_many_runs_the_latest_stand_in_the_report() -> None:
    runs = [a_run(f"Run {number}.") for number in range(1003)]
    text = Parts(page_of(work_of(runs))).text
    assert "The latest 1000; 3 earlier ones are in the passport." in text
    assert "Run 1002." in text
    assert "Run 2." not in text


@pytest.mark.parametrize("seconds", [0.0, 1e-9, 1e15])
def test_any_time_that_a_passport_may_hold_can_be_reported(seconds: float) -> None:
    run = a_run()
    object.__setattr__(run.result.timing, "total_s", seconds)
    object.__setattr__(run.result.timing, "decode_s", seconds)
    comparison = a_comparison()
    object.__setattr__(comparison.runs[0].timing, "total_s", seconds)
    assert isinstance(run, Run)
    expect_harmless(page_of(work_of([run, comparison])))
