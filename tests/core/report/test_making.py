"""Files are made a few at a time; whoever waits is told, and may leave."""

from __future__ import annotations

import threading

import pytest

from core.errors import LabError
from core.report.making import File, make

PAGE = File("page.html", "text/html", b"<p>")


def test_a_file_is_made_and_handed_over() -> None:
    *before, last = make(lambda: (PAGE,))
    assert all(not making.files for making in before)
    assert last.files == (PAGE,)


def test_whoever_comes_while_all_places_are_taken_is_told_and_served_next() -> None:
    places = threading.Semaphore(0)
    waiting = make(lambda: (PAGE,), places=places)
    assert "Others" in next(waiting).doing
    places.release()
    assert [making.files for making in waiting if "Others" not in making.doing] == [(), (PAGE,)]
    assert places.acquire(blocking=False)


def test_whoever_leaves_while_waiting_takes_no_place() -> None:
    assert list(make(lambda: (PAGE,), cancelled=lambda: True, places=threading.Semaphore(0))) == []


def test_a_failure_gives_its_place_back() -> None:
    places = threading.Semaphore(1)

    def fail() -> tuple[File, ...]:
        raise LabError("No.")

    with pytest.raises(LabError):
        list(make(fail, places=places))
    assert places.acquire(blocking=False)
