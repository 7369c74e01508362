"""Long work outside the screen."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest

from core.jobs import Job


def wait(job: Job[int]) -> list[int | None]:
    return list(job.follow(every_s=0.01))


def test_the_last_progress_is_kept_and_following_ends_with_it() -> None:
    job = Job(lambda cancelled: iter([1, 2, 3]))
    assert wait(job)[-1] == 3
    assert job.ended
    assert job.latest == 3
    assert job.error is None
    assert wait(job) == [3]


@pytest.mark.parametrize("reports", [0, 2])
def test_what_went_wrong_is_kept_with_the_progress_so_far(reports: int) -> None:
    def work(cancelled: Callable[[], bool]) -> Iterator[int]:
        yield from range(1, reports + 1)
        raise ValueError("broken")

    job = Job(work)
    assert wait(job)[-1] == (reports or None)
    assert str(job.error) == "broken"
    assert job.ended


def test_work_that_cannot_even_begin_ends_the_job() -> None:
    def work(cancelled: Callable[[], bool]) -> Iterator[int]:
        raise RuntimeError("no beginning")

    job = Job(work)
    wait(job)
    assert str(job.error) == "no beginning"


def test_the_work_sees_that_it_was_cancelled() -> None:
    started = threading.Event()

    def work(cancelled: Callable[[], bool]) -> Iterator[int]:
        number = 0
        while not cancelled():
            number += 1
            yield number
            started.set()
        yield -1

    job = Job(work)
    assert started.wait(30)
    assert not job.ended
    assert not job.cancelled()
    job.cancel()
    assert wait(job)[-1] == -1
    assert job.cancelled()
    assert job.error is None


def test_following_shows_progress_before_the_end() -> None:
    may_end = threading.Event()

    def work(cancelled: Callable[[], bool]) -> Iterator[int]:
        yield 1
        may_end.wait(30)
        yield 2

    job = Job(work)
    for progress in job.follow(every_s=0.01):
        if progress == 1:
            may_end.set()
    assert job.latest == 2


def test_following_ends_at_once_when_the_job_does() -> None:
    """The follower sleeps for an hour; only being woken lets it end within the test's time."""
    may_end = threading.Event()

    def work(cancelled: Callable[[], bool]) -> Iterator[int]:
        may_end.wait(30)
        yield 1

    job = Job(work)
    followed = job.follow(every_s=3600)
    next(followed)
    threading.Timer(0.05, may_end.set).start()
    assert list(followed)[-1] == 1
