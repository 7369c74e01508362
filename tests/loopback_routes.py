"""How the loopback Hub answers: the paths, headers and error codes of huggingface.co."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from tests.loopback_hub import LoopbackHub, Repo, Seen

_BLOCK_BYTES = 16 * 1024
_LARGE = (".safetensors", ".bin", ".pt", ".gguf")


class Routes(BaseHTTPRequestHandler):
    """Answers as huggingface.co does; large files come from "another" host, as there."""

    hub: LoopbackHub
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path = unquote(urlsplit(self.path).path)
        self.hub.seen.append(Seen(self.command, path, {**self.headers}))
        faults = self.hub.faults
        if faults.silent:
            self.hub.closing.wait()
            self.close_connection = True
        elif faults.status:
            self._refuse(faults.status)
        elif path == "/api/models":
            self._search(parse_qs(urlsplit(self.path).query))
        else:
            self._route(path)

    do_HEAD = do_GET

    def log_message(self, *_: object) -> None:
        """Say nothing: tests read `seen`."""

    def _route(self, path: str) -> None:
        for pattern, answer in (
            (r"/api/models/(?P<id>[^/]+/[^/]+)", self._info),
            (r"/api/models/(?P<id>[^/]+/[^/]+)/revision/(?P<revision>.+)", self._info),
            (r"/api/models/(?P<id>[^/]+/[^/]+)/tree/(?P<revision>[^/]+)", self._tree),
            (r"/(?P<id>[^/]+/[^/]+)/resolve/(?P<revision>[^/]+)/(?P<file>.+)", self._resolve),
            (r"/cdn/(?P<id>[^/]+/[^/]+)/(?P<revision>[^/]+)/(?P<file>.+)", self._cdn),
        ):
            if found := re.fullmatch(pattern, path):
                parts = found.groupdict()
                repo = next((repo for repo in self.hub.repos if repo.id == parts["id"]), None)
                if repo is None:
                    self._refuse(404, "RepoNotFound")
                elif parts.get("revision", repo.branch) not in {repo.branch, repo.commit}:
                    self._refuse(404, "RevisionNotFound")
                elif "file" in parts and parts["file"] not in repo.files:
                    self._refuse(404, "EntryNotFound")
                else:
                    answer(repo, parts.get("file", ""))
                return
        self._refuse(404)

    def _search(self, asked: Mapping[str, list[str]]) -> None:
        tags = set(asked.get("filter", ()))
        found = [repo for repo in self.hub.repos if tags <= set(repo.tags)]
        if asked.get("sort") == ["downloads"]:
            found.sort(key=lambda repo: -repo.downloads)
        listing = [{"id": repo.id, "tags": [*repo.tags]} for repo in found]
        self._send(json.dumps(listing[: int(asked.get("limit", ["1000"])[0])]).encode())

    def _info(self, repo: Repo, _: str) -> None:
        siblings = [
            {"rfilename": name, "size": (repo.folder / name).stat().st_size} for name in repo.files
        ]
        info = {"id": repo.id, "sha": repo.commit, "siblings": siblings, "gated": repo.gated}
        self._send(json.dumps(info).encode())

    def _tree(self, repo: Repo, _: str) -> None:
        listing = [_describe(repo.folder / name, name) for name in repo.files]
        self._send(json.dumps(listing).encode())

    def _resolve(self, repo: Repo, name: str) -> None:
        if repo.gated:
            self._refuse(401, "GatedRepo")
            return
        content = (repo.folder / name).read_bytes()
        headers = {"X-Repo-Commit": repo.commit, "ETag": f'"{_git_oid(content)}"'}
        if name.endswith(_LARGE):
            headers["X-Linked-Etag"] = f'"{hashlib.sha256(content).hexdigest()}"'
            headers["X-Linked-Size"] = str(len(content))
            place = f"http://localhost:{self.hub.port}/cdn/{repo.id}/{repo.commit}/{name}"
            self._send(b"", 302, {**headers, "Location": place})
        else:
            self._send(content, headers=headers)

    def _cdn(self, repo: Repo, name: str) -> None:
        content = (repo.folder / name).read_bytes()
        if self.hub.faults.damages:
            content = content[:-1] + bytes([content[-1] ^ 1])
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        if asked is None or self.hub.faults.ignores_range:
            self._send(content, cut=True)
            return
        start = int(asked[1])
        span = f"bytes {start}-{len(content) - 1}/{len(content)}"
        self._send(content[start:], 206, {"Content-Range": span}, cut=True)

    def _refuse(self, status: int, code: str = "") -> None:
        headers = {"X-Error-Code": code, "X-Error-Message": code} if code else {}
        self._send(b"", status, headers)

    def _send(
        self,
        body: bytes,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        *,
        cut: bool = False,
    ) -> None:
        self.send_response(status)
        for name, value in {**(headers or {}), "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "HEAD":
            return
        faults = self.hub.faults
        if cut and faults.cut_after is not None and self.hub.cuts < faults.cuts:
            self.hub.cuts += 1
            body = body[: faults.cut_after]
            self.close_connection = True
        # A client that stops listening is what some tests are about.
        try:
            for start in range(0, len(body), _BLOCK_BYTES):
                self.wfile.write(body[start : start + _BLOCK_BYTES])
        except OSError:
            self.close_connection = True


def _describe(path: Path, name: str) -> dict[str, object]:
    content = path.read_bytes()
    described = {"type": "file", "path": name, "size": len(content), "oid": _git_oid(content)}
    if not name.endswith(_LARGE):
        return described
    oid = hashlib.sha256(content).hexdigest()
    return {**described, "lfs": {"oid": oid, "size": len(content), "pointerSize": 135}}


def _git_oid(content: bytes) -> str:
    blob = b"blob %d\0" % len(content) + content
    return hashlib.sha1(blob, usedforsecurity=False).hexdigest()
