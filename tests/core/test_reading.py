"""A text is cut to what a model can read, and what was left out is told."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import BadInputError
from core.inference.reading import prefix_for, read_prompt, read_source
from core.inference.types import GenerationConfig, Task


class Letters:
    """A real if small tokenizer: a token a letter, 0 closes, what is no letter it does not know."""

    def __init__(self, *, closing: bool) -> None:
        self.closing = closing

    def encode(self, text: str, *, max_tokens: int | None = None) -> list[int]:
        ids = [ord(letter) for letter in text if letter.isascii() and letter.isalpha()]
        if not self.closing:
            return ids[:max_tokens]
        return [*ids[: None if max_tokens is None else max_tokens - 1], 0]


texts = st.text(alphabet="abcdefgh", min_size=1, max_size=60)
contexts = st.integers(2, 40)


@given(texts, contexts)
def test_a_source_keeps_its_beginning_and_its_closing_token(text: str, context: int) -> None:
    tokenizer = Letters(closing=True)
    prompt = read_source(tokenizer, text, context=context)
    whole = tokenizer.encode(text)
    assert len(prompt.ids) == min(len(whole), context)
    assert prompt.ids[-1] == 0
    assert list(prompt.ids[:-1]) == whole[: len(prompt.ids) - 1]
    assert bool(prompt.notices) == (len(whole) > context)


@given(texts, contexts, st.integers(1, 60), st.booleans())
def test_a_prompt_keeps_its_end_and_leaves_room_for_the_answer(
    text: str, context: int, new_tokens: int, timed: bool
) -> None:
    tokenizer = Letters(closing=False)
    config = GenerationConfig(max_new_tokens=new_tokens, ignore_end=timed)
    prompt = read_prompt(tokenizer, text, config, context=context)
    whole = tokenizer.encode(text)
    assert list(prompt.ids) == whole[-len(prompt.ids) :]
    room = context - len(prompt.ids)
    if len(prompt.ids) < len(whole):
        assert room >= min(new_tokens, context // 2)
        assert "left out" in prompt.notices[0]
    assert any("room for" in notice for notice in prompt.notices) == (max(1, room) < new_tokens)


@pytest.mark.parametrize("text", ["日本語", "", " 123 "])
def test_a_text_of_unknown_letters_is_refused_in_words(text: str) -> None:
    tokenizer = Letters(closing=False)
    with pytest.raises(BadInputError, match="none of the characters"):
        read_prompt(tokenizer, text, GenerationConfig(), context=10)
    with pytest.raises(BadInputError, match="none of the characters"):
        read_source(tokenizer, text, context=10)


def test_only_t5_is_told_its_task() -> None:
    assert prefix_for("t5", Task.SUMMARIZATION)
    assert prefix_for("mt5", Task.TRANSLATION_EN_TO_FR)
    assert not prefix_for("t5", Task.TEXT_GENERATION)
    assert not prefix_for("marian", Task.TRANSLATION_EN_TO_FR)
    assert not prefix_for("bart", Task.SUMMARIZATION)
