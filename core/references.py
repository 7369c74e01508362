"""Good answers that outputs are compared with, one a line in the order of the inputs."""

from __future__ import annotations

from collections.abc import Sequence

from core.errors import BadInputError
from core.inference.tasks import TASKS
from core.inference.types import Task

# Looking for shared letters in one of 100,000 characters takes a third of a second an output.
MAX_REFERENCE_CHARACTERS = 10_000


def known_references(task: Task, inputs: Sequence[str]) -> str:
    """Return the lab's own good answers to those of `inputs` that are examples of `task`.

    One a line, empty where none is known, and no line at all where none is known of any.
    """
    known = [TASKS[task].reference_of(text) for text in inputs]
    return "\n".join(known) if any(known) else ""


def read_references(text: str, inputs: int) -> tuple[str, ...]:
    """Return the lines of `text`, empty ones as "" and those left over at the end not at all.

    Nothing is returned where all are empty; otherwise there may be more or fewer than `inputs`.
    """
    lines = [line.strip() for line in text.split("\n")]
    while len(lines) > inputs and not lines[-1]:
        lines.pop()
    return tuple(lines) if any(lines) else ()


def check_references(references: Sequence[str], inputs: int) -> None:
    """Hold that there are as many references as inputs, or none.

    Raises:
        BadInputError: there are not, or one is too long.
    """
    if not references:
        return
    if len(references) != inputs:
        raise BadInputError(
            f"The inputs are {inputs}, the lines of references {len(references)}.",
            next_step="Write one reference a line, in the order of the inputs, and leave a line "
            "empty where you have none; or remove them all.",
        )
    longest = max(map(len, references))
    if longest > MAX_REFERENCE_CHARACTERS:
        raise BadInputError(
            f"A reference has {longest:,} characters; the lab takes at most "
            f"{MAX_REFERENCE_CHARACTERS:,}.",
            next_step="Shorten it.",
        )
