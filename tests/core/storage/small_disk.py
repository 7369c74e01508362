"""A disk of its own that is soon full, or can only be read: a file system in memory."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HOW_TO_MOUNT = "only root can mount a small disk"


def may_mount() -> bool:
    """Tell whether this process may mount file systems (root may not in many containers)."""
    if os.geteuid() != 0:
        return False
    status = Path("/proc/self/status").read_text()
    granted = next(line for line in status.splitlines() if line.startswith("CapEff"))
    return bool(int(granted.split()[1], 16) >> 21 & 1)  # CAP_SYS_ADMIN


@contextmanager
def small_disk(folder: Path, *, size_kib: int) -> Iterator[Path]:
    """Mount an empty disk of that size at `folder` until the block ends."""
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size_kib}k", "none", folder], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def read_only(folder: Path, *, on: bool) -> None:
    """Let the disk at `folder` only be read, or be written to again."""
    how = "ro" if on else "rw"
    subprocess.run(["mount", "-o", f"remount,{how}", folder], check=True)
