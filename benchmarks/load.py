"""Thirty students for two minutes on the real, served app: prompts, comparisons, thinking.

Each student is a session on the server (tools/students.py) and types prompts with a marker of its
own. A page that shows an error, or the marker of another student, counts as a failure.
"""

from __future__ import annotations

import re
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median, quantiles

import psutil

from benchmarks.registry import Measurement, benchmark
from tools.serving import served
from tools.students import OPTIONS, Step, Student

STUDENTS = 30
SECONDS = 120.0
_MARKER = re.compile(r"zq\d\dx")


@benchmark
def thirty_students() -> Iterator[Measurement]:
    """Let thirty students work at once, and say how long they waited and what went wrong."""
    with (
        tempfile.TemporaryDirectory() as place,
        served(Path(place) / "lab", environment=OPTIONS) as server,
    ):
        steps = work(server.url, students=STUDENTS, seconds=SECONDS)
        resident = psutil.Process(server.pid).memory_info().rss
    for name in ("test", "compare"):
        times = [step.seconds for _, step in steps if step.name == name]
        yield Measurement(f"load.{name}.runs", len(times), "", "higher")
        yield Measurement(f"load.{name}.median_until_done", median(times), "s", "lower")
        yield Measurement(f"load.{name}.p95_until_done", quantiles(times, n=20)[-1], "s", "lower")
    errors = [step.error for _, step in steps if step.error]
    yield Measurement("load.pages_with_an_error", len(errors), "", "lower", bar=0)
    yield Measurement("load.texts_of_others", len(foreign(steps)), "", "lower", bar=0)
    yield Measurement("load.resident_memory", resident / 1e6, "MB", "lower", bar=900)


def work(url: str, *, students: int, seconds: float) -> list[tuple[str, Step]]:
    """Let `students` work on the lab at `url`; return each one's marker with each of its steps."""
    until = time.monotonic() + seconds

    def one(number: int) -> list[tuple[str, Step]]:
        student = Student(url, number)
        return [(student.marker, step) for step in student.work(until)]

    with ThreadPoolExecutor(students) as threads:
        return [step for steps in threads.map(one, range(students)) for step in steps]


def foreign(steps: list[tuple[str, Step]]) -> list[Step]:
    """Return the steps whose page shows a marker of another student, or not even the own one."""
    return [step for marker, step in steps if set(_MARKER.findall(step.page)) != {marker}]
