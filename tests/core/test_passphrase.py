"""A passphrase opens, and guessing is slow."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from core.passphrase import LONGEST_WAIT_S, Door, Passphrase


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@given(st.text(), st.text(min_size=1))
def test_only_the_secret_itself_opens(given_: str, secret: str) -> None:
    tried = Passphrase(clock=Clock()).knock(given_, secret=secret)
    assert (tried is Door.OPEN) == (given_ == secret)


def test_each_wrong_try_makes_the_next_wait_longer_and_never_too_long() -> None:
    clock = Clock()
    door = Passphrase(clock=clock)
    waits = []
    for _ in range(8):
        assert door.knock("guess", secret="right") is Door.WRONG
        waits.append(door.wait_s)
        clock.now += door.wait_s
    assert waits == sorted(waits)
    assert waits[0] == 2
    assert waits[-1] == LONGEST_WAIT_S


def test_a_try_that_comes_too_soon_is_not_even_looked_at() -> None:
    clock = Clock()
    door = Passphrase(clock=clock)
    door.knock("guess", secret="right")
    assert door.knock("right", secret="right") is Door.TOO_SOON
    clock.now += door.wait_s
    assert door.knock("right", secret="right") is Door.OPEN
    assert door.wait_s == 0


@given(st.integers(1, 40))
def test_a_guesser_gets_few_tries_however_often_it_knocks(every_ms: int) -> None:
    clock = Clock()
    door = Passphrase(clock=clock)
    looked_at = 0
    for _ in range(2_000):
        looked_at += door.knock("guess", secret="right") is Door.WRONG
        clock.now += every_ms / 1000
    assert looked_at <= 5 + clock.now / LONGEST_WAIT_S
