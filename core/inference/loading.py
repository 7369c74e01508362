"""From a variant to a model in memory: its files on this machine, then its engine's loader.

An engine's libraries are loaded when the first of its models is.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from core.errors import RefusedModelError
from core.hub import fetch
from core.hub_gguf import fetch_file
from core.inference.types import Engine, LoadedModel
from core.inference.variants import Variant, gguf_of
from core.model_folder import inspect_folder
from core.settings import Settings, free_memory_bytes

Report = Callable[[float], None]
Cancelled = Callable[[], bool]


def prepare(
    variant: Variant, limits: Settings, *, on_progress: Report, cancelled: Cancelled
) -> None:
    """Do what has to be done before `variant` can be loaded and takes no memory of its own.

    Files are fetched from the Hub, then converted if the engine wants it; libraries are imported.
    `on_progress` is told the share that has been fetched.

    Raises:
        RefusedModelError: the files are no longer there, or will not do.
        HubError: they cannot be fetched.
    """
    match variant.runtime.engine:
        case Engine.LLAMA_CPP:
            from core.inference.engines import llama_trial

            llama_trial.try_apart(_gguf_file(variant, on_progress, cancelled))
        case Engine.CTRANSLATE2:
            _converted(variant, _folder(variant, on_progress, cancelled), limits, cancelled)
        case Engine.TRANSFORMERS:
            from core.inference.engines import transformers_engine

            _folder(variant, on_progress, cancelled)
            transformers_engine.prepare()


def load(variant: Variant, limits: Settings, *, cancelled: Cancelled) -> LoadedModel:
    """Load `variant`, which was prepared, into memory.

    Raises:
        RefusedModelError: the files will not do.
    """
    match variant.runtime.engine:
        case Engine.LLAMA_CPP:
            from core.inference.engines import llama_cpp_engine

            file = _gguf_file(variant, lambda _: None, cancelled)
            return llama_cpp_engine.load(file, threads=limits.threads)
        case Engine.CTRANSLATE2:
            from core.inference.engines import ctranslate2_engine

            folder = _folder(variant, lambda _: None, cancelled)
            return ctranslate2_engine.load(
                folder,
                converted=_converted(variant, folder, limits, cancelled),
                precision=variant.runtime.precision,
                threads=limits.threads,
            )
        case Engine.TRANSFORMERS:
            from core.inference.engines import transformers_engine

            folder = _folder(variant, lambda _: None, cancelled)
            inspect_folder(folder, name=variant.entry.id)
            return transformers_engine.load(folder, threads=limits.threads)


def _folder(variant: Variant, on_progress: Report, cancelled: Cancelled) -> Path:
    entry = variant.entry
    if entry.source == "hub":
        return fetch(entry, on_progress=on_progress, cancelled=cancelled)
    if entry.path is None or not entry.path.is_dir():
        raise _gone(variant)
    return entry.path


def _gguf_file(variant: Variant, on_progress: Report, cancelled: Cancelled) -> Path:
    file = gguf_of(variant)
    if file.repo:
        return fetch_file(file, on_progress=on_progress, cancelled=cancelled)
    if file.path is None or not file.path.is_file():
        raise _gone(variant)
    return file.path


def _gone(variant: Variant) -> RefusedModelError:
    return RefusedModelError(
        f"The files of {variant.entry.id} are no longer there.", next_step="Choose another model."
    )


def _converted(variant: Variant, folder: Path, limits: Settings, cancelled: Cancelled) -> Path:
    from core.inference.engines import conversion

    precision = variant.runtime.precision
    return conversion.converted(
        folder,
        precision,
        cache=limits.cache_dir,
        name=variant.entry.id,
        free_bytes=free_memory_bytes(limits),
        cancelled=cancelled,
    )
