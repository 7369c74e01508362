"""Questions about a model's page are answered by what that page said when it was opened."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.exercises.card_facts import DOES_NOT_SAY, choices, page_of, said
from core.exercises.checking import check
from core.exercises.outcome import Outcome
from core.exercises.trail import trail_of
from core.exercises.types import CardFact
from core.explore.types import Fact, Kind, Origin, Verdict
from core.work.entries import Answered, PageRead
from tests.core.exercises.blocks_of_each_kind import exercise
from tests.core.exercises.works import work_of

CORRECT, NOT_YET, NOT_ATTEMPTED = Outcome.CORRECT, Outcome.NOT_YET, Outcome.NOT_ATTEMPTED

PAGE = PageRead(
    Kind.MODEL,
    "someone/some-model",
    Origin.SNAPSHOT,
    parameters=124_439_808,
    gated=False,
    licence="mit",
    datasets=("openwebtext", "someone/more"),
    verdict=Verdict.OPEN_WEIGHTS,
    facts=(Fact("Licence", "MIT", "the front matter of the card"),),
)
SILENT = replace(PAGE, parameters=None, gated=None, licence="", datasets=(), verdict=None, facts=())
OFFERED = {
    "licence": ("apache-2.0", "gpl-3.0"),
    "datasets": ("wikipedia", "openwebtext"),
    "parameters": ("124 million", "1.5 billion"),
    "gated": ("yes", "no"),
    "verdict": ("closed", "open-source"),
}


def about(fact: Any) -> CardFact:
    one = exercise("card-fact")
    assert isinstance(one, CardFact)
    return one.model_copy(update={"fact": fact, "options": OFFERED[fact]})


def outcome(fact: str, page: PageRead, answer: str) -> tuple[Outcome, str]:
    result = check(about(fact), work_of(page, Answered("card-fact", answer)))
    return result.outcome, result.message


def test_the_page_has_to_be_opened_first() -> None:
    for work in (work_of(), work_of(Answered("card-fact", "mit"))):
        result = check(about("licence"), work)
        assert result.outcome is NOT_ATTEMPTED
        assert "Open the page of **someone/some-model**" in result.message
    other = replace(PAGE, id="someone/other")
    dataset = replace(PAGE, kind=Kind.DATASET)
    assert check(about("licence"), work_of(other, dataset)).outcome is NOT_ATTEMPTED


@pytest.mark.parametrize(
    ("fact", "right", "wrong"),
    [
        ("licence", ["mit", "MIT"], ["apache-2.0", "llama3"]),
        ("datasets", ["openwebtext", "someone/more", "OpenWebText"], ["wikipedia", "web"]),
        ("parameters", ["124 million", "126M", "124,439,808"], ["130M", "1.2 billion"]),
        ("gated", ["no"], ["yes"]),
        ("verdict", ["open-weights"], ["open-source", "closed", "unclear"]),
    ],
)  # fmt: skip
def test_an_answer_is_compared_with_the_page(fact: str, right: list[str], wrong: list[str]) -> None:
    for answer in right:
        assert outcome(fact, PAGE, answer)[0] is CORRECT
    for answer in wrong:
        result, message = outcome(fact, PAGE, answer)
        assert result is NOT_YET
        assert "says something else" in message
    result, message = outcome(fact, PAGE, DOES_NOT_SAY)
    assert result is NOT_YET
    assert "does say something" in message


@pytest.mark.parametrize("fact", OFFERED)
def test_a_gap_is_an_answer_as_well(fact: str) -> None:
    result, message = outcome(fact, SILENT, DOES_NOT_SAY)
    assert result is CORRECT
    assert "does not tell" in message
    result, message = outcome(fact, SILENT, OFFERED[fact][0])
    assert result is NOT_YET
    assert "Where on the page" in message


def test_the_latest_page_counts_and_its_source_is_told() -> None:
    other = replace(PAGE, licence="gpl-3.0")
    answer = Answered("card-fact", "mit")
    assert check(about("licence"), work_of(PAGE, other, answer)).outcome is NOT_YET
    found = check(about("licence"), work_of(other, PAGE, answer))
    assert found.outcome is CORRECT
    assert "Source: the front matter of the card" in found.message


@given(
    fact=st.sampled_from(sorted(OFFERED)),
    page=st.sampled_from([PAGE, SILENT, replace(PAGE, verdict=Verdict.UNCLEAR, gated=True)]),
)
def test_one_of_the_choices_is_always_right_and_silence_is_the_last(
    fact: str, page: PageRead
) -> None:
    one = about(fact)
    offered = choices(one, page)
    assert offered[-1] == DOES_NOT_SAY
    assert len(set(offered)) == len(offered)
    right = [choice for choice in offered if outcome(fact, page, choice)[0] is CORRECT]
    assert len(right) == 1
    assert page_of(one, trail_of(one.id, work_of(page))) == page


def test_a_licence_is_shown_by_its_name() -> None:
    assert said("licence", "mit") == "MIT License (mit)"
    assert said("licence", DOES_NOT_SAY) == DOES_NOT_SAY
    assert said("datasets", "mit") == "mit"
