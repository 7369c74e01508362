"""One question is asked once for all who wait, and nobody waits for another's question."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from core.errors import HubError
from core.explore.shared import Cancelled, SharedAnswers
from core.hub_client import DownloadStopped

PATIENCE_S = 60


def never() -> bool:
    return False


class Source:
    """Answers a question with its number of questions so far, once it is let go."""

    def __init__(self, *, error: Exception | None = None) -> None:
        self.go, self.began, self.gave_up = (threading.Event() for _ in range(3))
        self.asked = 0
        self.error = error

    def __call__(self, unwanted: Cancelled) -> int:
        self.asked += 1
        number = self.asked
        self.began.set()
        while not self.go.wait(0.01):
            if unwanted():
                self.gave_up.set()
                raise DownloadStopped
        if self.error:
            raise self.error
        return number


def answers(*, keep_s: float = 1000, most: int = 10) -> SharedAnswers[str, int]:
    return SharedAnswers(keep_s=keep_s, most=most, errors_kept_s=1000)


def waiting(shared: SharedAnswers[str, int], key: str, number: int) -> None:
    """Return once so many wait for the answer to `key`."""
    for _ in range(PATIENCE_S * 100):
        if key in shared._flights and shared._flights[key].waiting == number:
            return
        threading.Event().wait(0.01)
    raise AssertionError("They never came.")


def test_thirty_who_ask_at_once_cost_one_question() -> None:
    shared, source = answers(), Source()
    with ThreadPoolExecutor(30) as pool:
        asked = [pool.submit(shared.get, "same", source, cancelled=never) for _ in range(30)]
        waiting(shared, "same", 30)
        source.go.set()
        assert {one.result(PATIENCE_S) for one in asked} == {1}
    assert shared.get("same", source, cancelled=never) == 1
    assert source.asked == 1


def test_all_who_wait_get_the_same_error_and_it_is_not_asked_again_at_once() -> None:
    shared, source = answers(), Source(error=HubError("Away.", next_step="Wait."))
    with ThreadPoolExecutor(30) as pool:
        asked = [pool.submit(shared.get, "same", source, cancelled=never) for _ in range(30)]
        waiting(shared, "same", 30)
        source.go.set()
        assert {type(one.exception(PATIENCE_S)) for one in asked} == {HubError}
    with pytest.raises(HubError, match=r"Away\. Wait\."):
        shared.get("same", source, cancelled=never)
    assert source.asked == 1


def test_a_slow_question_delays_no_other() -> None:
    shared, slow, quick = answers(), Source(), Source()
    quick.go.set()
    with ThreadPoolExecutor(1) as pool:
        late = pool.submit(shared.get, "slow", slow, cancelled=never)
        assert slow.began.wait(PATIENCE_S)
        assert shared.get("quick", quick, cancelled=never) == 1
        assert not late.done()
        slow.go.set()
        assert late.result(PATIENCE_S) == 1


def test_who_asked_first_may_leave_and_the_others_get_the_answer() -> None:
    shared, source, leave = answers(), Source(), threading.Event()
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(shared.get, "same", source, cancelled=leave.is_set)
        waiting(shared, "same", 1)
        second = pool.submit(shared.get, "same", source, cancelled=never)
        waiting(shared, "same", 2)
        leave.set()
        assert isinstance(first.exception(PATIENCE_S), DownloadStopped)
        source.go.set()
        assert second.result(PATIENCE_S) == 1


def test_a_question_that_nobody_waits_for_is_given_up_and_can_be_asked_anew() -> None:
    shared, source, leave = answers(), Source(), threading.Event()
    with ThreadPoolExecutor(1) as pool:
        only = pool.submit(shared.get, "same", source, cancelled=leave.is_set)
        assert source.began.wait(PATIENCE_S)
        leave.set()
        assert isinstance(only.exception(PATIENCE_S), DownloadStopped)
    assert source.gave_up.wait(PATIENCE_S)
    source.go.set()
    assert shared.get("same", source, cancelled=never) == 2


@pytest.mark.parametrize("make", [lambda: answers(keep_s=0), lambda: answers(most=1)])
def test_what_is_too_old_or_too_much_is_asked_anew(
    make: Callable[[], SharedAnswers[str, int]],
) -> None:
    shared, source = make(), Source()
    source.go.set()
    assert [shared.get(key, source, cancelled=never) for key in "aba"] == [1, 2, 3]


def test_the_last_answer_is_known_after_its_time_and_after_an_error() -> None:
    shared, source = answers(keep_s=0), Source()
    source.go.set()
    assert shared.last_good("same") is None
    shared.get("same", source, cancelled=never)
    source.error = HubError("Away.")
    with pytest.raises(HubError):
        shared.get("same", source, cancelled=never)
    assert shared.last_good("same") == 1
    shared.clear()
    assert shared.last_good("same") is None
