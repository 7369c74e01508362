"""The columns are found by their names and cells, and what labels mean is understood."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import BadInputError, LabError
from core.finetuning.columns import ColumnGuess, guess_columns, to_examples
from core.finetuning.data_labels import Scheme, guess_scheme, in_order, meaning
from core.finetuning.data_text import normalised
from core.finetuning.reading import Table, read_table
from core.finetuning.types import Example

VOICES = [
    "The battery lasts two days",
    "It broke after a week",
    "Fine for the price",
    "I would not buy it again",
]


def table(text: str) -> Table:
    return read_table(text.encode(), name="reviews.csv")


def rows_of(template: str, labels: list[str], count: int = 24) -> str:
    return "".join(
        template.format(n=n, text=f"{VOICES[n % 4]} no. {n}", label=labels[n % len(labels)]) + "\n"
        for n in range(count)
    )


@pytest.mark.parametrize(
    ("raw", "wanted"),
    [
        (
            "id;review;stars\n" + rows_of("{n};{text};{label}", ["1", "3", "5", "4"]),
            ColumnGuess("review", "stars", None, Scheme.STARS),
        ),
        (
            "Stars\tDate\tComment\n" + rows_of("{label}\t2024-01-0{n}\t{text}", ["★★", "★★★★☆"]),
            ColumnGuess("Comment", "Stars", None, Scheme.STARS),
        ),
        (
            "label|text|split\n" + rows_of("{label}|{text}|train", ["0", "1"]),
            ColumnGuess("text", "label", "split", Scheme.ZERO_ONE),
        ),
        (
            "user;they said;mood\n" + rows_of("u{n};{text};{label}", ["Pos", "NEG", "neutral"]),
            ColumnGuess("they said", "mood", None, Scheme.SENTIMENT),
        ),
        (
            "nr;a;b\n" + rows_of("{n};{text};{label}", ["delivery", "price", "quality"]),
            ColumnGuess("a", "b", None, Scheme.WORDS),
        ),
        (
            rows_of("{text};{label}", ["delivery", "price"]),
            ColumnGuess("column 1", "column 2", None, Scheme.WORDS),
        ),
        (
            "text;label\n" + rows_of(";{label}", ["a", "b"]),
            ColumnGuess("text", "label", None, Scheme.WORDS),
        ),
        ("comment\n" + rows_of("{text}", ["a"]), ColumnGuess("comment", None, None, Scheme.WORDS)),
    ],
)
def test_the_columns_are_found(raw: str, wanted: ColumnGuess) -> None:
    assert guess_columns(table(raw)) == wanted


@pytest.mark.parametrize(
    ("cell", "scheme", "label"),
    [
        *((bad, Scheme.STARS, "negative") for bad in ["1", "2.0", "2/5", "★★☆☆☆", "⭐️", "1 star"]),
        *((fair, Scheme.STARS, "neutral") for fair in ["3", "3 / 5", "★★★", "3 von 5", "3 Sterne"]),
        *(
            (good, Scheme.STARS, "positive")
            for good in ["4/5", "★★★★", "5 stars", "4 out of 5", "５"]
        ),
        *(
            (odd, Scheme.STARS, None)
            for odd in ["0", "6", "4/10", "10", "1e5", "★" * 6, "☆", "bad"]
        ),
        ("0", Scheme.ZERO_ONE, "negative"),
        ("1.0", Scheme.ZERO_ONE, "positive"),
        ("2", Scheme.ZERO_ONE, None),
        ("NEG", Scheme.SENTIMENT, "negative"),
        ("-", Scheme.SENTIMENT, "negative"),
        ("Neutre", Scheme.SENTIMENT, "neutral"),
        ("👍", Scheme.SENTIMENT, "positive"),
        ("angry", Scheme.SENTIMENT, None),
        ("  Very   good ", Scheme.WORDS, "Very good"),
    ],
)
def test_labels_mean_what_people_mean_by_them(cell: str, scheme: Scheme, label: str | None) -> None:
    assert meaning(cell, scheme) == label


@pytest.mark.parametrize(
    ("cells", "scheme"),
    [
        (["0", "1", "1", ""], Scheme.ZERO_ONE),
        (["-1", "0", "1"], Scheme.SENTIMENT),
        (["1", "2"], Scheme.WORDS),
        (["1", "2", "3"], Scheme.WORDS),
        (["1", "5", "n/a"], Scheme.STARS),
        (["1", "5"] * 20 + ["great"], Scheme.STARS),
        (["1", "5"] * 3 + ["great"], Scheme.WORDS),
        (["1", "7"], Scheme.WORDS),
        ([], Scheme.WORDS),
    ],
)
def test_the_scheme_is_the_one_that_fits(cells: list[str], scheme: Scheme) -> None:
    assert guess_scheme(cells) is scheme


def test_spellings_of_a_label_become_one() -> None:
    read = table("text,label\na,Good\nb,good\nc, GOOD \nd,good\ne,Bad\n")
    loaded = to_examples(read, text="text", label="label", scheme=Scheme.WORDS)
    assert [example.label for example in loaded.examples] == ["good"] * 4 + ["Bad"]
    assert loaded.merged == 2


def test_rows_without_a_text_or_a_label_are_left_out_and_counted() -> None:
    read = table("text,stars\na,5\n,4\nb,\nN/A,1\nc,nan\nd,eleven\n e  f ,1\n")
    loaded = to_examples(read, text="text", label="stars", scheme=Scheme.STARS)
    assert loaded.examples == (Example("a", "positive"), Example("e f", "negative"))
    assert loaded.rows == (2, 8)
    assert loaded.without_text == (3, 5)
    assert loaded.without_label == (4, 6)
    assert loaded.unreadable_label == (7,)


def test_given_splits_are_read_in_many_spellings() -> None:
    read = table("text,label,split\na,x,Training\nb,y,DEV\nc,x,test\nd,y,spare\n")
    loaded = to_examples(read, text="text", label="label", scheme=Scheme.WORDS, split="split")
    assert loaded.given == ("train", "validation", "test")
    assert loaded.unreadable_split == (5,)


@pytest.mark.parametrize(("text", "label"), [("text", "text"), ("text", "stars"), ("", "label")])
def test_columns_that_cannot_be_used_are_refused(text: str, label: str) -> None:
    with pytest.raises(BadInputError) as refused:
        to_examples(table("text,label\na,b\n"), text=text, label=label, scheme=Scheme.WORDS)
    assert refused.value.next_step


@given(st.text(max_size=300), st.sampled_from(Scheme))
def test_no_row_is_lost_without_being_counted(text: str, scheme: Scheme) -> None:
    try:
        read = table(text)
    except LabError:
        return
    guess = guess_columns(read)
    for label in read.columns:
        if label == guess.text or guess.text is None:
            continue
        loaded = to_examples(read, text=guess.text, label=label, scheme=scheme)
        rows = [*loaded.rows, *loaded.without_text, *loaded.without_label, *loaded.unreadable_label]
        assert Counter(rows) == Counter(read.numbers)
        assert all(example.text and example.label for example in loaded.examples)


@given(st.text(max_size=40))
def test_normalising_again_changes_nothing(text: str) -> None:
    once = normalised(text)
    assert normalised(once) == once
    if any(map(str.isalnum, once)):
        assert normalised(f" «{text}»!! ") == once


def test_equal_but_for_case_space_and_punctuation_is_equal() -> None:
    assert normalised("Great — it's GREAT!!!") == normalised("great it s  great")
    assert normalised("ﬁne\u200b") == normalised("Fine.")
    assert normalised("Great :)") != normalised("Great :(") != normalised("Great 👍")
    assert normalised("...") != normalised("?!")


def test_labels_go_from_bad_to_good_by_value_or_by_letters() -> None:
    assert in_order(["positive", "neutral", "negative"]) == ("negative", "neutral", "positive")
    assert in_order(["10", "9", "1"]) == ("1", "9", "10")
    assert in_order(["price", "Delivery", "nan"]) == ("Delivery", "nan", "price")
