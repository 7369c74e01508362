"""The process that trains, from its start to its end, whatever that is."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress

from core.errors import LabError
from core.finetuning.training_folder import TrainingFolder
from core.settings import ROOT

_LOOK_S = 0.1
# After it was told to stop it still guesses the test split.
_STOPS_WITHIN_S = 300.0
_MOST_ERROR_BYTES = 1024**2
_AGAIN = "Your data and settings are kept: start it again."


def run_child(
    folder: TrainingFolder,
    *,
    threads: int,
    limit_s: float,
    stop_asked: Callable[[], bool],
    kill_asked: Callable[[], bool],
) -> None:
    """Train what `folder` asks for in a process of its own, and see to it that the folder ends.

    After `limit_s` it is stopped as if somebody had asked: the best so far is kept. When this
    returns, the process is gone, and the folder has a result or a failure, or neither when the lab
    itself ended it (`kill_asked`): then it was interrupted.
    """
    try:
        why = _why(_run(folder, threads, limit_s, stop_asked, kill_asked))
    except OSError as error:
        why = f"its process could not be started ({error.strerror or error})"
    if folder.ended() or kill_asked():
        return
    folder.write_failure(LabError(f"The training failed: {why}.", next_step=_AGAIN))


def _run(
    folder: TrainingFolder,
    threads: int,
    limit_s: float,
    stop_asked: Callable[[], bool],
    kill_asked: Callable[[], bool],
) -> int:
    deadline_s = time.monotonic() + limit_s
    told = False
    with (
        folder.errors_file.open("wb") as said,
        subprocess.Popen(  # noqa: S603 - a program of ours, and a path as a single argument
            [sys.executable, "-m", "core.finetuning.child", str(folder.path)],
            cwd=ROOT,
            env=_environment(threads),
            stdin=subprocess.PIPE,  # closes with this process, which ends the other one
            stdout=subprocess.DEVNULL,
            stderr=said,
            # Ctrl-C is for the lab alone; this one ends with it.
            start_new_session=True,
        ) as process,
    ):
        try:
            while process.poll() is None:
                if kill_asked() or (told and time.monotonic() > deadline_s):
                    break
                if not told and (stop_asked() or time.monotonic() > deadline_s):
                    told = True
                    deadline_s = time.monotonic() + _STOPS_WITHIN_S
                    if process.stdin is not None:
                        with suppress(OSError):
                            process.stdin.write(b"s")
                            process.stdin.flush()
                with suppress(subprocess.TimeoutExpired):
                    process.wait(_LOOK_S)
        finally:
            process.kill()
    return process.returncode


def _why(status: int) -> str:
    if status == -signal.SIGKILL:
        return "the system ended its process, most likely for lack of memory"
    if status < 0:
        return f"its process was ended from outside or crashed (signal {-status})"
    return "its process ended without a result, for a reason that the lab does not know"


def last_words(folder: TrainingFolder) -> str:
    """Return the last line that the process wrote when it went wrong, for the log."""
    with suppress(OSError):
        with folder.errors_file.open("rb") as said:
            said.seek(max(0, folder.errors_file.stat().st_size - _MOST_ERROR_BYTES))
            lines = said.read().decode("utf-8", "replace").strip().splitlines()
        # The type of an error alone: what follows may quote a student's text.
        return lines[-1].partition(":")[0][:100] if lines else ""
    return ""


def _environment(threads: int) -> dict[str, str]:
    return {
        **os.environ,
        "HF_HUB_OFFLINE": "1",
        "DISABLE_SAFETENSORS_CONVERSION": "1",
        "CUDA_VISIBLE_DEVICES": "",
        "MALLOC_ARENA_MAX": "2",
        "OMP_NUM_THREADS": str(threads),
        "TOKENIZERS_PARALLELISM": "false",
    }
