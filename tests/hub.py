"""A Hub on loopback: as much of its API as Bokeru needs of it (huggingface.co/docs/hub/api).

How files are served is told by docs/source/en/guides/download.md of huggingface_hub and by its
`get_hf_file_metadata`: the commit, the name and the size of a content stand in headers, and a large file lies
elsewhere, under its SHA-256.
"""

import base64
import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

TOKEN = "hf_testing"
LARGE = (".parquet", ".safetensors")
"""How the names of files end that lie elsewhere than the small ones."""


@dataclass
class Hub:
    """What it holds: `private` by repository, `files` by path; `refuses` is a status for every request.

    `refuses_uploads` is one for large files. `kinds` are those of the repositories that were made, `asked`
    the files that were asked for; `instead` are contents that it gives in the place of those that it lists.
    """

    port: int = 0
    refuses: int = 0
    refuses_uploads: int = 0
    private: dict[str, bool] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    objects: dict[str, bytes] = field(default_factory=dict)
    kinds: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    instead: dict[str, bytes] = field(default_factory=dict)

    @property
    def commit(self) -> str:
        """The name of the newest commit: another one for other files."""
        return hashlib.sha1(repr(sorted(self.files.items())).encode()).hexdigest()

    @property
    def endpoint(self) -> str:
        """Its address, as HF_ENDPOINT has it."""
        return f"http://127.0.0.1:{self.port}"

    def answer(self, method: str, path: str, body: bytes) -> tuple[int, Any]:
        """Return status and JSON of an answer."""
        if path == "/api/repos/create":
            return self._create(json.loads(body))
        if path == "/api/validate-yaml":
            return 200, {"errors": [], "warnings": []}
        if path.startswith("/objects/"):
            if self.refuses_uploads:
                return self.refuses_uploads, {"error": "no"}
            self.objects[path.rpartition("/")[2]] = body
            return 200, {}
        if path.endswith("/preupload/main"):
            names = [file["path"] for file in json.loads(body)["files"]]
            return 200, {"files": [self._mode(name) for name in names]}
        if path.endswith("/info/lfs/objects/batch"):
            wanted = json.loads(body)["objects"]
            return 200, {"transfer": "basic", "objects": [self._upload(one) for one in wanted]}
        if path.endswith("/commit/main"):
            return self._commit(body)
        name = path.removeprefix("/api/datasets/").removeprefix("/api/models/")
        if method == "GET" and name.count("/") == 1:
            if name not in self.private:
                return 404, {"error": "Repository not found"}
            return 200, {"id": name, "sha": self.commit, "private": self.private[name]}
        if method == "GET" and "/tree/" in name:
            return 200, [self._listed(file) for file in self.files]
        if method == "GET" and "/revision/" in name:
            siblings = [self._sibling(file) for file in self.files]
            return 200, {"id": name.split("/revision")[0], "sha": self.commit, "siblings": siblings}
        return 404, {"error": f"{method} {path}"}

    def _create(self, wanted: dict[str, Any]) -> tuple[int, Any]:
        name = f"{wanted.get('organization') or 'reader'}/{wanted['name']}"
        kind = wanted.get("type") or "model"
        folder = "datasets/" if kind == "dataset" else ""
        address = {"url": f"{self.endpoint}/{folder}{name}", "name": name}
        if name in self.private:
            return 409, {"error": f"You already created this {kind} repo", **address}
        self.kinds.append(kind)
        private = wanted.get("private") or wanted.get("visibility") == "private"
        self.private[name] = bool(private)
        return 200, address

    def _mode(self, name: str) -> dict[str, object]:
        mode = "lfs" if name.endswith(LARGE) else "regular"
        return {"path": name, "uploadMode": mode, "shouldIgnore": False}

    def _sibling(self, name: str) -> dict[str, object]:
        content = self.files[name]
        blob = hashlib.sha1(f"blob {len(content)}\0".encode() + content).hexdigest()
        told: dict[str, object] = {"rfilename": name, "size": len(content), "blobId": blob}
        if name.endswith(LARGE):
            sha256 = hashlib.sha256(content).hexdigest()
            told["lfs"] = {"sha256": sha256, "size": len(content), "pointerSize": 130}
        return told

    def file(self, path: str) -> tuple[int, dict[str, str], bytes]:
        """Return status, headers and content of an answer to `/owner/name/resolve/<commit>/<file>`."""
        name = path.split("/", 5)[5]
        self.asked.append(name)
        told, content = self._sibling(name), self.instead.get(name, self.files[name])
        headers = {"X-Repo-Commit": self.commit, "ETag": f'"{told["blobId"]}"'}
        if not name.endswith(LARGE):
            return 200, headers, content
        sha256 = hashlib.sha256(self.files[name]).hexdigest()
        self.objects[sha256] = content
        linked = {"X-Linked-ETag": f'"{sha256}"', "X-Linked-Size": str(len(content))}
        elsewhere = f"http://localhost:{self.port}/objects/{sha256}"  # to the client another host
        return 302, {**headers, **linked, "Location": elsewhere}, b""

    def _listed(self, name: str) -> dict[str, object]:
        oid = hashlib.sha1(self.files[name]).hexdigest()
        return {"type": "file", "path": name, "size": len(self.files[name]), "oid": oid}

    def _upload(self, wanted: dict[str, Any]) -> dict[str, object]:
        href = f"{self.endpoint}/objects/{wanted['oid']}"
        return {**wanted, "actions": {"upload": {"href": href}}}

    def _commit(self, body: bytes) -> tuple[int, Any]:
        for line in map(json.loads, body.splitlines()):
            value = line["value"]
            if line["key"] == "file":
                self.files[value["path"]] = base64.b64decode(value["content"])
            elif line["key"] == "lfsFile":
                self.files[value["path"]] = self.objects[value["oid"]]
            elif line["key"] == "deletedFile":
                del self.files[value["path"]]
        commit = {"commitUrl": f"{self.endpoint}/datasets/reader/jokes/commit/{self.commit}"}
        return 200, {"success": True, "commitOid": self.commit, **commit}


@contextmanager
def serving() -> Iterator[Hub]:
    """Serve a Hub without repositories for as long as the block lasts."""
    hub = Hub()

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            path = self.path.split("?")[0]
            known = self.headers.get("Authorization") == f"Bearer {TOKEN}" or path.startswith("/objects/")
            refused = hub.refuses or (0 if known else 401)
            headers = {"Content-Type": "application/json"}
            if not refused and "/resolve/" in path:
                status, headers, content = hub.file(path)
            elif not refused and self.command == "GET" and path.startswith("/objects/"):
                status, content = 200, hub.objects[path.rpartition("/")[2]]
            else:
                status, value = (
                    (refused, {"error": "no"}) if refused else hub.answer(self.command, path, body)
                )
                content = json.dumps(value).encode()
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)

        do_GET = do_HEAD = do_POST = do_PUT = _answer  # noqa: N815 - http.server looks for these names

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        hub.port = server.server_port
        Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        try:
            yield hub
        finally:
            server.shutdown()
