"""One value a process, whoever asks first."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from core.once import Once


def test_thirty_who_ask_together_get_one_and_the_same_value() -> None:
    together = Barrier(30)
    value = Once(object)

    def ask(_: int) -> object:
        together.wait()
        return value()

    with ThreadPoolExecutor(30) as pool:
        assert len(set(map(id, pool.map(ask, range(30))))) == 1


def test_a_value_that_could_not_be_made_is_tried_again() -> None:
    tries = []

    @Once
    def value() -> int:
        tries.append(None)
        return 1 // (len(tries) - 1)

    with pytest.raises(ZeroDivisionError):
        value()
    assert value() == 1
    assert value() == 1
    assert len(tries) == 2


def test_a_forgotten_value_is_made_anew() -> None:
    value = Once(object)
    first = value()
    value.cache_clear()
    assert value() is not first
