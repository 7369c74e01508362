"""A PostgreSQL server for tests: Debian's programs, a cluster that is thrown away, no network."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from urllib.parse import quote

HOW_TO_GET_POSTGRESQL = (
    "PostgreSQL's server is not installed (Debian: apt-get install postgresql), "
    "so the store is tested on SQLite alone"
)
# Nothing here has to survive a power cut.
_QUICK = (
    "-c fsync=off -c full_page_writes=off -c shared_buffers=16MB "
    "-c max_connections=100 -c listen_addresses='' -c autovacuum=off"
)


def find_postgresql() -> Path | None:
    """Return the folder of PostgreSQL's newest server programs, if there are any."""
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3])
    )
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    return Path(on_path).resolve().parent if on_path else None


@dataclass
class Cluster:
    """A running server, reached through a socket in its own folder."""

    programs: Path
    folder: Path

    def __post_init__(self) -> None:
        self._numbers = count()

    def new_database(self) -> str:
        """Return the address of a new, empty database."""
        name = f"lab{next(self._numbers)}"
        self.ask(f"CREATE DATABASE {name}")
        return self.url(name)

    def url(self, name: str) -> str:
        """Return the address of the database `name`, as an owner of a lab would write it."""
        return f"postgresql://postgres@/{name}?host={quote(str(self.folder), safe='')}"

    def ask(self, statement: str, *, database: str = "postgres") -> str:
        """Run `statement` as the server's owner; return what it printed."""
        socket = str(self.folder)
        line = ["psql", "-h", socket, "-d", database, "-U", "postgres", "-qAtc", statement]
        return self._run(*line).strip()

    def start(self) -> None:
        """Start the server and wait until it answers."""
        options = f"{_QUICK} -c unix_socket_directories='{self.folder}'"
        log = str(self.folder / "log")
        self._run(
            "pg_ctl", "-D", str(self.folder / "data"), "-w", "-l", log, "-o", options, "start"
        )

    def stop(self) -> None:
        """Stop the server at once, as when its machine is switched off."""
        self._run("pg_ctl", "-D", str(self.folder / "data"), "-w", "-m", "immediate", "stop")

    def initialise(self) -> None:
        """Make the cluster's files."""
        line = [
            "-D",
            str(self.folder / "data"),
            "-U",
            "postgres",
            "-A",
            "trust",
            "-N",
            "-E",
            "UTF8",
        ]
        self._run("initdb", *line, "--no-locale", "--no-instructions")

    def pids(self) -> list[int]:
        """Return the ids of the server's processes, its own first."""
        first = int((self.folder / "data" / "postmaster.pid").read_text().split()[0])
        children = Path(f"/proc/{first}/task/{first}/children").read_text().split()
        return [first, *map(int, children)]

    def _run(self, program: str, *arguments: str) -> str:
        as_owner = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        # A file takes what is printed: the server inherits it, and a pipe would stay open.
        with tempfile.TemporaryFile() as output:
            done = subprocess.run(
                [*as_owner, str(self.programs / program), *arguments],
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                check=False,
            )
            output.seek(0)
            text = output.read().decode(errors="replace")
        assert done.returncode == 0, f"{program}: {text}"
        return text


@contextmanager
def running_cluster() -> Iterator[Cluster]:
    """Run a server of its own until the block ends; as root, under the user `postgres`."""
    programs = find_postgresql()
    assert programs is not None, HOW_TO_GET_POSTGRESQL
    # Not in pytest's folder: nobody but its owner may enter that.
    folder = Path(tempfile.mkdtemp(prefix="oml-pg-"))
    if os.geteuid() == 0:
        os.chown(folder, pwd.getpwnam("postgres").pw_uid, -1)
    cluster = Cluster(programs, folder)
    try:
        cluster.initialise()
        cluster.start()
        yield cluster
        cluster.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
