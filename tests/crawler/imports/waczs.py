"""WACZ files, written by the specification: https://specs.webrecorder.net/wacz/1.1.1/."""

import hashlib
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def package(files: Mapping[str, bytes], **changed: Mapping[str, object]) -> bytes:
    """Return a datapackage.json that lists files; by their last names, what it says otherwise."""
    resources = [
        {
            "name": name.rpartition("/")[2],
            "path": name,
            "hash": f"sha256:{hashlib.sha256(content).hexdigest()}",
            "bytes": len(content),
            **changed.get(name.rpartition("/")[2].partition(".")[0], {}),
        }
        for name, content in files.items()
    ]
    value: dict[str, Any] = {"profile": "data-package", "wacz_version": "1.1.1", "resources": resources}
    return json.dumps(value).encode()


def contents(warcs: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the files of a WACZ but for its package: the WARC files, an index, a list of pages."""
    return {
        **{f"archive/{name}": content for name, content in warcs.items()},
        "indexes/index.cdx": b'jp,bokete)/odai/1 20240305060708 {"url": "https://bokete.jp/odai/1"}\n',
        "pages/pages.jsonl": b'{"format": "json-pages-1.0", "id": "pages", "title": "All Pages"}\n',
    }


def write(
    path: Path,
    warcs: Mapping[str, bytes],
    *,
    packed: bool = False,
    listed: bytes | None = None,
    vouched: bytes | None = None,
    more: Mapping[str, bytes] | None = None,
) -> Path:
    """Write a WACZ file.

    Args:
        warcs: its WARC files, by name.
        packed: pack all files by deflate, as a careless zip does; the specification stores them.
        listed: its datapackage.json; by default the right one, and none where it is empty.
        vouched: its datapackage-digest.json.
        more: whatever else is in it.
    """
    files = contents(warcs)
    listed = package(files) if listed is None else listed
    files |= {"datapackage.json": listed} if listed else {}
    files |= {"datapackage-digest.json": vouched} if vouched else {}
    compression = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in {**files, **(more or {})}.items():
            archive.writestr(name, content)
    return path
