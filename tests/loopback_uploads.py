"""What the loopback Hub answers to whoever makes a repository and commits to it."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

import yaml

from tests.loopback_hub import ACCOUNTS, READER, LoopbackHub
from tests.loopback_repo import LARGE, Repo

_ID = r"(?P<id>[^/]+/[^/]+)"
_FRONT_MATTER = re.compile(r"\A---\r?\n(.*?)\r?\n---", re.DOTALL)


@dataclass(frozen=True)
class Answer:
    """What is answered: JSON, or a refusal with the Hub's error code and message."""

    said: object = None
    status: int = 200
    code: str = ""
    message: str = ""


def take(hub: LoopbackHub, path: str, bearer: str, body: bytes) -> Answer:
    """Answer what was sent to `path`, and keep it."""
    if found := re.fullmatch(r"/lfs/([0-9a-f]{64})", path):
        # As at the storage host of the Hub: the address is permission enough, and a token is none.
        if bearer or hashlib.sha256(body).hexdigest() != found[1]:
            return Answer(status=403)
        hub.blobs[found[1]] = body
        return Answer()
    if bearer not in ACCOUNTS:
        return Answer(status=401, message="Invalid username or password.")
    if path == "/api/validate-yaml":
        return _validated(json.loads(body))
    if path == "/api/repos/create":
        return _created(hub, bearer, json.loads(body))
    for pattern, answer in (
        (rf"/api/models/{_ID}/preupload/main", _upload_modes),
        (rf"/{_ID}\.git/info/lfs/objects/batch", _batch),
        (rf"/{_ID}\.git/info/lfs/objects/verify", _verified),
        (rf"/api/models/{_ID}/commit/main", _committed),
    ):
        if found := re.fullmatch(pattern, path):
            repo = next((repo for repo in hub.repos if repo.id == found["id"]), None)
            if repo is None:
                return Answer(status=404, code="RepoNotFound")
            if repo.id.partition("/")[0] != ACCOUNTS[bearer] or bearer == READER:
                return Answer(status=403, message="You are not allowed to write here.")
            return answer(hub, repo, body)
    return Answer(status=404)


def _validated(asked: Mapping[str, str]) -> Answer:
    found = _FRONT_MATTER.match(asked["content"])
    try:
        metadata = yaml.safe_load(found[1]) if found else {}
    except yaml.YAMLError as error:
        return Answer({"errors": [{"message": str(error)}], "warnings": []}, 400)
    warned = [] if metadata else [{"message": "empty or missing yaml metadata in repo card"}]
    return Answer({"errors": [], "warnings": warned})


def _created(hub: LoopbackHub, bearer: str, asked: Mapping[str, str]) -> Answer:
    owner = asked.get("organization") or ACCOUNTS[bearer]
    id = f"{owner}/{asked['name']}"
    if hub.uploads is None or bearer == READER or owner != ACCOUNTS[bearer]:
        return Answer(status=403, message=f"You don't have the rights to create {id}")
    with hub.lock:
        if any(repo.id == id for repo in hub.repos):
            return Answer({"error": "You already created this model repo"}, 409)
        folder = hub.uploads / id
        folder.mkdir(parents=True)
        (folder / ".gitattributes").write_text(
            "*.safetensors filter=lfs diff=lfs merge=lfs -text\n"
        )
        hub.repos += (Repo(id, folder, private=asked.get("visibility") == "private"),)
    return Answer({"url": f"{hub.url}/{id}", "name": id})


def _upload_modes(hub: LoopbackHub, repo: Repo, body: bytes) -> Answer:
    files = [
        {
            "path": file["path"],
            "uploadMode": "lfs" if file["path"].endswith(LARGE) else "regular",
            "shouldIgnore": False,
            "oid": None,
        }
        for file in json.loads(body)["files"]
    ]
    return Answer({"files": files, "commitOid": repo.commit})


def _batch(hub: LoopbackHub, repo: Repo, body: bytes) -> Answer:
    asked = json.loads(body)
    if "basic" not in asked["transfers"]:
        return Answer(status=422, message="This Hub takes nothing over Xet.")
    verify = {"href": f"{hub.url}/{repo.id}.git/info/lfs/objects/verify"}
    objects = [
        {
            **wanted,
            "authenticated": True,
            "actions": {
                "upload": {"href": f"http://localhost:{hub.port}/lfs/{wanted['oid']}?sign=secret"},
                "verify": verify,
            },
        }
        for wanted in asked["objects"]
    ]
    return Answer({"transfer": "basic", "objects": objects})


def _verified(hub: LoopbackHub, repo: Repo, body: bytes) -> Answer:
    asked = json.loads(body)
    whole = len(hub.blobs.get(asked["oid"], b"")) == asked["size"]
    return Answer({}) if whole else Answer(status=422, message="The object is not there.")


def _committed(hub: LoopbackHub, repo: Repo, body: bytes) -> Answer:
    for line in body.splitlines():
        entry = json.loads(line)
        value = entry["value"]
        if entry["key"] == "header":
            continue
        content = (
            hub.blobs[value["oid"]]
            if entry["key"] == "lfsFile"
            else base64.b64decode(value["content"])
        )
        place = repo.folder / value["path"]
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
    with hub.lock:
        # Anew, for what it knows of its card is that of before.
        hub.repos = tuple(replace(one) if one is repo else one for one in hub.repos)
    url = f"{hub.url}/{repo.id}/commit/{repo.commit}"
    return Answer({"commitUrl": url, "commitOid": repo.commit, "success": True})
