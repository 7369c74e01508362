"""Checks every lesson, guide and exercise: `python -m tools.lessons_check [FOLDER]`.

Prints each mistake as `file:line: …` and exits with 1, or says what is there and exits with 0.
"""

from __future__ import annotations

import sys
from pathlib import Path

from core.lessons import LESSONS_FOLDER
from core.lessons_check import look_through


def main(arguments: list[str]) -> int:
    """Look through the lessons in the folder that is named, or through the course."""
    found = look_through(Path(arguments[0]) if arguments else LESSONS_FOLDER)
    for problem in found.problems:
        print(problem)
    if found.problems:
        return 1
    kinds = ", ".join(f"{number} {kind}" for kind, number in sorted(found.kinds.items()))
    print(f"{found.lessons} lessons and {found.guides} guides are in order.")
    print(f"{sum(found.kinds.values())} exercises: {kinds or 'none'}.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
