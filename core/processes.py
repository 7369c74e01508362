"""What programs that the lab starts beside itself do first."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path


def make_way(*, by: int = 10) -> None:
    """Let others compute first, and let the system end this program before any other.

    The larger `by`, up to 19, the less it gets while others compute as well.
    """
    if hasattr(os, "nice"):
        os.nice(by)
    with suppress(OSError):  # not Linux
        Path("/proc/self/oom_score_adj").write_text("1000")
