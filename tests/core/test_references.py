"""Good answers stand beside the inputs that they answer, or are refused in plain words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import BadInputError
from core.inference.tasks import TASKS
from core.inference.types import Task
from core.references import (
    MAX_REFERENCE_CHARACTERS,
    check_references,
    known_references,
    read_references,
)

SCORED = [task for task, info in TASKS.items() if info.references]
LINES = st.lists(st.text(st.characters(categories=["L", "P"]), max_size=8), min_size=1, max_size=6)


@pytest.mark.parametrize("task", SCORED)
def test_each_example_of_a_scored_task_has_a_good_answer(task: Task) -> None:
    info = TASKS[task]
    assert len(info.references) == len(info.examples)
    assert all(info.references)
    texts = [text for _, text in info.examples]
    assert read_references(known_references(task, texts), len(texts)) == info.references


def test_translations_and_summaries_can_be_scored() -> None:
    assert SCORED == [Task.SUMMARIZATION, Task.TRANSLATION_EN_TO_FR]


@given(st.data())
def test_known_answers_stand_in_the_lines_of_their_inputs(data: st.DataObject) -> None:
    info = TASKS[Task.TRANSLATION_EN_TO_FR]
    known = {text: answer for (_, text), answer in zip(info.examples, info.references, strict=True)}
    inputs = data.draw(st.lists(st.sampled_from([*known, "Hello.", "Who?"]), min_size=1))
    text = known_references(Task.TRANSLATION_EN_TO_FR, inputs)
    expected = tuple(known.get(one, "") for one in inputs)
    assert read_references(text, len(inputs)) == (expected if any(expected) else ())


@given(LINES)
def test_lines_are_read_in_their_order_and_empty_ones_keep_their_place(lines: list[str]) -> None:
    read = read_references("\n".join(lines), len(lines))
    assert read == (tuple(lines) if any(lines) else ())


@given(LINES, st.integers(0, 4))
def test_empty_lines_left_over_at_the_end_do_not_count(lines: list[str], more: int) -> None:
    text = "\n".join([*lines, *[" "] * more])
    assert read_references(text, len(lines)) == read_references("\n".join(lines), len(lines))


@pytest.mark.parametrize(
    ("references", "inputs", "words"),
    [
        (("a",), 2, "inputs are 2, the lines of references 1"),
        (("a", "", "b"), 2, "inputs are 2, the lines of references 3"),
        (("", "a" * (MAX_REFERENCE_CHARACTERS + 1)), 2, "10,001 characters"),
    ],
)
def test_references_that_cannot_be_used_are_refused_with_a_next_step(
    references: tuple[str, ...], inputs: int, words: str
) -> None:
    with pytest.raises(BadInputError, match=words) as caught:
        check_references(references, inputs)
    assert caught.value.next_step


@pytest.mark.parametrize("references", [(), ("", ""), ("a", ""), ("a", "b")])
def test_as_many_references_as_inputs_or_none_pass(references: tuple[str, ...]) -> None:
    check_references(references, 2)
