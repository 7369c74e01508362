"""A book holds what its learner did, once, in order, and lets go of what was deleted."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.storage.address import read_address
from core.storage.pending import Pending
from core.storage.saving import Saver
from core.storage.store import WorkStore
from core.work.book import WorkBook
from core.work.entries import Answered, LessonOpened
from core.work.json_form import to_record
from tests.made_work import a_training
from tests.visitors import learner_named

ADA = learner_named("ada")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "kept"


@pytest.fixture
def saver(place: Path) -> Iterator[Saver]:
    """A saver over a database in the folder `place`, with little room while that is away."""
    made = Saver(
        lambda: WorkStore(read_address(f"sqlite:///{place}/work.sqlite")),
        pending=Pending(most_records=80, most_bytes=2**20),
        pauses_s=(0.05,),
    )
    yield made
    made.close()


def numbers(book: WorkBook) -> list[int]:
    return [opened.number for opened in book.work.of(LessonOpened)]


def test_what_one_tab_adds_the_other_has_at_its_next_look(saver: Saver) -> None:
    one, other = WorkBook(ADA, saver), WorkBook(ADA, saver)
    one.add(LessonOpened(1))
    other.add(LessonOpened(2))
    assert numbers(one) == [1]
    one.refresh()
    other.refresh()
    assert sorted(numbers(one)) == sorted(numbers(other)) == [1, 2]


def test_a_training_that_two_tabs_keep_is_there_once(saver: Saver) -> None:
    one, other = WorkBook(ADA, saver), WorkBook(ADA, saver)
    training = a_training()
    for book in (one, other, one):
        book.add(training)
    other.refresh()
    assert [len(book.work.of(type(training))) for book in (one, other)] == [1, 1]
    assert len(saver.records(ADA)) == 1


def test_records_are_taken_in_once_however_often_they_come(saver: Saver) -> None:
    book = WorkBook(ADA, saver)
    records = [to_record(LessonOpened(number)) for number in range(5)]
    assert [book.add_records(records), book.add_records(records)] == [5, 0]
    assert numbers(book) == list(range(5))


def test_nothing_that_ends_after_a_deletion_is_kept(saver: Saver) -> None:
    book = WorkBook(ADA, saver)
    stop = threading.Event()

    def go_on() -> None:
        while not stop.is_set():
            book.add(Answered("x", "y"))

    adding = [threading.Thread(target=go_on) for _ in range(4)]
    for thread in adding:
        thread.start()
    book.add(LessonOpened(1))
    book.delete()
    stop.set()
    for thread in adding:
        thread.join()
    assert book.work.done == ()
    assert saver.records(ADA) == ()


def test_what_found_no_room_while_the_store_was_away_is_saved_when_it_is_back(
    saver: Saver, place: Path
) -> None:
    place.write_text("a file stands where the folder should be")
    book = WorkBook(ADA, saver)
    for number in range(30):
        book.add(LessonOpened(number))
    assert book.problem() is not None
    assert numbers(book) == list(range(30))
    place.unlink()
    assert saver.flush()
    book.refresh()
    assert saver.flush()
    assert [record.body["number"] for _, record in saver.records(ADA)] == list(range(30))
