"""What forgotten content looks like in files: as bytes, in archives, in the spellings of formats."""

import csv
import gzip
import hashlib
import html
import io
import json
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote

import pyarrow as pa

from store.forget.content import Content
from store.forget.values import WORDS

_PIECE = 2**22
_LONGEST = 2**17
"""Bytes. No spelling of a caption is longer than that."""
_BROKEN = (
    OSError,
    EOFError,
    zlib.error,
    tarfile.TarError,
    zipfile.BadZipFile,
    RuntimeError,
    NotImplementedError,
)
"""What readers of archives raise at damaged or locked ones, which are searched as far as that goes."""


class Needles:
    """The bytes to look for; made once for a search of many files."""

    def __init__(self, content: Content) -> None:
        self._content = content
        phrases = content.phrases | {" ".join(text.split()) for text in content.phrases}  # on one line, too
        texts = {spelling for text in phrases for spelling in _spellings(text)}
        hashes = {spelling.encode() for sha256 in content.digests for spelling in (sha256, sha256.upper())}
        self._needles = sorted(texts | hashes | {bytes.fromhex(sha256) for sha256 in content.digests})

    def is_photo(self, content: bytes | pa.Buffer) -> bool:
        """Tell whether these are the bytes of a forgotten photo."""
        return bool(self._content.digests) and hashlib.sha256(content).hexdigest() in self._content.digests

    def are_in(self, path: Path) -> bool:
        """Tell whether a file holds any, in the archive that it may be, or as a value of JSON."""
        with path.open("rb") as file:
            if self._stream_holds(file):
                return True
        if any(value in self._content.texts or value in self._content.digests for value in _strings(path)):
            return True
        return any(self._stream_holds(stream) for stream in _unpacked(path))

    def _stream_holds(self, stream: IO[bytes] | gzip.GzipFile) -> bool:
        """Tell it of a stream, a piece at a time: it may be large."""
        before, digest = b"", hashlib.sha256()
        try:
            while piece := stream.read(_PIECE):
                digest.update(piece)
                found = before + piece
                if any(needle in found for needle in self._needles):
                    return True
                before = found[-_LONGEST:]
        except _BROKEN:
            return False
        return digest.hexdigest() in self._content.digests


def _spellings(text: str) -> Iterator[bytes]:
    """Yield a text as files may hold it: plain, in HTML, JSON, CSV, an address, in other encodings."""
    row = io.StringIO()
    csv.writer(row).writerow([text])
    escaped = (
        html.escape(text),
        html.escape(text).replace("&#x27;", "&#39;"),
        quote(text),
        row.getvalue().strip(),
    )
    for spelling in (text, *escaped, json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1]):
        yield spelling.encode(errors="surrogatepass")
    for encoding in ("utf-16-le", "utf-16-be", "cp932", "euc_jp"):
        yield text.encode(encoding, "ignore") if encoding.startswith("utf") else _encoded(text, encoding)


def _encoded(text: str, encoding: str) -> bytes:
    try:
        return text.encode(encoding)
    except UnicodeEncodeError:
        return text.encode(errors="surrogatepass")


def _unpacked(path: Path) -> Iterator[IO[bytes] | gzip.GzipFile]:
    """Yield what a gzip, zip or tar file holds; nothing for any other file."""
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                for name in archive.namelist():
                    yield io.BytesIO(name.encode(errors="surrogatepass"))
                    yield archive.open(name)
        elif path.suffix in (".gz", ".tgz"):
            with gzip.open(path) as file:
                yield file
        if path.suffix in (".tar", ".tgz") or path.name.endswith(".tar.gz"):
            with tarfile.open(path) as archive:
                yield from (inner for member in archive if (inner := archive.extractfile(member)))
    except _BROKEN:
        return


def _strings(path: Path) -> Iterator[str]:
    """Yield the strings in a JSON or JSON-lines file that may be captions; none of other files."""
    if path.suffix not in (".json", ".jsonl"):
        return
    text = path.read_text(encoding="utf-8", errors="replace")
    for part in text.split("\n") if path.suffix == ".jsonl" else [text]:
        try:
            yield from _strings_in(json.loads(part))
        except (ValueError, RecursionError):
            continue


def _strings_in(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from value
        for key, inner in value.items():
            if key not in WORDS:
                yield from _strings_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings_in(inner)
