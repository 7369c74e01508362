"""Who is answered when."""

from __future__ import annotations

import random
import threading
import time
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import BusyError, LabError
from core.inference.lane import Lane
from core.inference.scheduler import Reroute, Scheduler
from core.inference.ticket import State, Ticket
from core.inference.types import Chunk, Provenance, Request, Result, Task, Timing

PATIENCE_S = 60


def ask(scheduler: Scheduler, text: str = "", lane: str = "a", learner: str = "") -> Ticket:
    request = Request(Task.TEXT_GENERATION, "model", text, learner=learner)
    return scheduler.submit(request, lane=lane)


def result(output: str, *, stopped: bool = False, load_s: float = 0) -> Result:
    made = Provenance("a", "r", "e", "p", "d", 1, ())
    return Result(output, 1, 1, Timing(0, load_s, 0, 0, 0), made, stopped=stopped)


def echo(ticket: Ticket) -> Result:
    for character in ticket.request.inputs:
        ticket.add(Chunk(character, 1))
    return result(ticket.text, stopped=ticket.cancelled())


class Gate:
    """An answer that waits: `began` is set when it starts, `go` lets it (and all after it) end."""

    def __init__(self, answer: Callable[[Ticket], Result] = echo) -> None:
        self.began, self.go = threading.Event(), threading.Event()
        self.answered: list[str] = []
        self._answer = answer

    def __call__(self, ticket: Ticket) -> Result:
        self.answered.append(ticket.request.inputs)
        self.began.set()
        assert self.go.wait(PATIENCE_S)
        return self._answer(ticket)


def lanes() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("lane ")]


def wait_until_idle() -> None:
    for thread in lanes():
        thread.join(PATIENCE_S)
    assert not lanes()


def test_one_model_answers_one_at_a_time_in_order_of_arrival() -> None:
    inside: list[str] = []
    together: list[int] = []
    order: list[str] = []
    all_there = threading.Event()

    def answer(ticket: Ticket) -> Result:
        assert all_there.wait(PATIENCE_S)
        inside.append(ticket.request.inputs)
        together.append(len(inside))
        order.append(ticket.request.inputs)
        inside.pop()
        return echo(ticket)

    scheduler = Scheduler(answer)
    tickets = [ask(scheduler, str(number)) for number in range(50)]
    all_there.set()
    assert [ticket.result(timeout_s=PATIENCE_S).output for ticket in tickets] == order
    assert order == [str(number) for number in range(50)]
    assert set(together) == {1}


def test_models_answer_side_by_side() -> None:
    meeting = threading.Barrier(4, timeout=PATIENCE_S)

    def answer(ticket: Ticket) -> Result:
        meeting.wait()  # passes only when all four are being answered at once
        return echo(ticket)

    scheduler = Scheduler(answer)
    tickets = [ask(scheduler, "x", model) for model in "abcd"]
    assert [ticket.result().output for ticket in tickets] == ["x"] * 4


def test_places_in_line_count_down_to_nought() -> None:
    steps = {str(n): threading.Event() for n in range(3)}
    begun = {str(n): threading.Event() for n in range(3)}

    def answer(ticket: Ticket) -> Result:
        begun[ticket.request.inputs].set()
        assert steps[ticket.request.inputs].wait(PATIENCE_S)
        return echo(ticket)

    scheduler = Scheduler(answer)
    tickets = [ask(scheduler, str(number)) for number in range(3)]
    for turn in range(3):
        assert begun[str(turn)].wait(PATIENCE_S)
        assert [ticket.position for ticket in tickets[turn:]] == list(range(3 - turn))
        ask(scheduler, str(turn))  # who comes later changes no place
        assert [ticket.position for ticket in tickets[turn:]] == list(range(3 - turn))
        steps[str(turn)].set()
        tickets[turn].result(timeout_s=PATIENCE_S)
    wait_until_idle()


@given(st.lists(st.sampled_from(["", "ada", "ben", "eva"]), min_size=1, max_size=12))
def test_places_tell_the_order_in_which_tickets_begin(learners: list[str]) -> None:
    gate = Gate()
    scheduler = Scheduler(gate)
    first = ask(scheduler, "first")
    assert gate.began.wait(PATIENCE_S)
    tickets = [ask(scheduler, str(n), learner=who) for n, who in enumerate(learners)]
    told = sorted(tickets, key=lambda ticket: ticket.position)
    assert [ticket.position for ticket in told] == list(range(1, len(learners) + 1))
    gate.go.set()
    for ticket in [first, *tickets]:
        ticket.result(timeout_s=PATIENCE_S)
    assert gate.answered == ["first", *(ticket.request.inputs for ticket in told)]


def test_one_learners_twenty_requests_hold_up_each_of_29_others_by_one() -> None:
    gate = Gate()
    scheduler = Scheduler(gate)
    greedy = [ask(scheduler, "greedy", learner="greedy") for _ in range(20)]
    assert gate.began.wait(PATIENCE_S)
    others = [ask(scheduler, f"{n}", learner=f"learner {n}") for n in range(29)]
    assert [ticket.position for ticket in others] == list(range(2, 31))
    gate.go.set()
    for ticket in [*greedy, *others]:
        ticket.result(timeout_s=PATIENCE_S)
    assert gate.answered[:2] == ["greedy", "greedy"]
    assert gate.answered[2:31] == [f"{n}" for n in range(29)]


def test_a_lane_answers_as_many_at_once_as_it_was_widened_to_and_no_more() -> None:
    inside, most = [0], [0]
    lock = threading.Lock()
    meeting = threading.Barrier(4, timeout=PATIENCE_S)

    def answer(ticket: Ticket) -> Result:
        with lock:
            inside[0] += 1
            most[0] = max(most[0], inside[0])
        if ticket.request.inputs == "first":
            scheduler.widen("a", 4)  # as a lab does once the model is loaded
        else:
            meeting.wait()
        with lock:
            inside[0] -= 1
        return echo(ticket)

    scheduler = Scheduler(answer)
    tickets = [ask(scheduler, text) for text in ["first", *"abcdefgh"]]
    for ticket in tickets:
        ticket.result(timeout_s=PATIENCE_S)
    assert most == [4]
    wait_until_idle()


def test_a_lane_narrows_again_when_its_model_is_loaded_in_another_way() -> None:
    gate = Gate()
    scheduler = Scheduler(gate)
    scheduler.widen("a", 3)
    tickets = [ask(scheduler, str(number)) for number in range(8)]
    assert gate.began.wait(PATIENCE_S)
    scheduler.widen("a", 1)
    gate.go.set()
    for ticket in tickets:
        ticket.result(timeout_s=PATIENCE_S)
    wait_until_idle()
    assert scheduler.snapshot()[0].width == 1


class FakeClock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_the_wait_follows_from_what_the_last_ones_took_and_who_is_being_answered() -> None:
    clock = FakeClock()
    gate = Gate()

    def answer(ticket: Ticket) -> Result:
        clock.now += 15 if ticket.request.inputs == "cold" else 0
        return result("", load_s=5) if ticket.request.inputs == "cold" else gate(ticket)

    scheduler = Scheduler(answer, clock=clock)
    cold = ask(scheduler, "cold")
    cold.result(timeout_s=PATIENCE_S)  # 10 s to answer, loading left out
    wait_until_idle()
    ask(scheduler, "running")
    assert gate.began.wait(PATIENCE_S)
    line = [ask(scheduler, "waits") for _ in range(4)]
    assert [ticket.wait_s for ticket in line] == [10, 20, 30, 40]
    clock.now += 6
    assert [ticket.wait_s for ticket in line] == [4, 14, 24, 34]
    clock.now += 60  # longer than usual: its end is near, but not now
    assert [ticket.wait_s for ticket in line] == [2.5, 12.5, 22.5, 32.5]
    gate.go.set()
    for ticket in line:
        ticket.result(timeout_s=PATIENCE_S)
    assert line[0].wait_s == 0


def test_a_wider_lane_waits_for_whichever_place_is_free_first() -> None:
    clock = FakeClock()
    lane = Lane("a")
    lane.count(State.DONE, 10.0)
    lane.width = 3
    assert [lane.wait_s(before, clock.now) for before in range(5)] == [0, 0, 0, 10, 10]


def test_nobody_knows_the_wait_before_the_first_answer() -> None:
    gate = Gate()
    scheduler = Scheduler(gate)
    ask(scheduler)
    assert gate.began.wait(PATIENCE_S)
    waiting = ask(scheduler)
    assert waiting.wait_s is None
    gate.go.set()
    waiting.result(timeout_s=PATIENCE_S)


def test_a_failing_request_never_hurts_the_next() -> None:
    def answer(ticket: Ticket) -> Result:
        match ticket.request.inputs:
            case "lab":
                raise LabError("expected", next_step="Do this.")
            case "bug":
                raise ZeroDivisionError("a bug")
            case "memory":
                raise MemoryError
        return echo(ticket)

    scheduler = Scheduler(answer)
    tickets = {text: ask(scheduler, text) for text in ("lab", "bug", "memory", "fine")}
    for text, kind in [("lab", LabError), ("bug", ZeroDivisionError), ("memory", MemoryError)]:
        with pytest.raises(kind):
            tickets[text].result(timeout_s=PATIENCE_S)
        assert tickets[text].state is State.FAILED
    assert tickets["fine"].result(timeout_s=PATIENCE_S).output == "fine"


def test_what_is_cancelled_in_the_queue_never_starts_and_ends_at_once() -> None:
    gate = Gate()
    scheduler = Scheduler(gate)
    first = ask(scheduler, "1")
    assert gate.began.wait(PATIENCE_S)
    second, third = ask(scheduler, "2"), ask(scheduler, "3")
    assert third.position == 2
    second.cancel()
    assert second.state is State.STOPPED  # while the first is still being answered
    assert third.position == 1
    with pytest.raises(LabError, match="stopped before it began"):
        second.result(timeout_s=PATIENCE_S)
    gate.go.set()
    assert third.result(timeout_s=PATIENCE_S).output == "3"
    assert first.result().output == "1"
    assert gate.answered == ["1", "3"]


def test_cancelling_gives_the_place_to_others() -> None:
    gate = Gate()
    scheduler = Scheduler(gate, max_waiting=3)
    ask(scheduler, "0")
    assert gate.began.wait(PATIENCE_S)
    tickets = [ask(scheduler, str(number)) for number in range(3)]
    with pytest.raises(BusyError):
        ask(scheduler, "late")
    tickets[2].cancel()
    late = ask(scheduler, "late")
    gate.go.set()
    assert late.result(timeout_s=PATIENCE_S).output == "late"


def test_cancelling_what_is_being_answered_is_seen_by_it_and_keeps_its_text() -> None:
    gate = Gate()
    scheduler = Scheduler(gate)
    ticket = ask(scheduler, "text")
    assert gate.began.wait(PATIENCE_S)
    ticket.cancel()
    assert not ticket.ended
    gate.go.set()
    assert ticket.result(timeout_s=PATIENCE_S).output == "text"
    assert ticket.state is State.STOPPED


def test_an_answer_that_breaks_off_because_it_was_cancelled_is_stopped_not_failed() -> None:
    def broken(ticket: Ticket) -> Result:
        raise LabError("broken off")

    gate = Gate(broken)
    ticket = ask(Scheduler(gate))
    assert gate.began.wait(PATIENCE_S)
    ticket.cancel()
    gate.go.set()
    with pytest.raises(LabError, match="stopped"):
        ticket.result(timeout_s=PATIENCE_S)
    assert ticket.state is State.STOPPED
    assert ticket.error is None


def test_cancelling_after_the_end_or_twice_changes_nothing() -> None:
    ticket = ask(Scheduler(echo), "done")
    assert ticket.result(timeout_s=PATIENCE_S).output == "done"
    ticket.cancel()
    ticket.cancel()
    assert ticket.state is State.DONE
    assert ticket.result().output == "done"


def test_two_hundred_at_once_are_all_answered() -> None:
    scheduler = Scheduler(echo)
    with ThreadPoolExecutor(200) as threads:
        answers = list(
            threads.map(
                lambda n: ask(scheduler, str(n), "abcd"[n % 4]).result(timeout_s=PATIENCE_S),
                range(200),
            )
        )
    assert [answer.output for answer in answers] == [str(number) for number in range(200)]


def test_past_the_bound_the_lab_says_that_it_is_busy_for_how_long_and_recovers() -> None:
    clock = FakeClock()
    gate = Gate()

    def answer(ticket: Ticket) -> Result:
        clock.now += 2 if ticket.request.inputs == "first" else 0
        return echo(ticket) if ticket.request.inputs == "first" else gate(ticket)

    scheduler = Scheduler(answer, max_waiting=5, clock=clock)
    ask(scheduler, "first").result(timeout_s=PATIENCE_S)
    wait_until_idle()
    ask(scheduler, "running")
    assert gate.began.wait(PATIENCE_S)
    tickets = [ask(scheduler, str(number)) for number in range(5)]
    with pytest.raises(BusyError, match="busy: 5 requests are waiting, about 12 s") as caught:
        ask(scheduler)
    assert caught.value.next_step == "Try again in about 12 s."
    assert caught.value.retry_s == 12
    other = ask(scheduler, "other", "b")
    gate.go.set()
    for ticket in [*tickets, other]:
        ticket.result(timeout_s=PATIENCE_S)
    wait_until_idle()
    assert ask(scheduler, "again").result(timeout_s=PATIENCE_S).output == "again"


def test_all_lanes_together_are_bounded_too() -> None:
    gate = Gate()
    scheduler = Scheduler(gate, max_waiting=2)
    accepted: list[Ticket] = []
    with pytest.raises(BusyError):
        for number in range(100):
            accepted.append(ask(scheduler, lane=f"lane {number}"))
            accepted.append(ask(scheduler, lane=f"lane {number}"))
    gate.go.set()
    for ticket in accepted:
        ticket.result(timeout_s=PATIENCE_S)


class FallsBack:
    """Sends what the fast lane gets to the slow one after a false start; that one answers."""

    def __init__(self, answer: Callable[[Ticket], Result] = echo) -> None:
        self._answer = answer

    def __call__(self, ticket: Ticket) -> Result:
        if ticket.lane == "fast":
            ticket.add(Chunk("false start", 2))
            raise Reroute("slow")
        return self._answer(ticket)


def test_a_rerouted_ticket_is_answered_in_the_other_lane_and_keeps_nothing_of_the_first() -> None:
    scheduler = Scheduler(FallsBack())
    ticket = ask(scheduler, "text", "fast", learner="ada")
    outcome = ticket.result(timeout_s=PATIENCE_S)
    assert (outcome.output, ticket.text, ticket.tokens) == ("text", "text", 4)
    assert (ticket.lane, ticket.request.learner) == ("slow", "ada")
    done = {status.lane: status.done for status in scheduler.snapshot()}
    assert done == {"fast": 0, "slow": 1}


def test_rerouted_tickets_come_before_those_who_wait_there_in_fair_turns() -> None:
    gate = Gate()
    scheduler = Scheduler(FallsBack(gate))
    tickets = [ask(scheduler, "running", "slow")]
    assert gate.began.wait(PATIENCE_S)
    tickets += [ask(scheduler, f"eva {n}", "slow", learner="eva") for n in range(2)]
    for text in ("ada 1", "ada 2", "ben 1"):
        sent = ask(scheduler, text, "fast", learner=text[:3])
        tickets.append(sent)
        while sent.lane == "fast":
            time.sleep(0.001)
    assert [ticket.position for ticket in tickets] == [0, 4, 5, 1, 3, 2]
    gate.go.set()
    for ticket in tickets:
        ticket.result(timeout_s=PATIENCE_S)
    assert gate.answered == ["running", "ada 1", "ben 1", "ada 2", "eva 0", "eva 1"]


def test_a_rerouted_ticket_can_be_cancelled_where_it_waits_and_on_its_way() -> None:
    gate = Gate()
    scheduler = Scheduler(FallsBack(gate))
    ask(scheduler, "running", "slow")
    assert gate.began.wait(PATIENCE_S)
    waiting = ask(scheduler, "waiting", "fast")
    while waiting.lane == "fast":
        time.sleep(0.001)
    waiting.cancel()
    assert waiting.state is State.STOPPED
    gate.go.set()

    def cancelled_on_its_way(ticket: Ticket) -> Result:
        ticket.cancel()
        raise Reroute("slow")

    on_its_way = ask(Scheduler(cancelled_on_its_way), lane="fast")
    with pytest.raises(LabError, match="stopped"):
        on_its_way.result(timeout_s=PATIENCE_S)
    assert on_its_way.state is State.STOPPED


def test_a_panic_below_python_ends_its_ticket_and_not_the_lane() -> None:
    def panic(ticket: Ticket) -> Result:
        if ticket.request.inputs == "panic":
            raise BaseException("panicked")
        return echo(ticket)

    scheduler = Scheduler(panic)
    broken, fine = ask(scheduler, "panic"), ask(scheduler, "fine")
    with pytest.raises(RuntimeError, match="panicked"):
        broken.result(timeout_s=PATIENCE_S)
    assert fine.result(timeout_s=PATIENCE_S).output == "fine"


def test_a_failed_ticket_keeps_no_model_in_memory() -> None:
    class Model:
        pass

    kept: list[weakref.ref[Model]] = []

    def answer(ticket: Ticket) -> Result:
        model = Model()
        kept.append(weakref.ref(model))
        try:
            raise KeyError("inside")
        except KeyError as error:
            raise LabError("outside") from error

    ticket = ask(Scheduler(answer))
    with pytest.raises(LabError):
        ticket.result(timeout_s=PATIENCE_S)
    wait_until_idle()
    assert kept[0]() is None


def test_the_books_tell_where_each_lane_stands() -> None:
    gate = Gate()
    scheduler = Scheduler(gate)
    running = ask(scheduler, learner="ada")
    assert gate.began.wait(PATIENCE_S)
    waiting = [ask(scheduler, learner=who) for who in ("ada", "ben", "ben")]
    waiting[2].cancel()
    (status,) = scheduler.snapshot()
    assert (status.lane, status.running, status.waiting, status.learners) == ("a", 1, 2, 2)
    assert (status.done, status.failed, status.stopped, status.median_s) == (0, 0, 1, None)
    gate.go.set()
    for ticket in (running, *waiting[:2]):
        ticket.result(timeout_s=PATIENCE_S)
    (status,) = scheduler.snapshot()
    assert (status.running, status.waiting, status.done, status.stopped) == (0, 0, 3, 1)
    assert status.median_s is not None


def test_an_idle_lab_keeps_no_thread() -> None:
    scheduler = Scheduler(echo)
    for model in "abc":
        ask(scheduler, "x", model)
    wait_until_idle()
    assert ask(scheduler, "x").result(timeout_s=PATIENCE_S).output == "x"
    wait_until_idle()


def test_thirty_threads_with_marked_texts_never_get_each_others() -> None:
    scheduler = Scheduler(echo)

    def student(number: int) -> bool:
        fine = True
        for turn in range(10):
            text = f"student {number}, turn {turn}"
            ticket = ask(scheduler, text, "abc"[(number + turn) % 3])
            fine &= "".join(ticket.stream()) == text
            fine &= ticket.result().output == text
        return fine

    with ThreadPoolExecutor(30) as threads:
        assert all(threads.map(student, range(30)))


def test_cancels_reroutes_and_failures_at_any_moment_leave_every_ticket_ended() -> None:
    def answer(ticket: Ticket) -> Result:
        scheduler.widen(ticket.lane, 1 + len(ticket.request.inputs) % 4)
        if ticket.lane == "fast" and ticket.request.inputs.endswith("f"):
            raise Reroute("slow")
        if ticket.request.inputs.endswith("e"):
            raise ZeroDivisionError
        return echo(ticket)

    scheduler = Scheduler(answer)

    def student(number: int) -> None:
        chance = random.Random(number)
        for _ in range(10):
            text = "x" * chance.randrange(40) + chance.choice("fex")
            tickets = [ask(scheduler, text, chance.choice(["fast", "slow"]), f"{number}")]
            if chance.random() < 0.5:
                threading.Timer(chance.random() / 200, tickets[0].cancel).start()
            if chance.random() < 0.3:
                tickets.append(ask(scheduler, text, "fast", f"{number}"))
            for ticket in tickets:
                try:
                    assert text.startswith(ticket.result(timeout_s=PATIENCE_S).output)
                except LabError:
                    assert ticket.state is State.STOPPED
                except ZeroDivisionError:
                    assert ticket.state is State.FAILED

    with ThreadPoolExecutor(30) as threads:
        list(threads.map(student, range(30)))
    wait_until_idle()
    assert all(status.running == status.waiting == 0 for status in scheduler.snapshot())
    assert ask(scheduler, "on").result(timeout_s=PATIENCE_S).output == "on"


def test_a_machine_that_starts_no_thread_says_so_and_serves_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    scheduler = Scheduler(echo)

    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as machine:
        machine.setattr(threading.Thread, "start", refuse)
        with pytest.raises(BusyError, match="cannot start"):
            ask(scheduler, "robot")
    assert ask(scheduler, "robot").result(timeout_s=PATIENCE_S).output == "robot"


def test_a_lane_whose_further_threads_cannot_start_answers_with_those_it_has(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gate = Gate()
    scheduler = Scheduler(gate)
    tickets = [ask(scheduler, str(number)) for number in range(5)]
    assert gate.began.wait(PATIENCE_S)

    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as machine:
        machine.setattr(threading.Thread, "start", refuse)
        scheduler.widen("a", 4)
        tickets.append(ask(scheduler, "5"))
    gate.go.set()
    for ticket in tickets:
        ticket.result(timeout_s=PATIENCE_S)


def test_a_reroute_to_a_lane_that_cannot_start_is_told_in_words(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    start = threading.Thread.start

    def refuse_slow(thread: threading.Thread) -> None:
        if thread.name == "lane slow":
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", refuse_slow)
    with pytest.raises(BusyError, match="cannot start"):
        ask(Scheduler(FallsBack()), "text", "fast").result(timeout_s=PATIENCE_S)


def test_each_end_is_told_and_a_listener_that_fails_hurts_nobody() -> None:
    told: list[Ticket] = []

    def listen(ticket: Ticket) -> None:
        assert ticket.ended
        told.append(ticket)
        raise ZeroDivisionError

    gate = Gate()
    scheduler = Scheduler(gate, on_end=listen)
    first = ask(scheduler, "first")
    assert gate.began.wait(PATIENCE_S)
    second, third = ask(scheduler, "second"), ask(scheduler, "third")
    second.cancel()
    gate.go.set()
    third.result(timeout_s=PATIENCE_S)
    wait_until_idle()
    assert told == [second, first, third]
