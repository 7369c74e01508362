"""Progress counts what was done, by lesson and task."""

from __future__ import annotations

from core.exercises.outcome import Outcome
from core.exercises.reference import right_answers, wrong_answers
from core.lessons import Place, Placed, all_exercises
from core.progress import progress
from core.work.entries import Answered, LessonOpened
from core.work.work import Work
from tests.core.exercises.blocks_of_each_kind import exercise
from tests.core.exercises.works import work_of

LESSON, TASK = Place("lesson", "2"), Place("task", "test")
COURSE = (
    Placed(LESSON, exercise("single")),
    Placed(LESSON, exercise("number")),
    Placed(TASK, exercise("order")),
)


def test_nothing_done_is_no_progress() -> None:
    found = progress(COURSE, Work())
    assert [(place.place, place.exercises) for place in found.places] == [(LESSON, 2), (TASK, 1)]
    assert (found.exercises, found.correct) == (3, 0)
    assert not any(place.opened or place.done for place in found.places)
    assert set(found.outcomes.values()) == {Outcome.NOT_ATTEMPTED}


def test_what_is_correct_is_counted_where_it_belongs() -> None:
    work = work_of(
        LessonOpened(2), Answered("single", "alpha"), Answered("number", 9.0),
        Answered("order", ("dawn", "noon", "dusk", "night")),
    )  # fmt: skip
    found = progress(COURSE, work)
    lesson, task = found.of("lesson", "2"), found.of("task", "test")
    assert lesson is not None
    assert task is not None
    assert (lesson.correct, lesson.opened, lesson.done) == (1, True, False)
    assert (task.correct, task.opened, task.done) == (1, True, True)
    assert found.outcomes["number"] is Outcome.NOT_YET
    assert found.lessons_opened == {2}
    assert found.of("lesson", "9") is None


def test_the_whole_course_can_be_done() -> None:
    answers = [
        Answered(one.exercise.id, answer)
        for one in all_exercises()
        for answer in (*(wrong for wrong, _ in wrong_answers(one.exercise)),)[:1]
    ]
    answers += [
        Answered(one.exercise.id, answer)
        for one in all_exercises()
        for answer in right_answers(one.exercise)[:1]
    ]
    found = progress(all_exercises(), work_of(*answers))
    assert found.correct == len({answer.exercise for answer in answers})
