"""Try a file of strangers in a process of its own first.

llama.cpp ends its process over some damaged files instead of raising an error (measured: 1 in 150
of those with a flipped bit in an otherwise sound header), and that process must not be the lab's.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from core.errors import RefusedModelError
from core.settings import ROOT, STARTERS

_PATIENCE_S = 300.0

# Files by path, size and time of change that came through: nothing is tried twice.
_sound: set[tuple[str, int, int]] = set()


def try_apart(file: Path) -> None:
    """Load `file` and have it write one token, in another process.

    Raises:
        RefusedModelError: that failed, or the file is gone.
    """
    if STARTERS in file.parents:
        return
    refused = RefusedModelError(
        f"llama.cpp cannot run {file.name}.",
        next_step="Choose another precision or model, or download this one again.",
    )
    try:
        found = file.stat()
        this = (str(file.resolve()), found.st_size, found.st_mtime_ns)
        if this in _sound:
            return
        # Its own account of a crash would take a debugger's seconds.
        environment = {**os.environ, "GGML_NO_BACKTRACE": "1", "PYTHONPATH": str(ROOT)}
        tried = subprocess.run(  # noqa: S603
            [sys.executable, "-m", __name__, str(file)],
            env=environment,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=_PATIENCE_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        raise refused from None
    if tried.returncode != 0:
        raise refused
    _sound.add(this)


def main(file: Path) -> int:
    """Return 0 when llama.cpp runs `file`, else 1; or end as llama.cpp does."""
    from core.inference.engines.llama_server import LlamaServer

    try:
        LlamaServer(file, kv_tokens=256, slots=1, batch_tokens=32, threads=1)
    except Exception:  # noqa: BLE001
        return 1
    return 0


if __name__ == "__main__":
    sys.stdout.flush()
    # Without the farewells of libraries: whatever they do at the end is no verdict on the file.
    os._exit(main(Path(sys.argv[1])))
