"""Data that cannot be learnt from is refused in words, and what is doubtful is told."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import LabError
from core.finetuning.checks import Finding, Severity, blocks, check
from core.finetuning.columns import Loaded, guess_columns, loaded, to_examples
from core.finetuning.data_labels import Scheme
from core.finetuning.reading import read_table
from core.finetuning.splitting import split
from core.finetuning.types import Example


def texts(label: str, count: int, text: str = "text") -> list[Example]:
    return [Example(f"{text} {label} {number}", label) for number in range(count)]


GOOD = texts("positive", 30) + texts("negative", 30)


def found(data: Loaded | list[Example], **options: int) -> dict[str, Finding]:
    return {
        finding.kind: finding
        for finding in check(data if isinstance(data, Loaded) else loaded(data), **options)
    }


def of_csv(text: str, scheme: Scheme = Scheme.WORDS, split: str | None = None) -> Loaded:
    table = read_table(text.encode(), name="reviews.csv", header=True)
    return to_examples(table, text="text", label="label", scheme=scheme, split=split)


def test_good_data_gives_nothing_to_say() -> None:
    assert not found(GOOD)


@pytest.mark.parametrize(
    ("data", "kind", "said"),
    [
        (loaded(texts("positive", 50)), "one_class", "positive"),
        (loaded([Example(f"text {n}", f"label {n}") for n in range(40)]), "labels_unique", "40"),
        (loaded([Example(f"t {n}", str(n % 300)) for n in range(3000)]), "too_many_labels", "300"),
        (loaded([Example(f"t {n}", str(n % 21)) for n in range(300)]), "too_many_labels", "21"),
        (loaded(GOOD[28:31]), "too_few", "3 different texts"),
        (loaded(GOOD[:31]), "too_few", "1 label has"),
        (loaded([Example("same", "a"), Example("Same!", "b")] * 50), "too_few", "1 different text"),
        (of_csv("text,label\n,good\n ,bad\nN/A,bad\n"), "nothing", "“text” holds no text"),
        (of_csv("text,label\na,good\nb,bad\n", Scheme.STARS), "nothing", "kind that you chose"),
        (of_csv("text,label\na,\n,bad\n"), "nothing", "both"),
        (
            of_csv("text,label,split\n" + "a,good,test\n" * 9, split="split"),
            "no_training_split",
            "test",
        ),
    ],
)
def test_what_cannot_be_learnt_blocks_training(data: Loaded, kind: str, said: str) -> None:
    findings = check(data)
    assert blocks(findings)
    errors = {finding.kind: finding for finding in findings if finding.severity is Severity.ERROR}
    assert said in errors[kind].what
    assert errors[kind].next_step


def test_a_label_with_few_texts_is_a_warning_that_names_it() -> None:
    finding = found([*GOOD, *texts("positve", 2)])["few_of_a_label"]
    assert finding.severity is Severity.WARNING
    assert "“positve” (2)" in finding.what
    assert finding.rows == (61, 62)


def test_what_was_left_out_is_told_with_its_rows() -> None:
    data = of_csv("text,label\na,5\n,4\nb,\nc,eleven\n", Scheme.STARS)
    findings = found(data)
    assert findings["without_text"].rows == (3,)
    assert findings["without_label"].rows == (4,)
    assert findings["unreadable_label"].rows == (5,)
    assert "1 row has no text and is left out" in findings["without_text"].what


def test_duplicates_are_counted_and_many_of_them_are_a_warning() -> None:
    one = found([*GOOD, GOOD[0]])["duplicates"]
    assert (one.severity, one.count, one.rows) == (Severity.NOTE, 1, (61,))
    many = found([*GOOD, *(Example(f"{GOOD[n].text.upper()}!", "positive") for n in range(9))])
    assert many["duplicates"].severity is Severity.WARNING
    assert "9 of them but for case" in many["duplicates"].what


def test_one_text_with_two_labels_is_told() -> None:
    finding = found([*GOOD, Example(GOOD[0].text.upper(), "negative")])["contradictory"]
    assert finding.what == "1 text has more than one label."
    assert finding.rows == (1, 61)


def test_imbalance_tells_what_guessing_would_score() -> None:
    finding = found(texts("positive", 90) + texts("negative", 10))["imbalance"]
    assert "9 times as many" in finding.what
    assert "90%" in finding.what
    assert "imbalance" not in found(texts("positive", 29) + texts("negative", 10))


def test_long_texts_are_counted_against_what_the_model_reads() -> None:
    long = [Example("word " * 97 + str(n), "positive") for n in range(2)]
    assert found([*GOOD, *long], max_tokens=128)["too_long"].rows == (61, 62)
    assert "96 words" in found([*GOOD, *long])["too_long"].what
    assert "too_long" not in found([*GOOD, *long], max_tokens=256)
    assert "too_long" in found([*GOOD, Example("词" * 600, "positive")])


def test_labels_like_texts_and_merged_spellings_are_told() -> None:
    swapped = [
        Example(f"5 {n}", "a long sentence that is no label at all, " * 2) for n in range(20)
    ]
    assert found([*GOOD, *swapped])["long_labels"].count == 20
    data = of_csv("text,label\n" + "".join(f"t {n},{'Good' if n else 'good'}\n" for n in range(5)))
    assert found(data)["spellings"].count == 1


def test_leakage_between_given_splits_is_told() -> None:
    rows = "".join(
        f"text {n},{'good' if n % 2 else 'bad'},{'test' if n > 40 else 'train'}\n"
        for n in range(60)
    )
    data = of_csv(f"text,label,split\n{rows}TEXT 1!,good,test\n", split="split")
    finding = found(data)["leakage"]
    assert finding.count == 1
    assert finding.rows == (3, 62)
    lonely = of_csv(f"text,label,split\n{rows}odd one,new,test\n", split="split")
    assert "“new”" in found(lonely)["label_not_in_training"].what


@given(st.text("ab01;,\n\t★ .!\"'", max_size=400), st.sampled_from(Scheme))
def test_any_table_can_be_checked_and_what_passes_can_be_trained(text: str, scheme: Scheme) -> None:
    try:
        table = read_table(text.encode(), name="a.csv")
    except LabError:
        return
    guess = guess_columns(table)
    if guess.text and guess.label:
        data = to_examples(table, text=guess.text, label=guess.label, scheme=scheme)
        findings = check(data)
        assert all(finding.what and finding.next_step for finding in findings)
        if not blocks(findings):
            assert_trainable(data)


@given(
    st.lists(
        st.tuples(
            st.integers(0, 60), st.integers(0, 3), st.sampled_from(["train", "validation", "test"])
        ),
        max_size=200,
    ),
    st.booleans(),
)
def test_what_passes_can_be_trained_and_tested(
    rows: list[tuple[int, int, str]], honoured: bool
) -> None:
    examples = tuple(Example(f"text {number}", str(label)) for number, label, _ in rows)
    data = Loaded(
        examples,
        tuple(range(len(rows))),
        given=tuple(part for *_, part in rows) if honoured else None,
    )
    if not blocks(check(data)):
        assert_trainable(data)


def assert_trainable(data: Loaded) -> None:
    splits = split(data.examples, seed=1, given=data.given)
    assert len(splits.labels) > 1
    assert splits.train
    if data.given is None:
        assert splits.validation
        assert splits.test
