"""One model of llama.cpp at a time computes with several threads."""

from __future__ import annotations

from core.inference.engines.llama_threads import ThreadShare


def test_the_first_large_model_has_several_threads_and_hands_them_on_when_it_is_dropped() -> None:
    small, first, second = ThreadShare(1), ThreadShare(2), ThreadShare(2)
    assert [share.threads for share in (small, first, second)] == [1, 2, 1]
    del second
    assert ThreadShare(2).threads == 1
    del first
    assert ThreadShare(2).threads == 2
