"""Runs a program in a small machine: little memory, few cores, as a container would grant.

`python -m tools.confined CORES GROUP COMMAND …` joins the control group GROUP (a path, or
`limit:BYTES` where there is none) and becomes COMMAND. Linux only.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

_TREES = Path("/sys/fs/cgroup")
_NAME = "open-model-lab-confined"
_LOOK_S = 0.05


@dataclass
class Confinement:
    """A limit on memory that a program and its children share.

    `group` is the control group, None where none can be made: then each process has the limit on
    its data to itself (`RLIMIT_DATA`), which is stricter on what is reserved and not used.
    """

    limit_bytes: int
    group: Path | None
    peak_anonymous_bytes: int = 0
    _ended: threading.Event = field(default_factory=threading.Event)

    def command(self, cores: int) -> tuple[str, ...]:
        """Return what to put before a command so that it runs in here on `cores` cores."""
        place = str(self.group) if self.group else f"limit:{self.limit_bytes}"
        return (sys.executable, "-m", "tools.confined", str(cores), place)

    @property
    def kills(self) -> int | None:
        """How many processes were ended because memory ran out; None if that is not told."""
        return _number(self._read("memory.oom_control") or self._read("memory.events"), "oom_kill")

    def watch(self) -> None:
        """Note the most that was used without what the system keeps of files, until the end."""
        while not self._ended.wait(_LOOK_S):
            text = self._read("memory.stat")
            used = _number(text, "total_rss") or _number(text, "anon") or 0
            self.peak_anonymous_bytes = max(self.peak_anonymous_bytes, used)

    def _read(self, name: str) -> str:
        try:
            return (self.group / name).read_text().strip() if self.group else ""
        except OSError:
            return ""


@contextmanager
def confinement(limit_bytes: int) -> Iterator[Confinement]:
    """Grant what is started in here `limit_bytes` together; what still runs at the end must end."""
    place = Confinement(limit_bytes, _make_group(limit_bytes))
    watcher = threading.Thread(target=place.watch, daemon=True)
    watcher.start()
    try:
        yield place
    finally:
        place._ended.set()
        watcher.join()
        if place.group:
            place.group.rmdir()


def _make_group(limit_bytes: int) -> Path | None:
    """Return a new control group of version 1 or 2, None where this user may make none."""
    for tree, name in ((_TREES / "memory", "memory.limit_in_bytes"), (_TREES, "memory.max")):
        group = tree / f"{_NAME}-{os.getpid()}"
        try:
            if name == "memory.max":
                (tree / "cgroup.subtree_control").write_text("+memory")
            group.mkdir()
        except OSError:
            continue
        try:
            (group / name).write_text(str(limit_bytes))
        except OSError:
            group.rmdir()
        else:
            return group
    return None


def _number(text: str, name: str) -> int | None:
    for line in text.splitlines():
        key, _, value = line.partition(" ")
        if key == name:
            return int(value)
    return None


def main(cores: str, place: str, *command: str) -> None:
    """Go into `place` and become `command`."""
    import resource

    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-int(cores) :])
    if place.startswith("limit:"):
        limit = int(place.removeprefix("limit:"))
        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    else:
        (Path(place) / "cgroup.procs").write_text(str(os.getpid()))
    os.execvp(command[0], command)  # noqa: S606


if __name__ == "__main__":
    main(*sys.argv[1:])
