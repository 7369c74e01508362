"""A key cannot be guessed, and nothing else passes for one."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.errors import BadInputError
from core.storage.keys import is_key, is_learner, learner_of, new_key

KEY = new_key()


def test_keys_have_128_random_bits_and_are_never_the_same() -> None:
    keys = [new_key() for _ in range(2_000)]
    assert len(set(keys)) == len(keys)
    assert all(is_key(key) and len(key) == 22 for key in keys)
    # Every place takes all characters that it can: 64, and four at the end, which has two bits.
    places = [set(place) for place in zip(*keys, strict=True)]
    assert [len(place) for place in places] == [64] * 21 + [4]


@given(
    st.one_of(
        st.text(max_size=30),
        st.binary(max_size=22),
        st.integers(),
        st.none(),
        st.lists(st.text(max_size=1), min_size=22, max_size=22),
    )
)
@example(KEY + "\n")
@example(" " + KEY)
@example(KEY[:-1])
@example(KEY + "A")
@example(KEY[:-1] + "B")
@example("é" + KEY[1:])
@example("٣" + KEY[1:])
@example(KEY[:5] + "\0" + KEY[6:])
@example(KEY[:5] + "+" + KEY[6:])
@example("A" * 10_000_000)
def test_nothing_malformed_is_a_key_or_a_learner(text: object) -> None:
    assert not is_key(text)
    with pytest.raises(BadInputError, match="not one of this lab"):
        learner_of(text)  # type: ignore[arg-type]


def test_a_learner_is_the_hash_of_the_key_and_no_key() -> None:
    learner = learner_of(KEY)
    assert learner == hashlib.sha256(KEY.encode()).hexdigest()
    assert is_learner(learner)
    assert not is_key(learner)
    assert not is_learner(KEY)
    assert KEY not in learner
