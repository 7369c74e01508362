"""Charts as SVG, drawn in a process of its own: its JavaScript engine takes 170 MB while it works.

`python -m core.report.drawing` reads a JSON list of Vega-Lite specifications from its standard
input and writes a line for each as soon as it is drawn: the SVG as a JSON text, or null.
"""

from __future__ import annotations

import ctypes
import json
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from core.logs import log_problem
from core.processes import make_way
from core.settings import ROOT

LIMIT_S = 60.0
_PDEATHSIG = 1


def draw(specs: Sequence[Mapping[str, Any]], *, limit_s: float = LIMIT_S) -> tuple[str | None, ...]:
    """Return each of `specs` as SVG, None for those that could not be drawn within `limit_s`."""
    if not specs:
        return ()
    lines = _run(json.dumps([*specs]).encode(), limit_s).decode("utf-8", "replace").splitlines()
    drawn = [_svg(line) for line in lines[: len(specs)]]
    return (*drawn, *[None] * (len(specs) - len(drawn)))


def _run(wanted: bytes, limit_s: float) -> bytes:
    """Return what the drawing process wrote until it ended, or was ended."""
    try:
        with subprocess.Popen(
            [sys.executable, "-m", "core.report.drawing"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is for the lab alone
        ) as process:
            try:
                written, _ = process.communicate(wanted, timeout=limit_s)
            except subprocess.TimeoutExpired:
                process.kill()
                written, _ = process.communicate()
            if process.returncode:
                log_problem("charts not drawn", status=process.returncode)
            return written
    except OSError as error:
        log_problem("charts not drawn", why=type(error).__name__)
        return b""


def _svg(line: str) -> str | None:
    with suppress(ValueError):
        drawn = json.loads(line)
        if isinstance(drawn, str) and drawn.startswith("<svg"):
            return drawn
    return None


def main() -> int:
    """Draw what the standard input asks for."""
    _end_with_parent()
    make_way(by=5)
    specs = json.loads(sys.stdin.buffer.read())
    import vl_convert

    for spec in specs:
        drawn = None
        # Whatever is wrong with one chart, the others are drawn.
        with suppress(ValueError):
            drawn = vl_convert.vegalite_to_svg(spec, allowed_base_urls=[])
        sys.stdout.write(json.dumps(drawn) + "\n")
        sys.stdout.flush()
    return 0


def _end_with_parent() -> None:
    """Let the system end this process with the lab."""
    with suppress(OSError, AttributeError):  # not Linux
        ctypes.CDLL(None).prctl(_PDEATHSIG, signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main())
