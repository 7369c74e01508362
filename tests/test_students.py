"""Several students work on the served lab at once: no errors, and nobody gets another's text."""

from __future__ import annotations

from pathlib import Path

from benchmarks.load import foreign, work
from tools.serving import served
from tools.students import OPTIONS


def test_students_who_work_at_once_get_their_own_texts_and_no_errors(tmp_path: Path) -> None:
    with served(tmp_path / "lab", environment=OPTIONS) as server:
        steps = work(server.url, students=8, seconds=6)
        log = server.log_tail()
    assert {step.name for _, step in steps} == {"test", "compare"}
    assert [step.error for _, step in steps if step.error] == []
    assert foreign(steps) == []
    assert "Traceback" not in log
