"""A passport restores what it was made of, or is refused in words before anything is taken in."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as some

from core.finetuning.types import Interval
from core.passport.bounded_json import MAX_BYTES
from core.passport.contents import contents
from core.passport.disguise import disguised
from core.passport.reading import MIGRATIONS, read_passport
from core.passport.sealing import digest_of
from core.passport.types import Passport, PassportError
from core.passport.writing import write_passports
from core.work.entries import Answered, Curve, CurveMeasured, Predicted, Run, Trained
from core.work.json_form import from_record, record_of
from core.work.trainings import expectation_of
from core.work.work import Work
from tests.made_work import TRAINING, a_run, a_training, some_work, work_of

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
TEXTS = some.text(some.characters(exclude_categories=["Cs"]), max_size=40)


def passport_of(work: Work) -> bytes:
    (raw,) = write_passports(work, made=NOW)
    return raw


def read(raw: bytes) -> Passport:
    return read_passport(raw, clock=NOW.timestamp)


def as_told(work: Work) -> Work:
    """Return `work` as a passport tells it, with the ids of trainings in disguise."""
    return Work(tuple(replace(done, what=disguised(done.what)) for done in work.done))


def again(passport: Passport) -> Work:
    return Work(tuple(map(from_record, passport.records)))


def changed(change: Callable[[dict[str, Any]], object], work: Work | None = None) -> bytes:
    """Return a passport with `change` made to its fields, and a digest that belongs to them."""
    fields = json.loads(passport_of(work or some_work()))
    change(fields)
    fields["digest"] = digest_of(fields)
    return json.dumps(fields).encode()


def refusal(raw: bytes) -> str:
    with pytest.raises(PassportError) as refused:
        read(raw)
    assert refused.value.next_step
    return refused.value.message


@given(said=TEXTS)
@example(said="\0 \x7f \u2028 </script> <b>")
def test_a_passport_restores_all_work_as_it_was(said: str) -> None:
    work = some_work(said=said)
    passport = read(passport_of(work))
    assert again(passport) == as_told(work)
    assert passport.made == NOW


def test_the_losses_of_a_training_that_fell_apart_come_back() -> None:
    work = work_of([a_training(fell_apart=True)])
    raw = passport_of(work)
    assert b"NaN," not in raw
    assert repr(again(read(raw))) == repr(as_told(work))


def test_nothing_done_makes_a_passport_too() -> None:
    assert read(passport_of(Work())).records == ()


def test_half_a_character_is_written_as_one_that_stands_for_what_cannot_be_read() -> None:
    passport = read(passport_of(work_of([Answered("a", "x\ud800")])))
    assert passport.records[0].body["value"] == "x\N{REPLACEMENT CHARACTER}"


def test_no_passport_says_whose_it_is() -> None:
    run = a_run()
    object.__setattr__(run.request, "learner", "key-of-somebody")
    raw = passport_of(work_of([run]))
    assert b"key-of-somebody" not in raw
    (restored,) = again(read(raw)).of(Run)
    assert restored.request.learner == ""


def test_no_passport_opens_a_training_but_what_belongs_together_still_does() -> None:
    curve = Curve("c" * 32, TRAINING, (CurveMeasured(8, True, Interval(0.5, 0.4, 0.6)),))
    expected = Predicted(expectation_of(TRAINING), "Both hardly move")
    raw = passport_of(work_of([expected, a_training(), curve]))
    assert TRAINING.encode() not in raw
    assert b"c" * 32 not in raw
    work = again(read(raw))
    (trained,), (beside,), (told,) = work.of(Trained), work.of(Curve), work.of(Predicted)
    assert trained.training_id == beside.beside != beside.training_id
    assert told.exercise == expectation_of(trained.training_id)
    assert as_told(work) == work


def test_work_that_is_too_much_for_one_file_is_in_several_that_each_restore() -> None:
    work = some_work(runs=30)
    parts = write_passports(work, made=NOW, max_bytes=15_000)
    assert len(parts) > 2
    assert all(len(part) <= 15_000 for part in parts)
    found = tuple(done for part in parts for done in again(read(part)).done)
    assert found == as_told(work).done


def test_a_record_that_the_store_would_not_keep_is_left_out() -> None:
    work = work_of([Answered("a", "é" * 500_000), Answered("b", "short")])
    assert [record.body["exercise"] for record in read(passport_of(work)).records] == ["b"]


def test_what_is_in_a_passport_is_told_in_words() -> None:
    records = [record_of(done) for done in some_work(runs=1, comparisons=2).done]
    assert contents(records)[:4] == ("4 answers", "1 prediction", "2 runs", "2 comparisons")


def test_lines_and_spaces_are_no_change() -> None:
    raw = passport_of(some_work())
    assert again(read(json.dumps(json.loads(raw), indent=2).encode())) == again(read(raw))
    assert again(read(b"\xef\xbb\xbf" + raw)) == again(read(raw))


def test_a_passport_of_an_older_lab_goes_through_the_steps_between(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def migrate(fields: Any) -> dict[str, Any]:
        records = [{**record, "kind": "answer"} for record in fields["records"]]
        return {**fields, "version": 2, "records": records}

    monkeypatch.setattr("core.passport.reading.VERSION", 2)
    monkeypatch.setitem(MIGRATIONS, 1, migrate)
    old = changed(
        lambda fields: fields["records"][0].update(kind="reply"), work_of([Answered("a", "b")])
    )
    assert [done.what for done in again(read(old)).done] == [Answered("a", "b")]


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "no JSON"),
        (b"{", "no JSON"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "not text in UTF-8"),
        ("{}".encode("utf-16"), "not text in UTF-8"),
        (b"null", "another file"),
        (b'{"format": "notebook"}', "another file"),
        (b" " * (MAX_BYTES + 1), "no more than 10 MB"),
        (b"[" * 100_000, "nested deeper"),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "nested deeper"),
        (b"[" + b"[]," * 400_000 + b"[]]", "far more values"),
        (b"[" + b"1," * 800_000 + b"1]", "far more values"),
        (b'{"a": NaN}', "NaN"),
        (b'{"a": -Infinity}', "-Infinity"),
        (b'{"a": 1e999}', "longer or larger"),
        (b'{"a": ' + b"9" * 1_000_000 + b"}", "longer or larger"),
        (b'{"a": 1, "a": 2}', "twice"),
        (b'"' + b'\\"' * 2_000_000, "no JSON"),
        (b'"\x00"', "no JSON"),
        (b'""' * 2_000_000, "far more values"),
    ],
    ids=[
        *("empty", "cut", "PNG", "UTF-16", "null", "other", "10 MB", "deep", "deep objects"),
        *("many lists", "many numbers", "NaN", "infinity", "large", "long", "twice"),
        *("open string", "NUL", "many texts"),
    ],
)
def test_a_file_that_is_no_passport_is_refused_in_words(raw: bytes, words: str) -> None:
    assert words in refusal(raw)


def test_an_altered_passport_is_refused() -> None:
    raw = passport_of(some_work())
    assert "changed after" in refusal(raw.replace(b"small robot", b"large robot", 1))


def test_a_passport_of_a_newer_lab_says_which_lab_reads_it() -> None:
    def newer(fields: dict[str, Any]) -> None:
        fields |= {"version": 2, "lab": "0.9.1 <b>[x](http://y)", "records": "in another form"}

    said = refusal(changed(newer))
    assert "too new" in said
    assert "Open Model Lab 0.9.1b" in said
    assert "<" not in said


def _first(**fields: object) -> Callable[[dict[str, Any]], object]:
    return lambda passport: passport["records"][0].update(fields)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_first(kind="spell"), "record 1: A record is of the unknown kind"),
        (_first(uid="me"), "record 1 has no name"),
        (_first(uid=["me"]), "record 1 has no name"),
        (_first(created_s=NOW.timestamp() + 100_000), "record 1 was not made at a time"),
        (_first(created_s=-1), "record 1 was not made at a time"),
        (_first(created_s="today"), "record 1 has no time"),
        (_first(created_s=True), "record 1 has no time"),
        (_first(body=[]), "record 1 has no kind"),
        (_first(body={"number": "three"}), "record 1: A record of the kind 'lesson' is damaged"),
        (_first(extra=1), "record 1 has other fields"),
        (_first(kind="answer", body={"exercise": "a", "value": "x" * 1_100_000}), "larger than 1"),
        (_first(body={"number": 10**20}), "record 1 has a number"),
        (_first(kind="answer", body={"exercise": "a", "value": "\ud800"}), "half a character"),
        (lambda fields: fields["records"].append(fields["records"][0]), "the same name"),
        (lambda fields: fields.update(records={}), "no list"),
        (lambda fields: fields.update(records=[None]), "record 1 has other fields"),
        (lambda fields: fields.update(records=[None] * 20_001), "20,001 records"),
        (lambda fields: fields.update(made="yesterday"), "when it was written"),
        (lambda fields: fields.update(made="2026-03-01"), "a time that can be"),
        (lambda fields: fields.update(made="9999-12-31T23:59:59+00:00"), "a time that can be"),
        (lambda fields: fields.update(lab=7), "which lab"),
        (lambda fields: fields.update(version=True), "no number"),
        (lambda fields: fields.update(version=-3), "no number"),
        (lambda fields: fields.update(more=1), "other fields"),
    ],
)
def test_a_damaged_record_refuses_the_whole_passport_and_is_named(
    change: Callable[[dict[str, Any]], object], words: str
) -> None:
    try:
        raw = changed(change)
    except UnicodeEncodeError:  # what no digest can be made of
        fields = json.loads(passport_of(some_work()))
        change(fields)
        raw = json.dumps(fields).encode()
    assert words in refusal(raw)


def test_a_run_of_somebody_else_is_refused() -> None:
    def name(fields: dict[str, Any]) -> None:
        fields["records"][0]["body"]["request"]["learner"] = "f" * 32

    assert "whose run it was" in refusal(changed(name, work_of([a_run()])))


def test_what_nobody_can_have_measured_is_refused() -> None:
    def hurry(fields: dict[str, Any]) -> None:
        fields["records"][0]["body"]["result"]["timing"]["total_s"] = "Infinity"

    assert "nobody can have measured" in refusal(changed(hurry, work_of([a_run()])))


NUMBERS = some.integers() | some.floats(allow_nan=False, allow_infinity=False)
JSON = some.recursive(
    some.none() | some.booleans() | NUMBERS | some.just("NaN") | TEXTS,
    lambda inner: some.lists(inner, max_size=4) | some.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


@given(raw=some.binary(max_size=300) | JSON.map(lambda value: json.dumps(value).encode()))
def test_whatever_the_bytes_they_are_refused_in_words(raw: bytes) -> None:
    refusal(raw)


@given(data=some.data())
def test_any_field_of_a_passport_may_be_anything(data: some.DataObject) -> None:
    """With a right digest: whoever knows how can make one."""

    def swap(fields: dict[str, Any]) -> None:
        place: Any = fields
        while True:
            names = list(place) if isinstance(place, dict) else range(len(place))
            name = data.draw(some.sampled_from(list(names)))
            inside = place[name]
            if not isinstance(inside, dict | list) or not inside or data.draw(some.booleans()):
                place[name] = data.draw(JSON)
                return
            place = inside

    raw = changed(swap)
    try:
        passport = read(raw)
    except PassportError as refused:
        assert refused.next_step
    else:
        # What was taken in can be given away again, and stays what it is.
        work = again(passport)
        assert repr(again(read(passport_of(work)))) == repr(as_told(work))


@given(data=some.data())
def test_any_byte_may_be_lost_or_changed(data: some.DataObject) -> None:
    raw = passport_of(some_work())
    at = data.draw(some.integers(0, len(raw) - 2))
    put = data.draw(some.binary(max_size=3))
    damaged = raw[:at] + put + raw[at + data.draw(some.integers(0, 3)) :]
    try:
        passport = read(damaged)
    except PassportError:
        return
    assert again(passport) == as_told(some_work())
