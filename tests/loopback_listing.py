"""What the loopback Hub says about repositories: their properties, lists of them, their trees."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import urlencode

from tests.loopback_repo import LARGE, Repo

Asked = Mapping[str, Sequence[str]]

# What a list says when nothing is asked for in particular, by the kind of repository.
_LISTED = {
    "model": "likes private downloads tags pipeline_tag library_name createdAt modelId",
    "dataset": "author disabled gated lastModified likes private sha description downloads tags "
    "createdAt",
    "space": "likes private sdk tags createdAt",
}
_FULL = "author sha lastModified siblings gated disabled cardData"
_SIZES = {"": 1, "K": 10**3, "M": 10**6, "B": 10**9, "T": 10**12}
_NEVER_LISTED = ("runtime", "trendingScore", "usedStorage", "mainSize")


def describe(repo: Repo, asked: Asked) -> dict[str, object]:
    """Return the answer to a question about one repository."""
    every = _properties(repo, sizes=_is_true(asked, "blobs"))
    if "expand" in asked:
        return _only(every, asked["expand"])
    if repo.kind == "space":
        return every
    return {key: value for key, value in every.items() if key not in _NEVER_LISTED[1:]}


def list_page(
    repos: Iterable[Repo], kind: str, asked: Asked, most: int
) -> tuple[list[dict[str, object]], str]:
    """Return one page of the repositories asked for, and the query of the next one or ""."""
    found = [repo for repo in repos if repo.kind == kind and _matches(repo, asked)]
    if sort := _one(asked, "sort"):
        # Equal ones keep the order in which they are served.
        found.sort(
            key=lambda repo: _properties(repo).get(sort) or 0,  # type: ignore[arg-type,return-value]
            reverse=_one(asked, "direction") != "1",
        )
    start = _position(_one(asked, "cursor"))
    end = start + min(most, int(_one(asked, "limit") or most))
    page = [_listed(repo, asked) for repo in found[start:end]]
    return page, _next_query(asked, end) if end < len(found) else ""


def tree_page(repo: Repo, folder: str, asked: Asked, most: int) -> tuple[list[object], str]:
    """Return one page of the files and folders within `folder`, and the query of the next or ""."""
    inside = f"{folder}/" if folder else ""
    files = [name for name in repo.files if name.startswith(inside)]
    parents = {
        "/".join(name.split("/")[:depth])
        for name in files
        for depth in range(1, 1 + name.count("/"))
    }
    names = sorted({*files, *(parent for parent in parents if parent.startswith(inside))})
    if not _is_true(asked, "recursive"):
        names = [name for name in names if "/" not in name.removeprefix(inside)]
    start = _position(_one(asked, "cursor"))
    end = start + most
    page: list[object] = [_tree_entry(repo, name) for name in names[start:end]]
    return page, _next_query(asked, end) if end < len(names) else ""


def _properties(repo: Repo, *, sizes: bool = False) -> dict[str, object]:
    total = sum((repo.folder / name).stat().st_size for name in repo.files)
    shared: dict[str, object] = {
        "_id": repo.commit[:24],
        "id": repo.id,
        "author": repo.id.split("/")[0],
        "sha": repo.commit,
        "lastModified": _moment(repo.last_modified),
        "createdAt": _moment(repo.created_at),
        "private": repo.private,
        "gated": repo.gated,
        "disabled": False,
        "likes": repo.likes,
        "trendingScore": repo.trending_score,
        "tags": [*repo.every_tag],
        "cardData": dict(repo.metadata),
        "siblings": [_sibling(repo, name, sizes=sizes) for name in repo.files],
        "usedStorage": total,
    }
    own: dict[str, object] = {}
    if repo.kind == "model":
        own = {"modelId": repo.id, "downloads": repo.downloads, "spaces": []}
        own |= {"pipeline_tag": repo.task} if repo.task else {}
        own |= {"library_name": repo.library} if repo.library else {}
        if repo.parameters:
            counted = {"parameters": dict(repo.parameters), "total": sum(repo.parameters.values())}
            own["safetensors"] = counted
    elif repo.kind == "dataset":
        own = {"downloads": repo.downloads, "description": "", "mainSize": total}
    else:
        own = {
            "sdk": repo.made_with,
            "subdomain": repo.id.replace("/", "-").lower(),
            "runtime": {
                "stage": "RUNNING",
                "hardware": {"current": "cpu-basic", "requested": "cpu-basic"},
                "storage": None,
                "gcTimeout": 172800,
            },
            "models": repo.metadata.get("models", []),
            "datasets": repo.metadata.get("datasets", []),
        }
    return {**shared, **own, **repo.says}


def _listed(repo: Repo, asked: Asked) -> dict[str, object]:
    every = _properties(repo)
    if "expand" in asked:
        return _only(every, asked["expand"])
    names = _LISTED[repo.kind].split()
    if _is_true(asked, "full"):
        names += _FULL.split()
    if _is_true(asked, "cardData"):
        names.append("cardData")
    return _only(every, [*names, *asked.get("sort", ())])


def _only(every: Mapping[str, object], names: Sequence[str]) -> dict[str, object]:
    # A list in one parameter is separated by commas, as some clients send it.
    wanted = {"_id", "id", *(part for name in names for part in name.split(","))}
    return {key: value for key, value in every.items() if key in wanted}


def _matches(repo: Repo, asked: Asked) -> bool:
    filters = [part for one in asked.get("filter", ()) for part in one.split(",") if part]
    tags = {*repo.every_tag}
    if repo.private or not {*filters} <= tags:
        return False
    if any(words.lower() not in repo.id.lower() for words in asked.get("search", ())):
        return False
    if (author := _one(asked, "author")) and repo.id.split("/")[0] != author:
        return False
    if (task := _one(asked, "pipeline_tag")) and repo.task != task:
        return False
    if (gated := _one(asked, "gated")) and (gated.lower() == "true") != bool(repo.gated):
        return False
    return _has_size(repo, _one(asked, "num_parameters"))


def _has_size(repo: Repo, wanted: str) -> bool:
    total = sum(repo.parameters.values())
    for end, number, unit in re.findall(r"(min|max):([\d.]+)([KMBT]?)", wanted):
        limit = float(number) * _SIZES[unit]
        # Of what size nothing is known, the Hub does not list when asked for one.
        if not total or (total < limit if end == "min" else total > limit):
            return False
    return True


def _sibling(repo: Repo, name: str, *, sizes: bool) -> dict[str, object]:
    if not sizes:
        return {"rfilename": name}
    size = (repo.folder / name).stat().st_size
    oid, sha256 = repo.digests(name)
    told = {"rfilename": name, "size": size, "blobId": oid}
    if not name.endswith(LARGE):
        return told
    return {**told, "lfs": {"sha256": sha256, "size": size, "pointerSize": 135}}


def _tree_entry(repo: Repo, name: str) -> dict[str, object]:
    path = repo.folder / name
    if path.is_dir():
        return {"type": "directory", "path": name, "size": 0, "oid": "0" * 40}
    size = path.stat().st_size
    oid, sha256 = repo.digests(name)
    told = {"type": "file", "path": name, "size": size, "oid": oid}
    if not name.endswith(LARGE):
        return told
    return {**told, "lfs": {"oid": sha256, "size": size, "pointerSize": 135}}


def _moment(value: object) -> str:
    return value.strftime("%Y-%m-%dT%H:%M:%S.000Z")  # type: ignore[attr-defined]


def _one(asked: Asked, name: str) -> str:
    return asked.get(name, ("",))[0]


def _is_true(asked: Asked, name: str) -> bool:
    return _one(asked, name).lower() in {"true", "1"}


def _position(cursor: str) -> int:
    return int(base64.urlsafe_b64decode(cursor)) if cursor else 0


def _next_query(asked: Asked, end: int) -> str:
    cursor = base64.urlsafe_b64encode(str(end).encode()).decode()
    return urlencode({**asked, "cursor": [cursor]}, doseq=True)
