"""A Hub on loopback: as much of its API as `bokeru push` needs (huggingface.co/docs/hub/api)."""

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


@dataclass
class Hub:
    """What it holds: `private` by repository, `files` by path; `refuses` is a status for every request.

    `refuses_uploads` is one for large files.
    """

    port: int = 0
    refuses: int = 0
    refuses_uploads: int = 0
    private: dict[str, bool] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    objects: dict[str, bytes] = field(default_factory=dict)

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
        name = path.removeprefix("/api/datasets/")
        if method == "GET" and name.count("/") == 1:
            return 200, {"id": name, "sha": "0" * 40, "private": self.private[name]}
        if method == "GET" and "/tree/" in name:
            return 200, [self._listed(file) for file in self.files]
        if method == "GET" and "/revision/" in name:
            siblings = [{"rfilename": file} for file in self.files]
            return 200, {"id": name.split("/revision")[0], "sha": "0" * 40, "siblings": siblings}
        return 404, {"error": f"{method} {path}"}

    def _create(self, wanted: dict[str, Any]) -> tuple[int, Any]:
        name = f"{wanted.get('organization') or 'reader'}/{wanted['name']}"
        address = {"url": f"{self.endpoint}/datasets/{name}", "name": name}
        if name in self.private:
            return 409, {"error": "You already created this dataset repo", **address}
        private = wanted.get("private") or wanted.get("visibility") == "private"
        self.private[name] = bool(private)
        return 200, address

    def _mode(self, name: str) -> dict[str, object]:
        mode = "lfs" if name.endswith(".parquet") else "regular"
        return {"path": name, "uploadMode": mode, "shouldIgnore": False}

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
        commit = {"commitUrl": f"{self.endpoint}/datasets/reader/jokes/commit/{'0' * 40}"}
        return 200, {"success": True, "commitOid": "0" * 40, **commit}


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
            status, value = (refused, {"error": "no"}) if refused else hub.answer(self.command, path, body)
            content = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = _answer  # noqa: N815 - http.server looks for these names

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        hub.port = server.server_port
        Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        try:
            yield hub
        finally:
            server.shutdown()
