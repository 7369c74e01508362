"""Restoring a passport adds what is missing, once, to the work of whoever restores it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from core.errors import LabError
from core.passport.disguise import disguised
from core.passport.reading import read_passport
from core.passport.writing import write_passports
from core.work.book import WorkBook
from core.work.entries import Answered
from core.work.json_form import UnreadableRecord
from core.work.record import Record
from core.work.work import Work
from tests.made_work import some_work


class Shelf:
    """Keeps records in memory, as the store does on disk."""

    def __init__(self) -> None:
        self.kept: dict[str, list[Record]] = {}

    def save_all(self, learner: str, records: Sequence[Record]) -> frozenset[str]:
        self.kept.setdefault(learner, []).extend(records)
        return frozenset()

    def records(self, learner: str, last: int = 0) -> tuple[tuple[int, Record], ...]:
        return tuple(enumerate(self.kept.get(learner, []), start=1))[last:]

    def problem(self, learner: str) -> LabError | None:
        return None

    def delete(self, learner: str) -> int:
        return len(self.kept.pop(learner, []))


DONE = Work(tuple(replace(done, what=disguised(done.what)) for done in some_work().done))


def records() -> tuple[Record, ...]:
    (raw,) = write_passports(some_work(), made=datetime.now(UTC))
    return read_passport(raw).records


def test_restored_work_is_the_work_that_was_done() -> None:
    book = WorkBook("me", Shelf())
    assert book.add_records(records()) == len(DONE.done)
    assert book.work == DONE


def test_restoring_twice_doubles_nothing() -> None:
    shelf = Shelf()
    book = WorkBook("me", shelf)
    book.add_records(records())
    assert book.add_records(records()) == 0
    assert book.work == DONE
    assert len(shelf.kept["me"]) == len(DONE.done)


def test_what_was_done_meanwhile_stays() -> None:
    book = WorkBook("me", Shelf())
    book.add(Answered("b", "mine"))
    book.add_records(records())
    assert book.work.of(Answered)[0] == Answered("b", "mine")
    assert len(book.work.done) == len(DONE.done) + 1


def test_restored_work_is_there_after_a_reload() -> None:
    shelf = Shelf()
    WorkBook("me", shelf).add_records(records())
    assert WorkBook("me", shelf).refresh() == DONE


def test_one_unreadable_record_takes_none_of_the_others_in() -> None:
    book = WorkBook("me", Shelf())
    with pytest.raises(UnreadableRecord):
        book.add_records([*records(), Record("spell", {})])
    assert book.work.done == ()


def test_what_ends_after_everything_was_deleted_is_not_kept() -> None:
    shelf = Shelf()
    book = WorkBook("me", shelf)
    book.add_records(records())
    book.delete()
    book.add(Answered("late", "mine"))
    assert book.work.done == ()
    assert not shelf.kept
