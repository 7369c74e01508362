"""A ticket: what one has in hand until the answer is there."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import LabError
from core.inference.ticket import State, Ticket
from core.inference.types import (
    Chunk,
    Provenance,
    Request,
    Result,
    Task,
    Timing,
    TokenChoice,
)

REQUEST = Request(Task.TEXT_GENERATION, "model", "Hello")
RESULT = Result("out", 1, 1, Timing(0, 0, 0, 0, 0), Provenance("model", "r", "e", "p", "d", 1, ()))


class Line:
    """A line in which everybody is the seventh, half a minute from the front."""

    def __init__(self) -> None:
        self.dropped: list[Ticket] = []

    def position(self, ticket: Ticket) -> int:
        return 7

    def wait_s(self, ticket: Ticket) -> float | None:
        return 30.0

    def drop(self, ticket: Ticket) -> None:
        self.dropped.append(ticket)


def ticket(line: Line | None = None) -> Ticket:
    return Ticket(REQUEST, lane="model", line=line or Line())


@given(st.lists(st.text(max_size=3)))
def test_streamed_pieces_add_up_to_the_output(pieces: list[str]) -> None:
    one = ticket()
    streamed: list[str] = []
    reader = threading.Thread(target=lambda: streamed.extend(one.stream()))
    reader.start()
    for piece in pieces:
        one.add(Chunk(piece, 1))
    one.finish(State.DONE, RESULT)
    reader.join()
    assert "".join(streamed) == one.text == "".join(pieces)
    assert one.tokens == len(pieces)


def test_a_stream_hands_on_each_piece_before_the_next_exists() -> None:
    one = ticket()
    stream = one.stream()
    for piece in ("Once", " upon", " a time"):
        one.add(Chunk(piece, 1))
        assert next(stream) == piece
    one.finish(State.DONE, RESULT)
    assert "".join(stream) == ""


def test_what_went_wrong_is_raised_by_stream_and_result_and_kept() -> None:
    one = ticket()
    error = LabError("broken")
    one.add(Chunk("half", 1))
    one.finish(State.FAILED, error)
    stream = one.stream()
    assert next(stream) == "half"
    with pytest.raises(LabError, match="broken"):
        next(stream)
    with pytest.raises(LabError, match="broken"):
        one.result()
    assert one.error is error
    assert one.outcome is None


def test_a_run_stopped_before_it_began_says_so() -> None:
    one = ticket()
    one.finish(State.STOPPED, None)
    with pytest.raises(LabError, match="stopped before it began"):
        one.result()
    assert (one.outcome, one.error) == (None, None)


def test_waiting_with_a_limit_ends() -> None:
    with pytest.raises(TimeoutError):
        ticket().result(timeout_s=0.01)


def test_place_and_wait_count_only_while_waiting() -> None:
    one = ticket()
    assert (one.position, one.wait_s) == (7, 30.0)
    one.move(State.RUNNING)
    assert (one.position, one.wait_s) == (0, 0.0)


def test_the_download_shows_only_while_loading() -> None:
    one = ticket()
    one.report_download(0.5)
    assert one.download_progress is None
    one.move(State.LOADING)
    assert one.download_progress == 0.5
    one.move(State.RUNNING)
    assert one.download_progress is None


def test_cancelling_is_told_to_the_line() -> None:
    line = Line()
    one = ticket(line)
    assert not one.cancelled()
    one.cancel()
    assert one.cancelled()
    assert line.dropped == [one]


def test_following_shows_the_text_grow_and_ends_with_all_of_it() -> None:
    one = ticket()
    followed = one.follow(every_s=0)
    threading.Timer(0.01, one.add, [Chunk("Once", 1)]).start()
    while (text := next(followed)) != "Once":
        assert text == ""
    one.add(Chunk(" upon", 1))
    one.finish(State.DONE, RESULT)
    assert list(followed)[-1] == "Once upon"


def test_following_misses_no_change_that_comes_while_the_screen_is_drawn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one = ticket()
    followed = one.follow(every_s=0)
    assert next(followed) == ""
    one.add(Chunk("Once", 1))

    def never(*_: object, **__: object) -> None:
        raise AssertionError("waited for a change that had come")

    monkeypatch.setattr(one._changed, "wait", never)
    assert next(followed) == "Once"


def test_only_tokens_move_the_clock() -> None:
    one = ticket()
    one.add(Chunk("held back", 0))
    assert one.tokens == 0
    assert one.stopwatch.timing().decode_s == 0
    assert one.text == "held back"


def test_the_choices_of_each_token_are_kept_in_order() -> None:
    one = ticket()
    choices = [TokenChoice(letter, 0.5, ((letter, 0.5),)) for letter in "abc"]
    one.add(Chunk("a", 1, (choices[0],)))
    one.add(Chunk("bc", 2, tuple(choices[1:])))
    assert one.choices == tuple(choices)


def test_a_restart_forgets_what_was_written_and_waits_in_the_other_lane() -> None:
    one = ticket()
    one.move(State.LOADING)
    one.report_download(0.5)
    one.move(State.RUNNING)
    one.add(Chunk("wrong", 1, (TokenChoice("wrong", 1.0, ()),)))
    one.restart(lane="other")
    assert (one.text, one.tokens, one.choices) == ("", 0, ())
    assert (one.lane, one.state, one.position) == ("other", State.QUEUED, 7)
    one.move(State.LOADING)
    assert one.download_progress is None


@given(st.lists(st.text(max_size=3), max_size=5), st.lists(st.text(max_size=3), max_size=5))
def test_after_a_restart_a_stream_gives_the_new_text_from_its_first_letter(
    before: list[str], after: list[str]
) -> None:
    one = ticket()
    stream = one.stream()
    for piece in before:
        one.add(Chunk(piece, 1))
    if before and "".join(before):
        assert next(stream) == "".join(before)
    one.restart(lane="other")
    for piece in after:
        one.add(Chunk(piece, 1))
    one.finish(State.DONE, RESULT)
    assert "".join(stream) == "".join(after)


def test_what_would_end_a_program_ends_only_the_ticket() -> None:
    one = ticket()
    one.finish(State.FAILED, SystemExit("panic"))
    with pytest.raises(RuntimeError, match="panic"):
        one.result()


def test_who_sees_that_a_run_has_ended_finds_it_told() -> None:
    one = ticket()
    told: list[tuple[bool, Result | None]] = []
    one.when_ended(lambda ended: told.append((ended.ended, ended.outcome)))
    one.finish(State.DONE, RESULT)
    # At the moment of telling nobody could have seen the end.
    assert told == [(False, RESULT)]
    assert one.ended


def test_who_asks_after_the_end_is_told_at_once() -> None:
    one = ticket()
    one.finish(State.STOPPED, None)
    told: list[Ticket] = []
    one.when_ended(told.append)
    assert told == [one]


def test_one_who_cannot_be_told_hurts_neither_the_run_nor_the_others(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(ended: Ticket) -> None:
        raise ValueError(f"about {ended.request.inputs}")

    one = ticket()
    told: list[Ticket] = []
    one.when_ended(fail)
    one.when_ended(told.append)
    with caplog.at_level("WARNING"):
        one.finish(State.DONE, RESULT)
    assert one.result() is RESULT
    assert told == [one]
    assert REQUEST.inputs not in caplog.text
    assert all(REQUEST.inputs not in str(vars(record)) for record in caplog.records)
