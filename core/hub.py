"""Fetching models from the Hub: safetensors only, resumable and stoppable."""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from fnmatch import fnmatch
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import HubError
from core.file_locks import held
from core.hub_client import DownloadStopped, asking
from core.hub_token import Token, secret_of

if TYPE_CHECKING:
    from core.catalogue import ModelEntry

# What transformers needs, and nothing that runs code when opened. Files in folders are copies for
# other engines.
_SMALL_FILES = ("*.json", "*.txt", "*.model", "*.spm", "README.md")
_WEIGHTS = "model*.safetensors"
_NOT_AT_TOP = "*/*"

_SPARE_BYTES = 500 * 1024**2

Report = Callable[[float], None]


def is_downloaded(model_id: str, revision: str) -> bool:
    """Whether all files of the model are on this machine, so that no network is needed."""
    return cached_folder(model_id, revision) is not None


def is_here(entry: ModelEntry) -> bool:
    """Whether `entry` can be loaded without a network."""
    return entry.source != "hub" or is_downloaded(entry.id, entry.revision)


def fetch(
    entry: ModelEntry,
    *,
    on_progress: Report,
    cancelled: Callable[[], bool],
    token: Token | None = None,
) -> Path:
    """Return the folder of a Hub model, downloading what is missing.

    `on_progress` is told the share of the weights that is here, from 0 to 1 and never less than
    before. A second call for the same model waits for the first.

    Raises:
        HubError: the Hub cannot be reached, refuses, or the disk is too full.
        DownloadStopped: `cancelled()` became true on the way.
    """
    if folder := cached_folder(entry.id, entry.revision):
        return folder
    check_disk(entry.id, entry.download_bytes - here_bytes(entry.id, entry.revision))
    with asking(entry.id, entry.revision, cancelled, token), turn(entry.id, cancelled):
        folder = cached_folder(entry.id, entry.revision)
        return folder or _download(entry, on_progress, cancelled, token)


def cached_folder(model_id: str, revision: str) -> Path | None:
    """Return the folder of a model of which all files are on this machine, asking nobody."""
    from huggingface_hub import get_cached_repo_tree, snapshot_download
    from huggingface_hub.errors import CachedRepoTreeNotFoundError, LocalEntryNotFoundError

    try:
        # Without its list of files, half a model would pass for a whole one.
        get_cached_repo_tree(model_id, revision=revision)
        folder = snapshot_download(
            model_id,
            revision=revision,
            allow_patterns=[*_SMALL_FILES, _WEIGHTS],
            ignore_patterns=_NOT_AT_TOP,
            local_files_only=True,
        )
    except (CachedRepoTreeNotFoundError, LocalEntryNotFoundError):
        return None
    return Path(folder)


def here_bytes(model_id: str, revision: str) -> int:
    """Return how much of the weights of a download that was begun is on this machine."""
    named = _storage(model_id) / "refs" / revision
    return _progress(model_id, named.read_text() if named.is_file() else revision)[0]


def begun(model_id: str) -> tuple[int, int]:
    """Return of the last download that was begun: bytes of its weights here, and of all of them.

    Both are 0 when none was.
    """
    lists = (_storage(model_id) / "trees").glob("*.json")
    last = max(lists, key=lambda file: file.stat().st_mtime, default=None)
    return _progress(model_id, last.stem) if last else (0, 0)


def _progress(model_id: str, commit: str) -> tuple[int, int]:
    # The library's public reader of the list leaves out what files are called here.
    from huggingface_hub._tree_cache import read_tree_cache

    storage = _storage(model_id)
    tree = read_tree_cache(str(storage), commit) or {}
    weights = [file for path, file in tree.items() if is_weights(path) and file.lfs_sha256]
    blobs = [storage / "blobs" / str(file.lfs_sha256) for file in weights]
    parts = [path for blob in blobs for path in (blob, blob.with_name(f"{blob.name}.part"))]
    here = sum(path.stat().st_size for path in parts if path.is_file())
    return here, sum(file.size for file in weights)


def is_weights(path: str) -> bool:
    """Tell whether a file of a repository holds weights that are fetched."""
    return fnmatch(path, _WEIGHTS) and not fnmatch(path, _NOT_AT_TOP)


def is_small_file(path: str) -> bool:
    """Tell whether a file of a repository is fetched with the weights."""
    at_top = not fnmatch(path, _NOT_AT_TOP)
    return at_top and any(fnmatch(path, pattern) for pattern in _SMALL_FILES)


def _storage(model_id: str) -> Path:
    from huggingface_hub import constants
    from huggingface_hub.file_download import repo_folder_name

    name = repo_folder_name(repo_id=model_id, repo_type="model")
    return Path(constants.HF_HUB_CACHE).expanduser() / name


def check_disk(model_id: str, download_bytes: int) -> None:
    """Raise a HubError when the disk has no room for so much, and something to spare."""
    folder = _storage(model_id)
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    if free < download_bytes + _SPARE_BYTES:
        raise HubError(
            f"{model_id} takes {download_bytes / 1e9:.1f} GB of disk; "
            f"{free / 1e9:.1f} GB are free.",
            next_step="Make room on the disk, or choose a smaller model.",
        )


@contextmanager
def turn(model_id: str, cancelled: Callable[[], bool]) -> Iterator[None]:
    """Let one at a time fetch from `model_id`, also among processes."""
    storage = _storage(model_id)
    storage.mkdir(parents=True, exist_ok=True)
    with held(storage / "fetching.lock", cancelled=cancelled, stopped=DownloadStopped):
        yield


def _download(
    entry: ModelEntry,
    on_progress: Report,
    cancelled: Callable[[], bool],
    token: Token | None,
) -> Path:
    from huggingface_hub import HfApi, get_cached_repo_tree, snapshot_download

    on_progress(0.0)
    # One question that is not asked again: who cannot reach the Hub learns it at once.
    secret = secret_of(token)
    with _understood():
        commit = HfApi(token=secret).model_info(entry.id, revision=entry.revision).sha or ""
    get = partial(
        snapshot_download,
        entry.id,
        revision=entry.revision,
        ignore_patterns=_NOT_AT_TOP,
        tqdm_class=_watching(cancelled),
        token=secret,
    )
    with _understood():
        get(allow_patterns=[*_SMALL_FILES])
    weights = [
        file.path
        for file in get_cached_repo_tree(entry.id, revision=commit)
        if is_weights(file.path)
    ]
    fetch_files(entry.id, commit, weights, on_progress, cancelled, token)
    folder = Path(get(allow_patterns=[*_SMALL_FILES, _WEIGHTS]))
    on_progress(1.0)
    return folder


@contextmanager
def _understood() -> Iterator[None]:
    """Make an answer of another form than the Hub's a ValueError: the library trusts it."""
    try:
        yield
    except (TypeError, KeyError, AttributeError) as error:
        raise ValueError("This is no answer of the Hub.") from error


def fetch_files(
    model_id: str,
    commit: str,
    paths: Sequence[str],
    on_progress: Report,
    cancelled: Callable[[], bool],
    token: Token | None = None,
) -> None:
    """Put large files where the library looks for them, checked by their hash.

    The library throws a half-fetched file away; this keeps it, and goes on from there.
    """
    from huggingface_hub import get_hf_file_metadata, hf_hub_url
    from huggingface_hub.file_download import http_get
    from huggingface_hub.utils import build_hf_headers  # type: ignore[attr-defined]

    files = [
        get_hf_file_metadata(hf_hub_url(model_id, path, revision=commit), token=secret_of(token))
        for path in paths
    ]
    # The log-in page of a guest network answers as well, and knows no commits.
    if any(file.commit_hash is None or not file.etag for file in files):
        raise ValueError("This is no answer of the Hub.")
    total = sum(file.size or 0 for file in files)
    before, share = 0, 0.0

    for file in files:
        blob = _storage(model_id) / "blobs" / str(file.etag)
        part = blob.with_name(f"{blob.name}.part")
        if not blob.exists():
            blob.parent.mkdir(exist_ok=True)
            with part.open("ab") as out:

                def report(out: Any = out, before: int = before) -> None:
                    nonlocal share
                    share = max(share, min(1.0, (before + out.tell()) / max(1, total)))
                    on_progress(share)

                http_get(
                    file.location,
                    out,
                    resume_size=out.tell(),
                    headers=build_hf_headers(token=secret_of(token)),
                    expected_size=file.size,
                    tqdm_class=_watching(cancelled, report),
                )
            _check_hash(model_id, part, str(file.etag))
            part.replace(blob)
        before += file.size or 0


def _check_hash(model_id: str, part: Path, etag: str) -> None:
    # Large files are named by their SHA-256; a mirror may name them otherwise.
    if not re.fullmatch(r"[0-9a-f]{64}", etag):
        return
    with part.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() == etag:
            return
    part.unlink()
    raise HubError(
        f"A file of {model_id} arrived damaged.", next_step="Run it again: it is fetched anew."
    )


def _watching(cancelled: Callable[[], bool], report: Callable[[], None] | None = None) -> type[Any]:
    """Return a progress bar for the library that shows nothing, reports, and stops when told."""
    from huggingface_hub.utils.tqdm import tqdm

    class Watching(tqdm):
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **{**options, "disable": True})  # type: ignore[no-untyped-call]

        def update(self, n: float | None = 1) -> bool | None:
            if cancelled():
                raise DownloadStopped
            if report is not None:
                report()
            return None

    return Watching
