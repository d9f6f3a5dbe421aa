"""Files that appear whole or not at all: written under a temporary name, fsynced, then renamed."""

import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

TEMPORARY = ".tmp-"


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; when the block ends well, rename it to `path`.

    The file and its folder are fsynced before and after the rename, so a file that exists under its own
    name is whole even after a power cut. When the block raises, the temporary file is removed and
    whatever stood at `path` stays as it was.

    Raises:
        OSError: from the file system, a full disk for example; nothing appears at `path`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{TEMPORARY}{secrets.token_hex(4)}-{path.name}")
    try:
        yield temporary
        _fsync(temporary)  # before the rename: else a power cut may leave the name without the content
        temporary.replace(path)
        _fsync(path.parent)  # after it: else the rename itself may be lost
    finally:
        temporary.unlink(missing_ok=True)


def write_whole(path: Path, content: str | bytes) -> None:
    """Write `content` (text as UTF-8) to `path` in one step; see `whole_file`."""
    with whole_file(path) as temporary:
        temporary.write_bytes(content.encode() if isinstance(content, str) else content)


def write_json(path: Path, value: object) -> None:
    """Write `value` as indented UTF-8 JSON to `path` in one step; see `whole_file`."""
    write_whole(path, json.dumps(value, ensure_ascii=False, indent=1) + "\n")


def remove_leftovers(directory: Path) -> None:
    """Delete the temporary files that killed writers left in `directory`."""
    for leftover in directory.glob(f"{TEMPORARY}*"):
        leftover.unlink(missing_ok=True)


def _fsync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
