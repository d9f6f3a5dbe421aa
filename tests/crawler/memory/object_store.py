"""An object store in memory that speaks as much of S3 as pyarrow does."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import md5
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BufferedIOBase, BytesIO
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

TIME = "2026-01-01T00:00:00.000Z"


class ObjectStore(ThreadingHTTPServer):
    """Keeps objects by bucket and key; where `is_broken`, it refuses to take any."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.objects: dict[str, bytes] = {}
        self.is_broken = False

    @property
    def address(self) -> str:
        """The address of a folder in it, for pyarrow."""
        port = self.server_address[1]
        return f"s3://key:secret@bucket/a?region=us-east-1&scheme=http&endpoint_override=127.0.0.1:{port}"

    def files(self) -> dict[str, bytes]:
        """Return what is no folder, by its key."""
        return {key.removeprefix("bucket/"): at for key, at in self.objects.items() if not key.endswith("/")}


class _Handler(BaseHTTPRequestHandler):
    server: ObjectStore
    protocol_version = "HTTP/1.1"

    def _answer(self, status: int, body: str | bytes = b"", **headers: str) -> None:
        body = body.encode() if isinstance(body, str) else body
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _target(self) -> tuple[str, dict[str, str]]:
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
        return unquote(parts.path).lstrip("/"), query

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") == "chunked":
            body = _unchunked(self.rfile)
        else:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        is_chunked = "aws-chunked" in self.headers.get("Content-Encoding", "")
        return _unchunked(BytesIO(body)) if is_chunked else body

    def do_HEAD(self) -> None:
        key, _ = self._target()
        if key == "bucket":
            return self._answer(200)
        found = self.server.objects.get(key)
        if found is None:
            return self._answer(404)
        self._answer(200, found, Last_Modified="Thu, 01 Jan 2026 00:00:00 GMT", ETag=_tag(found))

    def do_GET(self) -> None:
        key, query = self._target()
        if "list-type" in query:
            return self._answer(200, self._listing(query))
        found = self.server.objects.get(key)
        if found is None:
            return self._answer(404)
        if span := re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", "")):
            first, last = int(span[1]), min(int(span[2]), len(found) - 1)
            extent = f"bytes {first}-{last}/{len(found)}"
            return self._answer(206, found[first : last + 1], Content_Range=extent, ETag=_tag(found))
        self._answer(200, found, ETag=_tag(found))

    def _listing(self, query: dict[str, str]) -> str:
        prefix, delimiter = query.get("prefix", ""), query.get("delimiter", "")
        keys = sorted(key.removeprefix("bucket/") for key in self.server.objects)
        entries, folders = "", set()
        for key in (key for key in keys if key.startswith(prefix)):
            inner, mark, _ = key.removeprefix(prefix).partition(delimiter or "\0")
            if mark:
                folders.add(prefix + inner + mark)
            else:
                content = self.server.objects[f"bucket/{key}"]
                entries += (
                    f"<Contents><Key>{escape(key)}</Key><Size>{len(content)}</Size>"
                    f"<LastModified>{TIME}</LastModified></Contents>"
                )
        for folder in sorted(folders):
            entries += f"<CommonPrefixes><Prefix>{escape(folder)}</Prefix></CommonPrefixes>"
        start = "<ListBucketResult><Name>bucket</Name><IsTruncated>false</IsTruncated>"
        return f"{start}{entries}</ListBucketResult>"

    def do_PUT(self) -> None:
        key, query = self._target()
        body = self._body()
        if self.server.is_broken:
            return self._answer(403, "<Error><Code>AccessDenied</Code><Message>read only</Message></Error>")
        if source := self.headers.get("x-amz-copy-source"):
            self.server.objects[key] = self.server.objects[unquote(source).lstrip("/")]
            copied = f"<CopyObjectResult><LastModified>{TIME}</LastModified></CopyObjectResult>"
            return self._answer(200, copied)
        name = f"{key}/{query['partNumber']}.part/" if "partNumber" in query else key
        self.server.objects[name] = body
        self._answer(200, ETag=_tag(body))

    def do_POST(self) -> None:
        key, query = self._target()
        self._body()
        if "uploads" in query:
            return self._answer(
                200, "<InitiateMultipartUploadResult><UploadId>1</UploadId></InitiateMultipartUploadResult>"
            )
        parts = sorted(
            (int(name.split("/")[-2][:-5]), name)
            for name in self.server.objects
            if name.startswith(f"{key}/") and name.endswith(".part/")
        )
        self.server.objects[key] = b"".join(self.server.objects.pop(name) for _, name in parts)
        self._answer(200, "<CompleteMultipartUploadResult/>")

    def do_DELETE(self) -> None:
        self.server.objects.pop(self._target()[0], None)
        self._answer(204)

    def log_message(self, format: str, *arguments: object) -> None:
        """Log nothing."""


def _unchunked(stream: BufferedIOBase) -> bytes:
    """Return the content of chunks, HTTP's or Amazon's, and read what trails behind them."""
    content = b""
    while size := int(stream.readline().partition(b";")[0], 16):
        content += stream.read(size)
        stream.readline()
    while stream.readline().strip():
        pass
    return content


def _tag(content: bytes) -> str:
    return f'"{md5(content, usedforsecurity=False).hexdigest()}"'


@contextmanager
def object_store() -> Iterator[ObjectStore]:
    """Serve an empty store while the block runs."""
    store = ObjectStore()
    threading.Thread(target=store.serve_forever, args=(0.05,), daemon=True).start()
    yield store
    store.shutdown()
    store.server_close()
