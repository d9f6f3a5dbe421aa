"""Files that appear whole or not at all: written under a temporary name, fsynced, then renamed.

Whatever reads one back as something else met damage, and says so (`read_whole`, `read_json`, `read_object`).
"""

import json
import os
import secrets
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from store.errors import DamagedFile

TEMPORARY = ".tmp-"
NO_FILE = "it is no file, but a folder, a pipe or a device"
"""Why a name is not opened: a pipe may never end."""


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
        publish(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def publish(temporary: Path, path: Path) -> None:
    """Give a file that is written and closed its name, in the same folder, as `whole_file` does."""
    _fsync(temporary)  # before the rename: else a power cut may leave the name without the content
    temporary.replace(path)
    _fsync(path.parent)  # after it: else the rename itself may be lost


def write_whole(path: Path, content: str | bytes) -> None:
    """Write `content` (text as UTF-8) to `path` in one step; see `whole_file`."""
    with whole_file(path) as temporary:
        temporary.write_bytes(content.encode() if isinstance(content, str) else content)


def write_json(path: Path, value: object) -> None:
    """Write `value` as indented UTF-8 JSON to `path` in one step; see `whole_file`."""
    write_whole(path, json.dumps(value, ensure_ascii=False, indent=1) + "\n")


def read_whole(path: Path, remedy: str | None = None) -> bytes:
    """Return the content of a file.

    Args:
        remedy: what the user does where it is damaged; see `DamagedFile`.

    Raises:
        FileNotFoundError: nothing has that name.
        PermissionError: the system refuses.
        DamagedFile: what has that name is no file that can be read: a folder, a link that leads nowhere, a
            pipe, which may never end.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode) and not path.is_dir():
            raise DamagedFile(path, NO_FILE, remedy)
        return path.read_bytes()
    except FileNotFoundError:
        if path.is_symlink():
            raise DamagedFile(path, "it is a link that leads nowhere", remedy) from None
        raise
    except PermissionError:
        raise
    except OSError as error:
        raise DamagedFile(path, f"it cannot be read ({error.strerror})", remedy) from error


def read_json(path: Path, remedy: str | None = None) -> Any:
    """Return the value in a JSON file.

    Raises:
        FileNotFoundError, PermissionError: as `read_whole`.
        DamagedFile: as `read_whole`, or it is not JSON.
    """
    try:
        return json.loads(read_whole(path, remedy))
    except (ValueError, RecursionError) as error:  # a file may nest deeper than Python can follow
        raise DamagedFile(path, f"not JSON ({error})", remedy) from error


def read_object(path: Path, remedy: str | None = None) -> dict[str, Any]:
    """Return the object in a JSON file.

    Raises:
        FileNotFoundError, PermissionError: as `read_whole`.
        DamagedFile: as `read_json`, or it holds another value.
    """
    value = read_json(path, remedy)
    if not isinstance(value, dict):
        raise DamagedFile(path, "not a JSON object", remedy)
    return value


def remove_leftovers(directory: Path, seconds: float = 0.0) -> None:
    """Delete the temporary files that killed writers left in `directory`.

    Args:
        seconds: those that were written to within so many stay, where others may be writing.
    """
    for leftover in directory.glob(f"{TEMPORARY}*"):
        with suppress(FileNotFoundError):
            if not seconds or time.time() - leftover.stat().st_mtime > seconds:
                leftover.unlink()


def _fsync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
