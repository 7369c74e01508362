"""How the loopback Hub answers: the paths, headers and error codes of huggingface.co."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs, unquote, urlsplit

from tests.loopback_hub import ACCOUNTS, KNOWN, MEMBER, VIEWER, Faults, LoopbackHub, Repo, Seen
from tests.loopback_listing import describe, list_page, tree_page
from tests.loopback_repo import LARGE
from tests.loopback_uploads import take
from tests.loopback_viewer import NoRowsError, viewer_answer

_BLOCK_BYTES = 16 * 1024
_KINDS = r"(?P<kind>model|dataset|space)s"
_ID = r"(?P<id>[^/]+/[^/]+)"
# Where files are, models have no prefix.
_PLACE = rf"/(?:(?P<kind>dataset|space)s/)?{_ID}"
_PAGE = {"offset": "0", "length": "100"}
_WRONG = "Invalid credentials in Authorization header"


class Routes(BaseHTTPRequestHandler):
    """Answers as huggingface.co does; large files come from "another" host, as there."""

    hub: LoopbackHub
    protocol_version = "HTTP/1.1"
    faults = Faults()
    asked: Mapping[str, list[str]]
    body: bytes

    def do_GET(self) -> None:
        # Read before anything is answered: what is left of it would be taken for the next request.
        self.body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        address = urlsplit(self.path)
        path = unquote(address.path)
        self.hub.seen.append(Seen(self.command, path, {**self.headers}, address.query))
        self.asked = parse_qs(address.query)
        faults = self.faults = self.hub.fault_at(path)
        self.hub.closing.wait(faults.slow_s)
        if faults.silent:
            self.hub.closing.wait()
            self.close_connection = True
        elif faults.status:
            self._refuse(faults.status)
        elif faults.body is not None:
            is_page = faults.body.startswith(b"<")
            self._send(faults.body, kind="text/html" if is_page else "application/json")
        elif self._bearer not in {"", *KNOWN} and not path.startswith(("/cdn/", "/lfs/")):
            self._refuse(401, message=_WRONG)
        elif self.command in {"POST", "PUT"}:
            self._take(path)
        else:
            self._route(path)

    do_HEAD = do_POST = do_PUT = do_GET

    def log_message(self, *_: object) -> None:
        """Say nothing: tests read `seen`."""

    @property
    def _bearer(self) -> str:
        return self.headers.get("Authorization", "").removeprefix("Bearer ").strip()

    def _take(self, path: str) -> None:
        answer = take(self.hub, path, self._bearer, self.body)
        if answer.said is None and answer.status != 200:
            self._refuse(answer.status, answer.code, message=answer.message)
        else:
            self._send_json(answer.said, answer.status, answer.code)

    def _route(self, path: str) -> None:
        if path == "/api/whoami-v2":
            self._send_json({"type": "user", "name": ACCOUNTS.get(self._bearer, "nobody")})
            return
        if found := re.fullmatch(rf"/api/{_KINDS}", path):
            self._send_page(*list_page(self.hub.repos, found[1], self.asked, self.hub.most_listed))
            return
        if path.startswith(f"{VIEWER}/"):
            self._view(path.removeprefix(f"{VIEWER}/"))
            return
        for pattern, answer in (
            (rf"/api/{_KINDS}/{_ID}", self._info),
            (rf"/api/{_KINDS}/{_ID}/revision/(?P<revision>.+)", self._info),
            (rf"/api/{_KINDS}/{_ID}/tree/(?P<revision>[^/]+)(?:/(?P<within>.+))?", self._tree),
            (rf"{_PLACE}/resolve/(?P<revision>[^/]+)/(?P<file>.+)", self._resolve),
            (rf"/cdn{_PLACE}/(?P<revision>[^/]+)/(?P<file>.+)", self._cdn),
        ):
            if found := re.fullmatch(pattern, path):
                parts = found.groupdict()
                signed = path.startswith("/cdn/")
                repo = self._find(parts["kind"] or "model", parts["id"], signed=signed)
                if repo is None:
                    self._refuse(404, "RepoNotFound")
                elif parts.get("revision", repo.branch) not in {repo.branch, repo.commit}:
                    self._refuse(404, "RevisionNotFound")
                elif "file" in parts and parts["file"] not in repo.files:
                    self._refuse(404, "EntryNotFound")
                else:
                    answer(repo, parts.get("file") or parts.get("within") or "")
                return
        self._refuse(404)

    def _find(self, kind: str, id: str, *, signed: bool = False) -> Repo | None:
        # The Hub does not tell a stranger whether a private repository exists; to the host of its
        # large files, which gets no token, the address is permission enough.
        for repo in self.hub.repos:
            owns = self._bearer == MEMBER or ACCOUNTS.get(self._bearer) == id.partition("/")[0]
            if (repo.kind, repo.id) == (kind, id) and (signed or owns or not repo.private):
                return repo
        return None

    def _info(self, repo: Repo, _: str) -> None:
        self._send_json(describe(repo, self.asked))

    def _tree(self, repo: Repo, folder: str) -> None:
        self._send_page(*tree_page(repo, folder, self.asked, self.hub.most_listed))

    def _view(self, question: str) -> None:
        dataset, config, split = (
            self.asked.get(name, [""])[0] for name in ("dataset", "config", "split")
        )
        repo = self._find("dataset", dataset)
        if question not in {"splits", "first-rows", "rows", "is-valid"}:
            self._refuse(404)
        elif repo is None or (repo.gated and self._bearer != MEMBER):
            words = "The dataset does not exist, or is not accessible without authentication."
            self._send_json({"error": words}, 401, "ExternalUnauthenticatedError")
        else:
            try:
                start, length = (int(self.asked.get(n, [d])[0]) for n, d in _PAGE.items())
                self._send_json(viewer_answer(repo, question, config, split, start, length))
            except NoRowsError as error:
                self._send_json({"error": error.words}, error.status, error.code)

    def _resolve(self, repo: Repo, name: str) -> None:
        if repo.gated and self._bearer != MEMBER:
            self._refuse(403 if self._bearer else 401, "GatedRepo")
            return
        oid, sha256 = repo.digests(name)
        headers = {"X-Repo-Commit": repo.commit, "ETag": f'"{oid}"', "Accept-Ranges": "bytes"}
        if name.endswith(LARGE):
            headers["X-Linked-Etag"] = f'"{sha256}"'
            headers["X-Linked-Size"] = str((repo.folder / name).stat().st_size)
            kind = "" if repo.kind == "model" else f"/{repo.kind}s"
            place = f"http://localhost:{self.hub.port}/cdn{kind}/{repo.id}/{repo.commit}/{name}"
            self._send(b"", 302, {**headers, "Location": place})
        else:
            self._send(repo.read(name), headers=headers, kind="text/plain")

    def _cdn(self, repo: Repo, name: str) -> None:
        content = repo.read(name)
        if self.faults.damages:
            content = content[:-1] + bytes([content[-1] ^ 1])
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if asked is None or self.faults.ignores_range:
            self._send(content, cut=True)
            return
        start, last = int(asked[1]), min(int(asked[2] or len(content)), len(content) - 1)
        if start > last:
            self._send(b"", 416, {"Content-Range": f"bytes */{len(content)}"})
            return
        span = f"bytes {start}-{last}/{len(content)}"
        self._send(content[start : last + 1], 206, {"Content-Range": span}, cut=True)

    def _refuse(self, status: int, code: str = "", *, message: str = "") -> None:
        told = {"X-Error-Code": code, "X-Error-Message": message or code}
        if self.faults.retry_after_s is not None:
            told["Retry-After"] = str(self.faults.retry_after_s)
        self._send(b"", status, {name: value for name, value in told.items() if value})

    def _send_page(self, page: list[object], following: str) -> None:
        address = f"{self.hub.url}{urlsplit(self.path).path}?{following}"
        self._send_json(page, headers={"Link": f'<{address}>; rel="next"'} if following else {})

    def _send_json(
        self,
        answer: object,
        status: int = 200,
        code: str = "",
        *,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        told = {**(headers or {}), **({"X-Error-Code": code} if code else {})}
        self._send(json.dumps(answer).encode(), status, told, kind="application/json")

    def _send(
        self,
        body: bytes,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        *,
        kind: str = "application/octet-stream",
        cut: bool = False,
    ) -> None:
        self.send_response(status)
        told = {"Content-Type": kind, **(headers or {}), "Content-Length": str(len(body))}
        for name, value in told.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "HEAD":
            return
        faults = self.faults
        if faults.truncates:
            body = body[: len(body) // 2]
            self.close_connection = True
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
