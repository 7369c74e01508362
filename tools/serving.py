"""Starts the real lab, or any Streamlit script, in a process of its own and ends it again.

The browser tests, the benchmarks and the screenshots all stand on this, so they see what a
visitor sees. It knows nothing of browsers.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HOME_PAGE = ROOT / "Home.py"

# Nothing listens on port 9 of this machine, so a lab under test meets a Hub that is out of reach.
NO_HUB = "http://127.0.0.1:9"


@dataclass(frozen=True)
class Served:
    """A running server: its address, its process id and the file that it logs to."""

    url: str
    pid: int
    log: Path

    def log_tail(self, lines: int = 60) -> str:
        """Return the last `lines` of what the server logged."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])


def _inherited() -> dict[str, str]:
    """Return the environment, less what would make this lab another, or write to its store."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("STREAMLIT_") and name != "OPEN_MODEL_LAB_DATABASE"
    }


@contextmanager
def served(
    directory: Path,
    *,
    script: Path = HOME_PAGE,
    environment: Mapping[str, str] | None = None,
    within: Sequence[str] = (),
) -> Iterator[Served]:
    """Serve `script` until the block ends, with home and data folders of its own in `directory`.

    `within` is a command that becomes the one after it, such as `tools.confined`.

    Raises:
        RuntimeError: the server ended, or did not answer within 60 s; its log is in the message.
    """
    home = directory / "home"
    home.mkdir(parents=True)
    log = directory / "server.log"
    port = free_port()
    with log.open("w") as sink:
        process = subprocess.Popen(
            [*within, sys.executable, "-m", "streamlit", "run", str(script), *_options(port)],
            cwd=ROOT,
            env={
                **_inherited(),
                "HOME": str(home),
                "OPEN_MODEL_LAB_DATA": str(directory / "data"),
                "HF_ENDPOINT": NO_HUB,
                "NO_COLOR": "1",
                **(environment or {}),
            },
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT,
        )
    server = Served(f"http://127.0.0.1:{port}", process.pid, log)
    try:
        _wait_until_healthy(server, process)
        yield server
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def free_port() -> int:
    """Return a port of this machine on which nothing listens now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _options(port: int) -> list[str]:
    options = {"port": port, "address": "127.0.0.1", "headless": "true"}
    return [f"--server.{name}={value}" for name, value in options.items()]


def _wait_until_healthy(server: Served, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(f"{server.url}/_stcore/health", timeout=5).close()
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.02)
    raise RuntimeError(f"The server did not start. It logged:\n{server.log_tail()}")
