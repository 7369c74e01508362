"""What this machine grants the lab, and what its owner configured through the environment."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from core.errors import LabError
from core.once import Once

ROOT = Path(__file__).resolve().parent.parent
STARTERS = ROOT / "starters" / "models"

# What Streamlit, torch and transformers take before the first weight is loaded (measured).
_RUNTIME_BYTES = 450 * 1024**2
_SHARE_FOR_MODELS = 0.8

_CONTROL_GROUPS = Path("/sys/fs/cgroup")


@dataclass(frozen=True)
class Settings:
    """The limits that the lab keeps to, in bytes and threads, and where models are and are made.

    `share_gated` tells whether a gated model that one visitor may have is offered to all of them.
    """

    memory_limit_bytes: int
    memory_budget_bytes: int
    threads: int
    models_dir: Path | None
    cache_dir: Path
    share_gated: bool = False


@Once
def settings() -> Settings:
    """Return the settings of this process, read once from the environment and the machine."""
    return read_settings(os.environ)


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Return the settings that `environment` and this machine give.

    `OPEN_MODEL_LAB_MEMORY_MB` sets the memory that loaded models may take together;
    `OPEN_MODEL_LAB_THREADS` the threads of one computation; `OPEN_MODEL_LAB_MODELS` a directory
    of model folders; `OPEN_MODEL_LAB_CACHE` where converted models are kept;
    `OPEN_MODEL_LAB_SHARE_GATED=1` lets visitors get gated models with a token of theirs, for all.

    Raises:
        LabError: a number is not a positive whole number, or the directory cannot be named so.
    """
    limit = memory_limit_bytes()
    budget_mb = _positive(environment, "OPEN_MODEL_LAB_MEMORY_MB")
    budget = budget_mb * 1024**2 if budget_mb else int(limit * _SHARE_FOR_MODELS) - _RUNTIME_BYTES
    return Settings(
        memory_limit_bytes=limit,
        # Even the tightest container runs the starters.
        memory_budget_bytes=max(budget, 64 * 1024**2),
        threads=_threads(environment),
        models_dir=_directory(environment, "OPEN_MODEL_LAB_MODELS"),
        cache_dir=_directory(environment, "OPEN_MODEL_LAB_CACHE") or _user_cache(environment),
        share_gated=environment.get("OPEN_MODEL_LAB_SHARE_GATED", "").strip() == "1",
    )


def data_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Return where students' work is kept: `OPEN_MODEL_LAB_DATA`, or the user's data folder."""
    for name, within in (
        ("OPEN_MODEL_LAB_DATA", ""),
        ("XDG_DATA_HOME", "open-model-lab"),
        ("LOCALAPPDATA", "open-model-lab/data"),
    ):
        text = environment.get(name, "").strip()
        if text:
            return Path(text).expanduser() / within
    return Path.home() / ".local" / "share" / "open-model-lab"


def memory_limit_bytes() -> int:
    """Return the memory this process may use: the machine's, or its container's if smaller."""
    import psutil

    limits = [int(psutil.virtual_memory().total)]
    for group in _control_groups("memory"):
        for name in ("memory.max", "memory.limit_in_bytes"):  # versions 2 and 1
            text = _read(group / name)
            if text.isdigit():
                limits.append(int(text))
    return min(limits)


def free_memory_bytes(limits: Settings) -> int:
    """Return how much memory another process could take now, in this container or machine."""
    import psutil

    granted = limits.memory_limit_bytes - int(psutil.Process().memory_info().rss)
    return min(granted, int(psutil.virtual_memory().available))


def usable_cores() -> int:
    """Return the cores this process may use, a container's processor quota included."""
    affinity = getattr(os, "sched_getaffinity", None)
    cores = len(affinity(0)) if affinity else (os.cpu_count() or 1)
    for group in _control_groups("cpu"):
        quota, _, period = _read(group / "cpu.max").partition(" ")
        if quota.isdigit() and period.isdigit() and int(period):
            cores = min(cores, max(1, int(quota) // int(period)))
    return cores


def _control_groups(controller: str) -> Iterator[Path]:
    """Yield the control group of this process for `controller`, and each group around it.

    Version 2 has one tree for all controllers, version 1 a tree for each; a machine can have both.
    What is not mounted has no files to read. (https://man7.org/linux/man-pages/man7/cgroups.7.html)
    """
    inside = {"": "", controller: ""}
    for line in _read(Path("/proc/self/cgroup")).splitlines():
        controllers, _, group = line.partition(":")[2].partition(":")
        # A container is shown groups outside of it as "/../..": it sees its own as the root.
        if ".." not in group.split("/"):
            inside |= {name: group.strip("/") for name in controllers.split(",") if name in inside}
    trees = {
        _CONTROL_GROUPS: inside[""],
        _CONTROL_GROUPS / "unified": inside[""],
        _CONTROL_GROUPS / controller: inside[controller],
    }
    for tree, group in trees.items():
        innermost = tree / group
        yield from (path for path in (innermost, *innermost.parents) if path.is_relative_to(tree))


def _threads(environment: Mapping[str, str]) -> int:
    # More threads than cores only slow each other down; far too many end the process.
    cores = usable_cores()
    return min(_positive(environment, "OPEN_MODEL_LAB_THREADS") or cores, cores)


def _directory(environment: Mapping[str, str], name: str) -> Path | None:
    text = environment.get(name, "").strip()
    if not text:
        return None
    try:
        return Path(text).expanduser()
    except RuntimeError as error:  # "~name" of a user that does not exist
        raise LabError(
            f"{name} is {text!r}, which is not a directory of this machine.",
            next_step=f"Correct or remove {name} and start the lab again.",
        ) from error


def _user_cache(environment: Mapping[str, str]) -> Path:
    for name in ("XDG_CACHE_HOME", "LOCALAPPDATA"):  # Linux, where it is set; Windows
        folder = Path(environment.get(name, ""))
        if folder.is_absolute():
            return folder / "open-model-lab"
    try:
        return Path.home() / ".cache" / "open-model-lab"
    except RuntimeError:  # a process of no user
        return Path(tempfile.gettempdir()) / "open-model-lab"


def _positive(environment: Mapping[str, str], name: str) -> int | None:
    text = environment.get(name, "").strip()
    if not text:
        return None
    # Twelve digits are more than any machine has, and fewer than int() minds.
    if not text.isdecimal() or len(text) > 12 or int(text) == 0:
        raise LabError(
            f"{name} is {text[:40]!r}, which is not a positive whole number.",
            next_step=f"Correct or remove {name} and start the lab again.",
        )
    return int(text)


def _read(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""
