"""GGUF files of a model that others quantised and put on the Hub."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from core.gguf_plan import guess_memory_bytes
from core.hub import Report, check_disk, fetch_files, turn
from core.hub_client import TOKEN, asking
from core.quantised import GgufVariant, preference

_MOST_REPOS = 5
# One file with the precision at the end of its name: parts of split models end otherwise.
_NAME = re.compile(r"[^/]*[-._](q8_0|q4_k_m|q4_0|f16|fp16)\.gguf", re.IGNORECASE)
_NO_MODEL = re.compile(r"mmproj|imatrix|lora", re.IGNORECASE)
# One of each line is offered, the first that is found.
_WANTED = (("Q8_0",), ("Q4_K_M", "Q4_0"), ("F16",))


def find_quantised(
    model_id: str, *, cancelled: Callable[[], bool] = lambda: False
) -> tuple[GgufVariant, ...]:
    """Return the public GGUF files of `model_id`, by the most downloaded authors, or none.

    Raises:
        HubError: the Hub cannot be reached.
        DownloadStopped: `cancelled()` became true on the way.
    """
    from huggingface_hub import HfApi
    from huggingface_hub.errors import RepositoryNotFoundError

    api = HfApi(token=TOKEN)
    found: dict[str, GgufVariant] = {}
    with asking(model_id, "main", cancelled):
        tags = ["gguf", f"base_model:quantized:{model_id}"]
        for listed in api.list_models(filter=tags, sort="downloads", limit=_MOST_REPOS):
            try:
                info = api.model_info(listed.id, files_metadata=True)
            # Hidden or behind a gate since it was listed.
            except RepositoryNotFoundError:
                continue
            # Terms cannot be accepted here.
            if not info.gated and info.sha:
                for variant in _variants(info.id, info.sha, info.siblings or ()):
                    found.setdefault(variant.precision, variant)
            if all(any(name in found for name in names) for names in _WANTED):
                break
    first = (next((found[name] for name in names if name in found), None) for names in _WANTED)
    return tuple(sorted(filter(None, first), key=preference))


def cached_file(variant: GgufVariant) -> Path | None:
    """Return the file of `variant` if it is on this machine, asking nobody."""
    from huggingface_hub import try_to_load_from_cache

    path = try_to_load_from_cache(variant.repo, variant.filename, revision=variant.revision)
    return Path(path) if isinstance(path, str) else None


def fetch_file(variant: GgufVariant, *, on_progress: Report, cancelled: Callable[[], bool]) -> Path:
    """Return the file of `variant`, downloading what is missing; as `core.hub.fetch`.

    Raises:
        HubError: the Hub cannot be reached, refuses, or the disk is too full.
        DownloadStopped: `cancelled()` became true on the way.
    """
    if path := cached_file(variant):
        return path
    check_disk(variant.repo, variant.file_bytes)
    with asking(variant.repo, variant.revision, cancelled), turn(variant.repo, cancelled):
        return cached_file(variant) or _download(variant, on_progress, cancelled)


def _download(variant: GgufVariant, on_progress: Report, cancelled: Callable[[], bool]) -> Path:
    from huggingface_hub import hf_hub_download

    repo, commit, name = variant.repo, variant.revision, variant.filename
    on_progress(0.0)
    fetch_files(repo, commit, [name], on_progress, cancelled)
    # Finds the content in its place, and only gives it its name.
    path = hf_hub_download(repo, name, revision=commit, token=TOKEN)
    on_progress(1.0)
    return Path(path)


def _variants(repo: str, commit: str, files: Iterable[Any]) -> Iterable[GgufVariant]:
    for file in sorted(files, key=lambda file: str(file.rfilename)):
        told = _NAME.fullmatch(file.rfilename)
        if told and file.size and not _NO_MODEL.search(file.rfilename):
            yield GgufVariant(
                precision=told[1].upper().replace("FP16", "F16"),
                file_bytes=file.size,
                memory_bytes=guess_memory_bytes(file.size),
                repo=repo,
                revision=commit,
                filename=file.rfilename,
            )
