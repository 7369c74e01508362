"""What runs for a visitor who has left is cancelled, and only that."""

from __future__ import annotations

import threading

from ui.presence import Presence


class Run:
    """Something that runs until it is told to stop."""

    def __init__(self) -> None:
        self.stopped = threading.Event()

    @property
    def ended(self) -> bool:
        return self.stopped.is_set()

    def cancel(self) -> None:
        self.stopped.set()


def test_turning_to_another_page_cancels_what_runs_for_the_last_one_alone() -> None:
    here, there, anywhere = Run(), Run(), Run()
    presence = Presence()
    for run, page in ((here, "test"), (there, "lesson-1"), (anywhere, None)):
        presence.watch(run, page=page)
    presence.turn_to("test")
    assert (here.ended, there.ended, anywhere.ended) == (False, True, False)


def test_closing_the_lab_cancels_everything_after_a_while() -> None:
    runs = [Run(), Run()]
    presence = Presence(grace_s=0)
    for run, page in zip(runs, ("test", None), strict=True):
        presence.watch(run, page=page)
    presence.leave()
    assert all(run.stopped.wait(10) for run in runs)


def test_a_connection_that_comes_back_in_time_loses_nothing() -> None:
    run = Run()
    presence = Presence(grace_s=0.2)
    presence.watch(run, page=None)
    presence.leave()
    presence.come_back()
    assert not run.stopped.wait(0.5)


def test_what_has_ended_is_forgotten() -> None:
    presence = Presence()
    presence.watch(Run(), page="test")
    assert not list(presence._pages)
