"""Arrow files, mapped into memory: nothing is read before it is asked for, and processes share pages.

A file's name ends with a part of the sha256 of its bytes. So it never changes under its name, two processes
that make the same one do not get into each other's way, and whoever doubts it can tell.
"""

import hashlib
import re
import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path

import pyarrow as pa

from store.errors import DamagedFile
from store.whole_file import TEMPORARY, publish

SUFFIX = ".arrow"
_DIGITS = 16
_NAMED = re.compile(rf".+-([0-9a-f]{{{_DIGITS}}})\.arrow")
_PIECE = 2**20


def write(directory: Path, name: str, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> Path:
    """Write batches as they come; return the file `<name>-<digits>.arrow`, which appears whole or not at all.

    Raises:
        OSError: from the file system, a full disk or a folder that may not be written to.
    """
    directory.mkdir(parents=True, exist_ok=True)
    temporary = directory / f"{TEMPORARY}{secrets.token_hex(4)}-{name}{SUFFIX}"
    try:
        with pa.OSFile(str(temporary), "wb") as sink, pa.ipc.new_file(sink, schema) as writer:
            for batch in batches:
                writer.write_batch(batch)
        path = directory / f"{name}-{_digits(temporary)}{SUFFIX}"
        publish(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    return path


def mapped(path: Path) -> pa.Table:
    """Return the table in a file; its columns lie in the file, which may be deleted meanwhile.

    Raises:
        FileNotFoundError: nothing has that name.
        DamagedFile: it is no Arrow file.
    """
    try:
        return pa.ipc.open_file(pa.memory_map(str(path))).read_all()
    except FileNotFoundError:
        raise
    except (pa.ArrowException, OSError) as error:
        raise DamagedFile(path, str(error).splitlines()[0].rstrip(".")) from error


def metadata(path: Path) -> Mapping[bytes, bytes]:
    """Return what a file's schema tells of it; the rest is not read.

    Raises:
        DamagedFile: it is no Arrow file.
    """
    try:
        with pa.memory_map(str(path)) as source:
            return dict(pa.ipc.open_file(source).schema.metadata or {})
    except (pa.ArrowException, OSError) as error:
        raise DamagedFile(path, str(error).splitlines()[0].rstrip(".")) from error


def check(path: Path) -> None:
    """Read a file to its end.

    Raises:
        DamagedFile: its bytes are not those that its name tells of.
    """
    named = _NAMED.fullmatch(path.name)
    if named is None or named[1] != _digits(path):
        raise DamagedFile(path, "its bytes are not those that its name tells of")


def _digits(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()[:_DIGITS]
