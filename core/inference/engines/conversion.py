"""Models converted for CTranslate2, each once, in a cache that heals itself.

The work is done by `convert`, in a process of its own. What is in the cache may be deleted at any
time; what is half-written, damaged or of other versions is never taken for a model.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from uuid import uuid4

from core.errors import RefusedModelError
from core.file_locks import held
from core.inference.engines.converted_model import FORMAT, MANIFEST, is_whole, size_bytes
from core.inference.engines.token_by_token import never
from core.model_folder import FolderFacts, inspect_folder
from core.settings import ROOT, STARTERS

CACHE_LIMIT_BYTES = 5 * 1024**3
_TIMEOUT_S = 1800
# What was used so recently may be on its way into somebody's memory.
_GRACE_S = 600
_BYTES_A_PARAMETER = {"int8": 1.3, "float32": 4.2}  # with scales, biases and the vocabulary
_PROGRAM_BYTES = 400 * 1024**2  # torch and transformers, in the process that converts (measured)
_READ_TOO = ("config.json", "generation_config.json", "*token*.json", "vocab*", "*.model", "*.spm")


class ConversionStopped(Exception):
    """Somebody pressed Stop; the next try begins anew."""


@dataclass(frozen=True)
class _Job:
    facts: FolderFacts
    name: str
    precision: str
    free_bytes: float
    timeout_s: float
    cancelled: Callable[[], bool]

    def failed(self, why: str) -> RefusedModelError:
        return RefusedModelError(
            f"{self.name} could not be converted for CTranslate2: {why}.",
            next_step="Choose the engine transformers, which runs every model of the lab.",
        )


def shipped_name(precision: str) -> str:
    """Return the name of the folder in which a starter brings itself converted."""
    return f"ctranslate2-{precision}"


def converted(
    folder: Path,
    precision: str,
    *,
    cache: Path,
    name: str = "",
    free_bytes: float = math.inf,
    limit_bytes: int = CACHE_LIMIT_BYTES,
    timeout_s: float = _TIMEOUT_S,
    cancelled: Callable[[], bool] = never,
) -> Path:
    """Return the folder of the model in `folder` converted to `precision`: int8 or float32.

    It is converted if it has not been, which takes seconds to minutes; two who ask at once wait for
    one conversion. One that needs more memory than `free_bytes` is refused. The cache is kept
    within `limit_bytes`, the least recently used leaving first. `name` is what the model is called,
    where the folder itself has no telling name.

    Raises:
        RefusedModelError: the model, the disk or the cache will not do.
        ConversionStopped: `cancelled()` became true on the way.
    """
    folder = folder.resolve()
    shipped = folder / shipped_name(precision)
    # A converted file is read by code that trusts it: foreign ones are never opened.
    if folder.parent == STARTERS.resolve() and is_whole(shipped, precision=precision):
        return shipped
    facts = inspect_folder(folder, name=name)
    name = name or folder.name
    try:
        job = _Job(facts, name, precision, free_bytes, timeout_s, cancelled)
        return _cached(job, cache / "ctranslate2", limit_bytes)
    except OSError as error:
        raise RefusedModelError(
            f"{name} could not be converted for CTranslate2: the cache in {cache} cannot be "
            f"used ({error.strerror or error}).",
            next_step="Set OPEN_MODEL_LAB_CACHE to a folder that can be written to.",
        ) from error


def _cached(job: _Job, home: Path, limit_bytes: int) -> Path:
    home.mkdir(parents=True, exist_ok=True)
    key = _key(job.facts.path, job.precision)
    target = home / key
    with _turn(home, key, job.cancelled):
        if not is_whole(target, precision=job.precision):
            shutil.rmtree(target, ignore_errors=True)
            _sweep(home, key)
            needed = int(job.facts.parameters * _BYTES_A_PARAMETER[job.precision])
            _evict(home, key, keep_bytes=limit_bytes - needed)
            _refuse_without_room(home, needed, job)
            _refuse_without_memory(needed, job)
            part = home / f"{key}.part-{uuid4().hex}"
            try:
                _run(job, part)
                part.replace(target)
            finally:
                shutil.rmtree(part, ignore_errors=True)
        os.utime(target / MANIFEST)
        _evict(home, key, keep_bytes=limit_bytes)
    return target


def _key(folder: Path, precision: str) -> str:
    """Return a name that changes with the weights, what is read beside them, and the converters."""
    weights = [
        (file.name, file.stat().st_size, file.stat().st_mtime_ns)
        for file in sorted(folder.glob("*.safetensors"))
    ]
    beside = sorted({file for pattern in _READ_TOO for file in folder.glob(pattern)})
    texts = [(file.name, hashlib.sha256(file.read_bytes()).hexdigest()) for file in beside]
    versions = [FORMAT, version("ctranslate2"), version("transformers")]
    identity = json.dumps([weights, texts, versions, precision])
    name = re.sub(r"[^\w-]", "-", folder.name, flags=re.ASCII)[:40]
    return f"{name}-{precision}-{hashlib.sha256(identity.encode()).hexdigest()[:16]}"


def _turn(
    home: Path, key: str, cancelled: Callable[[], bool] = never
) -> AbstractContextManager[None]:
    """Hold the lock of `key`, also among processes."""
    return held(home / f"{key}.lock", cancelled=cancelled, stopped=ConversionStopped)


@contextmanager
def _turn_if_free(home: Path, key: str) -> Iterator[bool]:
    from filelock import FileLock, Timeout

    lock = FileLock(home / f"{key}.lock")
    with suppress(Timeout):
        lock.acquire(timeout=0)
    try:
        yield lock.is_locked
    finally:
        lock.release()


def _sweep(home: Path, mine: str) -> None:
    """Remove what conversions left that died: whoever holds a key's lock knows that none runs."""
    for part in home.glob("*.part-*"):
        key = part.name.partition(".part-")[0]
        if key == mine:
            shutil.rmtree(part, ignore_errors=True)
            continue
        with _turn_if_free(home, key) as free:
            if free:
                shutil.rmtree(part, ignore_errors=True)


def _evict(home: Path, mine: str, *, keep_bytes: int) -> None:
    """Remove the least recently used until the rest fits, but nothing that may be in use."""
    models = sorted((file.stat().st_mtime, file.parent) for file in home.glob(f"*/{MANIFEST}"))
    total = sum(size_bytes(folder) for _, folder in models)
    for used, folder in models:
        if total <= keep_bytes:
            return
        if folder.name == mine or time.time() - used < _GRACE_S:
            continue
        with _turn_if_free(home, folder.name) as free:
            if free:
                total -= size_bytes(folder)
                shutil.rmtree(folder, ignore_errors=True)


def _refuse_without_room(home: Path, needed: int, job: _Job) -> None:
    free = shutil.disk_usage(home).free
    if free < needed:
        raise RefusedModelError(
            f"{job.name} could not be converted for CTranslate2: that takes {needed / 1e6:,.0f} MB "
            f"on the disk, and {free / 1e6:,.0f} MB are free.",
            next_step="Make room, or set OPEN_MODEL_LAB_CACHE to a folder on another disk.",
        )


def _refuse_without_memory(converted_bytes: int, job: _Job) -> None:
    needed = _PROGRAM_BYTES + job.facts.parameters * 4 + converted_bytes
    if job.free_bytes < needed:
        raise RefusedModelError(
            f"{job.name} could not be converted for CTranslate2: that takes {needed / 1e6:,.0f} MB "
            f"of memory for some seconds, and {max(0, job.free_bytes) / 1e6:,.0f} MB are free.",
            next_step="Choose the engine transformers, or try again when other models are idle.",
        )


def _run(job: _Job, part: Path) -> None:
    """Let a process convert the model into `part`, and be done with it whatever happens."""
    deadline_s = time.monotonic() + job.timeout_s
    with (
        tempfile.TemporaryFile() as said,
        subprocess.Popen(  # noqa: S603 - a program of ours, and paths as single arguments
            command(job.facts.path, part, job.precision),
            cwd=ROOT,
            env=_environment(),
            stdin=subprocess.PIPE,  # closes with this process, which ends the other one
            stdout=subprocess.DEVNULL,
            stderr=said,
        ) as process,
    ):
        try:
            while process.poll() is None:
                if job.cancelled():
                    raise ConversionStopped
                if time.monotonic() > deadline_s:
                    raise job.failed(f"that took longer than {job.timeout_s / 60:.0f} minutes")
                with suppress(subprocess.TimeoutExpired):
                    process.wait(0.1)
        finally:
            process.kill()
        said.seek(0)
        last = said.read().decode("utf-8", "replace").strip().splitlines()[-1:]
    if process.returncode < 0:
        raise job.failed("the system ended the conversion, probably for lack of memory")
    if process.returncode:
        raise job.failed(last[0][:200] if last else "the conversion ended without a word")
    if not is_whole(part, precision=job.precision):
        raise job.failed("what it gave is not whole")


def command(source: Path, target: Path, precision: str) -> list[str]:
    """Return the program that converts `source` into the new folder `target`."""
    program = [sys.executable, "-m", "core.inference.engines.convert"]
    return [*program, str(source), str(target), precision]


def _environment() -> dict[str, str]:
    return {
        **os.environ,
        "HF_HUB_OFFLINE": "1",
        "DISABLE_SAFETENSORS_CONVERSION": "1",
        "CUDA_VISIBLE_DEVICES": "",
        "OMP_NUM_THREADS": "1",
    }
