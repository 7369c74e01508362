"""What may be sent to a model."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import BadInputError
from core.inference.inputs import MAX_CHARACTERS, clean_input

ANY_TEXT = st.text(st.characters(codec=None) | st.sampled_from("\0\r\n\t\u200b\u200d\ud800 é🤖ש"))


def invisible(character: str) -> bool:
    return unicodedata.category(character) in {"Cc", "Cs"} and character not in "\n\t"


@given(ANY_TEXT)
def test_any_text_is_kept_but_for_control_characters_or_refused_in_words(text: str) -> None:
    try:
        kept, notices = clean_input(text)
    except BadInputError as error:
        assert error.message
        assert error.next_step
        return
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    assert kept == "".join(c for c in lines if not invisible(c))
    assert bool(notices) == (kept != lines)
    kept.encode("utf-8")


@given(ANY_TEXT)
def test_cleaning_twice_changes_nothing_more(text: str) -> None:
    try:
        kept, _ = clean_input(text)
    except BadInputError:
        return
    assert clean_input(kept) == (kept, ())


@pytest.mark.parametrize(
    "text",
    ["", " ", "\n\t\r", "\u200b\u200d\ufeff", "\u2060" * 50, "\0\0", "\ud83e", "\u00a0\u3000"],
)
def test_what_nobody_can_read_is_refused(text: str) -> None:
    with pytest.raises(BadInputError, match="no text"):
        clean_input(text)


@pytest.mark.parametrize(
    "text",
    [
        "👩\u200d🚀 🤖🏽 🇫🇷",
        "مرحبا\u200c بالعالم",
        "שלום \u202bעולם\u202c",
        "e\u0301 été",
        "\tdef f():\n\treturn 1\n",
        "\U0001fadc",  # newer than some Pythons know
        "\uf8ff",
    ],
)
def test_readable_text_of_any_script_is_kept_exactly(text: str) -> None:
    assert clean_input(text) == (text, ())


def test_the_longest_text_passes_and_one_character_more_does_not() -> None:
    assert clean_input("a" * MAX_CHARACTERS) == ("a" * MAX_CHARACTERS, ())
    with pytest.raises(BadInputError, match="100,001"):
        clean_input("a" * (MAX_CHARACTERS + 1))
    with pytest.raises(BadInputError, match="2,000,000"):
        clean_input("\0" * 2_000_000)


@pytest.mark.parametrize(("text", "words"), [("a\0", "1 invisible"), ("\0a\ud800", "2 invisible")])
def test_what_is_removed_is_told(text: str, words: str) -> None:
    kept, notices = clean_input(text)
    assert kept == "a"
    assert notices[0].startswith(words)
