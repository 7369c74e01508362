"""What each kind of exercise says to an answer, and that no answer at all breaks it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.exercises.attempt import attempt_of
from core.exercises.checking import check
from core.exercises.outcome import CheckResult, Outcome
from core.exercises.reference import failures
from core.explore.types import Kind, Origin
from core.work.entries import (
    Answered,
    Done,
    HintTaken,
    LessonOpened,
    PageRead,
    Predicted,
    SolutionSeen,
    StartedOver,
    Value,
)
from core.work.work import Work
from tests.core.exercises.blocks_of_each_kind import KINDS, exercise
from tests.core.exercises.works import work_of

CORRECT, NOT_YET, NOT_ATTEMPTED = Outcome.CORRECT, Outcome.NOT_YET, Outcome.NOT_ATTEMPTED


def told(kind: str, answer: Value) -> CheckResult:
    return check(exercise(kind), work_of(Answered(kind, answer)))


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_untouched_is_not_attempted(kind: str) -> None:
    assert check(exercise(kind), Work()).outcome is NOT_ATTEMPTED


@pytest.mark.parametrize("kind", KINDS)
def test_reference_answers_are_judged_as_they_should_be(kind: str) -> None:
    assert list(failures(exercise(kind))) == []


@pytest.mark.parametrize(
    ("kind", "blank"),
    [
        ("single", ""), ("several", ()), ("several", ""), ("number", ""), ("order", ()),
        ("match", {}), ("match", {"one": ""}), ("text", "  "), ("text", "?!"),
        ("number", float("nan")), ("number", float("inf")),
    ],
)  # fmt: skip
def test_a_blank_answer_is_not_attempted(kind: str, blank: Value) -> None:
    assert told(kind, blank).outcome is NOT_ATTEMPTED


@pytest.mark.parametrize(
    ("kind", "old"),
    [
        ("single", "epsilon"), ("several", ("alpha", "epsilon")), ("order", ("dawn", "eve")),
        ("order", ("dawn", "dawn")), ("match", {"one": "quatro"}), ("match", {"three": "uno"}),
    ],
)  # fmt: skip
def test_an_answer_that_the_exercise_no_longer_offers_is_asked_for_anew(
    kind: str, old: Value
) -> None:
    result = told(kind, old)
    assert result.outcome is NOT_ATTEMPTED
    assert "has changed" in result.message


@pytest.mark.parametrize(
    ("kind", "answer", "says"),
    [
        ("several", ("alpha",), "something is still missing"),
        ("several", ("beta",), "Beta is wrong."),
        ("several", ("alpha", "beta", "delta"), "1 of your 3"),
        ("number", 3500.0, "a factor of 1,000. The answer is asked in GB"),
        ("number", 0.0000035, "a factor of 1,000,000"),
        ("number", 14.0, "That is 16 bits."),
        ("number", 3.0, "3 GB is too low"),
        ("number", -3.5, "too low"),
        ("number", 4, "too high"),
        ("order", ("noon",), "Number 1 cannot be **noon**"),
        ("order", ("dawn", "noon"), "the other 2"),
        ("order", ("dawn", "noon", "night", "dusk"), "The first 2 are right. Number 3"),
        ("match", {"one": "uno", "two": "tres"}, "1 of 3 are right. **two**: Think of two."),
        ("match", {"one": "uno", "two": "dos"}, "2 of 3 are right. What goes with **pair**"),
        ("text", "It is a corpus.", "1 of 2 points are made"),
    ],
)
def test_not_yet_says_what_was_seen_and_what_is_next(kind: str, answer: Value, says: str) -> None:
    result = told(kind, answer)
    assert result.outcome is NOT_YET
    assert says in result.message


def test_a_share_in_the_place_of_percent_is_told() -> None:
    one = exercise("number").model_copy(update={"unit": "%", "answer": 45.0})
    result = check(one, work_of(Answered("number", 0.45)))
    assert result.outcome is NOT_YET
    assert "asked in percent" in result.message


@pytest.mark.parametrize("kind", ["several", "order", "match"])
def test_not_yet_never_names_what_is_right_but_was_not_chosen(kind: str) -> None:
    one = exercise(kind)
    wrong: dict[str, Value] = {
        "several": ("beta",), "order": ("noon", "dusk"), "match": {"one": "tres"},
    }  # fmt: skip
    hidden = {"several": ("alpha", "gamma"), "order": ("dawn", "night"), "match": ("uno", "dos")}
    message = check(one, work_of(Answered(kind, wrong[kind]))).message
    assert not any(right in message for right in hidden[kind])


@pytest.mark.parametrize(
    "text",
    [
        "The TRAINING DATA is secret",
        "its córpus wasn't... well, not published!",
        "Corpuses are secrets.",
    ],
)
def test_a_text_is_read_without_case_accents_and_endings(text: str) -> None:
    assert told("text", text).outcome is CORRECT


def test_short_words_are_no_endings_of_each_other() -> None:
    from core.exercises.wording import words_of

    assert words_of("It isn’t Zoë's") == ["it", "isnt", "zoes"]
    assert told("text", "the trainings datas secretary").outcome is NOT_YET


def test_the_last_answer_counts() -> None:
    one = exercise("single")
    work = work_of(Answered("single", "alpha"), Answered("single", "beta"))
    assert check(one, work).outcome is NOT_YET
    assert check(one, work.plus([Done("x", 9.0, Answered("single", "alpha"))])).outcome is CORRECT


@pytest.mark.parametrize("kind", KINDS)
def test_starting_over_leaves_an_exercise_as_if_untouched(kind: str) -> None:
    one = exercise(kind)
    done = [
        Predicted(kind, 3.0),
        LessonOpened(1),
        LessonOpened(2),
        Answered(kind, 2.0),
        Answered(kind, "alpha"),
        HintTaken(kind, 1),
        SolutionSeen(kind),
    ]
    before = attempt_of(one, work_of(*done))
    after = attempt_of(one, work_of(*done, StartedOver(kind)))
    assert (after.answer, after.prediction, after.hints_taken) == (None, None, 0)
    assert after.result.outcome is NOT_ATTEMPTED
    assert not after.may_see_solution
    assert not after.solution_seen
    assert (before.restarts, after.restarts) == (0, 1)
    elsewhere = attempt_of(one, work_of(*done, StartedOver("another")))
    assert elsewhere == before


def test_the_order_of_time_counts_and_not_the_order_of_arrival() -> None:
    late = Done("a", 5.0, Answered("single", "alpha"))
    early = Done("b", 1.0, Answered("single", "beta"))
    assert check(exercise("single"), Work((late, early))).outcome is CORRECT


values = st.one_of(
    st.text(max_size=40),
    st.sampled_from(["alpha", "beta", "mit", "The card does not say", "dawn"]),
    st.floats(),
    st.lists(st.sampled_from(["alpha", "first", "second"]) | st.text(max_size=9), max_size=6).map(
        tuple
    ),
    st.dictionaries(st.sampled_from(["one", "two", "x"]), st.text(max_size=9), max_size=4),
)
entries = st.one_of(
    st.builds(Answered, st.sampled_from(KINDS), values),
    st.builds(Predicted, st.sampled_from(KINDS), values),
    st.builds(HintTaken, st.sampled_from(KINDS), st.integers(-5, 2000)),
    st.builds(SolutionSeen, st.sampled_from(KINDS)),
    st.builds(StartedOver, st.sampled_from(KINDS)),
    st.builds(LessonOpened, st.integers(1, 6)),
    st.builds(
        PageRead,
        st.sampled_from(Kind),
        st.sampled_from(["someone/some-model", "x"]),
        st.sampled_from(Origin),
        licence=st.sampled_from(["", "mit", "gpl-3.0", "<b>"]),
    ),
)


@given(st.lists(entries, max_size=15), st.sampled_from(KINDS))
def test_whatever_was_done_checking_says_one_of_three_things(done: list, kind: str) -> None:  # type: ignore[type-arg]
    attempt = attempt_of(exercise(kind), work_of(*done))
    result = attempt.result
    assert (result.outcome is NOT_ATTEMPTED) or result.message
    assert 0 <= attempt.hints_taken <= 2
    if result.outcome is CORRECT:
        assert attempt.may_see_solution
    assert attempt == attempt_of(exercise(kind), work_of(*done))


@given(values)
def test_what_a_student_wrote_stands_in_messages_as_it_is(value: Value) -> None:
    page = PageRead(Kind.MODEL, "someone/some-model", Origin.HERE, licence="mit")
    for entry in (Answered("card-fact", value), Predicted("predict", value)):
        message = check(exercise(entry.exercise), work_of(page, entry)).message
        for sign in "<[":
            assert f"{sign}" not in message.replace(f"\\{sign}", "")
