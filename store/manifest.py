"""Manifests: what a stage was made from and every file of it, so that it knows whether it is up to date."""

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Self

import pyarrow as pa

from store.errors import DamagedFile
from store.whole_file import read_object, write_json

NAME = "manifest.json"
FORMAT = 2
"""Of a manifest that lists every file of its stage; one without a format, as 0.1 wrote it, lists fewer."""
MARK = b"bokeru-manifest"
"""In the metadata of a shard: the manifest was there before it, so no kill leaves it without one."""
SMALL = 2**20
"""Bytes. A file of up to this is read to tell whether it is still the one that a manifest lists."""


def marked(schema: pa.Schema) -> pa.Schema:
    """Return the schema of shards that are written only where there is a manifest already."""
    return schema.with_metadata({**(schema.metadata or {}), MARK: str(FORMAT).encode()})


def is_marked(schema: pa.Schema) -> bool:
    """Tell whether there was a manifest when a shard with this schema was written."""
    return MARK in (schema.metadata or {})


def fingerprint(*parts: object) -> str:
    """Return 16 hex digits that change when any of `parts` (plain JSON values) changes."""
    return hashlib.sha256(_canonical(parts)).hexdigest()[:16]


def _canonical(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def file_list(paths: Iterable[Path]) -> list[list[object]]:
    """Return name and size of each file: enough to identify shards, as their names are never reused."""
    return sorted([path.name, path.stat().st_size] for path in paths)


@dataclass(frozen=True)
class Entry:
    """A file as a manifest lists it.

    Args:
        name: its path from the stage's directory, with slashes.
        bytes: its size; of a file that may grow, how many of its first bytes are listed.
        sha256: of these bytes.
        rows: of a table.
        may_grow: lines may have been added since: it is a log.
    """

    name: str
    bytes: int
    sha256: str
    rows: int | None = None
    may_grow: bool = False

    @classmethod
    def of(cls, path: Path, name: str, rows: int | None = None, *, may_grow: bool = False) -> Self:
        """Return the entry of a file, which is read to its end."""
        digest, size = hashlib.sha256(), 0
        with path.open("rb") as file:
            while piece := file.read(SMALL):
                digest.update(piece)
                size += len(piece)
        return cls(name, size, digest.hexdigest(), rows, may_grow)

    @classmethod
    def parse(cls, value: Any) -> Self:
        """Return the entry that a manifest holds as a JSON object.

        Raises:
            ValueError: it is none, or names a file outside the stage's directory.
        """
        name, size, sha256 = (value.get(key) for key in ("name", "bytes", "sha256"))
        if not (isinstance(name, str) and isinstance(sha256, str) and type(size) is int):
            raise ValueError(f"{value!r} lists no file")
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts or not path.parts:
            raise ValueError(f"{name!r} is not a file of the stage")
        return cls(name, size, sha256, value.get("rows"), bool(value.get("may_grow")))

    def to_json(self) -> dict[str, object]:
        """Return what the manifest holds."""
        return {name: value for name, value in asdict(self).items() if value not in (None, False)}

    def size_problem(self, directory: Path) -> str | None:
        """Return what is wrong with the file as far as its name and size tell; None where nothing."""
        path = directory / self.name
        if not path.is_file():
            return "is missing, though the manifest lists it"
        size = path.stat().st_size
        if size == self.bytes or (size > self.bytes and self.may_grow):
            return None
        sizes = f"{self.bytes:,} bytes are listed, {size:,} are there"
        return f"is not the file that the manifest lists: {sizes}"

    def problem(self, directory: Path) -> str | None:
        """Return what is wrong with the file in a stage's directory, read to the end; None where nothing."""
        path = directory / self.name
        if not path.is_file():
            return "is missing, though the manifest lists it"
        digest, left = hashlib.sha256(), self.bytes
        with path.open("rb") as file:
            while piece := file.read(min(SMALL, left)):
                digest.update(piece)
                left -= len(piece)
            is_longer = bool(file.read(1)) and not self.may_grow
        if left or is_longer:
            sizes = f"{self.bytes:,} bytes are listed, {path.stat().st_size:,} are there"
            return f"is not the file that the manifest lists: {sizes}"
        if digest.hexdigest() != self.sha256:
            return "is not the file that the manifest lists: its sha256 differs"
        return None

    def is_likely(self, directory: Path, since: int) -> bool:
        """Tell whether the file seems to be the one that is listed; a large one that is old is not read.

        Args:
            since: when the manifest was written, in nanoseconds. What was written later is read.
        """
        try:
            found = (directory / self.name).stat()
        except OSError:
            return False
        if found.st_size < self.bytes or (found.st_size > self.bytes and not self.may_grow):
            return False
        must_read = found.st_size <= SMALL or found.st_mtime_ns > since
        return not (must_read and self.problem(directory))


def write_manifest(
    directory: Path, stage: str, fingerprint: str | None, files: Iterable[Entry] = (), /, **figures: object
) -> None:
    """Write the manifest, last of all files in a stage's directory: if it exists, the stage is complete.

    Args:
        fingerprint: of what the stage was made from; None for one that is made from outside.
        files: every file of it.
        figures: whatever else is told of the stage.
    """
    made_from = {} if fingerprint is None else {"fingerprint": fingerprint}
    _write(directory, {"stage": stage, "format": FORMAT, **made_from, **figures}, files)


def relist(
    directory: Path, manifest: Mapping[str, object], files: Iterable[Entry], *, keeps_time: bool = False
) -> None:
    """Write a manifest again with another list of files.

    Args:
        keeps_time: its time stays, which says when the stage was completed.
    """
    since = (directory / NAME).stat()
    # One that somebody edited shall not look as if nobody had.
    _write(directory, manifest, files, None if is_as_written(manifest) else manifest.get("digest"))
    if keeps_time:
        os.utime(directory / NAME, ns=(since.st_atime_ns, since.st_mtime_ns))


def _write(
    directory: Path, manifest: Mapping[str, object], files: Iterable[Entry], digest: object = None
) -> None:
    kept = {name: value for name, value in manifest.items() if name not in ("files", "digest")}
    listed = [entry.to_json() for entry in sorted(files, key=lambda entry: entry.name)]
    value = {**kept, "files": listed}
    write_json(directory / NAME, {**value, "digest": digest or fingerprint(value)})


def read_manifest(directory: Path) -> Mapping[str, object] | None:
    """Return the manifest of a stage's directory; None if the stage was not completed.

    Raises:
        DamagedFile: it is not a manifest.
    """
    path = directory / NAME
    try:
        manifest = read_object(path)
    except FileNotFoundError:
        return None
    if not isinstance(manifest.get("fingerprint"), str) and manifest.get("stage") != "crawl":
        raise DamagedFile(path, "it has no fingerprint")
    return manifest


def is_of_0_1(manifest: Mapping[str, object]) -> bool:
    """Tell whether a manifest was written by 0.1, which listed a dataset's shards and no other file."""
    return "format" not in manifest and manifest.get("stage") in ("dataset", "train")


def is_as_written(manifest: Mapping[str, object]) -> bool:
    """Tell whether nothing in a manifest was edited since it was written; of 0.1's nobody can tell."""
    content = {name: value for name, value in manifest.items() if name != "digest"}
    return is_of_0_1(manifest) or manifest.get("digest") == fingerprint(content)


def listed(directory: Path, manifest: Mapping[str, object]) -> dict[str, Entry]:
    """Return the files that the manifest in `directory` lists, by name; none where it is 0.1's of a run.

    Raises:
        DamagedFile: it does not list files.
    """
    files: Any = manifest.get("files", [] if is_of_0_1(manifest) else None)
    try:
        return {entry.name: entry for entry in map(Entry.parse, files)}
    except (AttributeError, TypeError, ValueError) as error:
        raise DamagedFile(directory / NAME, f"it does not list the stage's files ({error})") from error


def changed(directory: Path) -> list[str]:
    """Return the names of the listed files that are missing or seem to be others, or the manifest's own name.

    Sizes are compared; files that are small, or newer than the manifest, are read. `bokeru verify` reads all.
    """
    try:
        manifest = read_manifest(directory)
        if manifest is None or not is_as_written(manifest):
            return [NAME]
        since = (directory / NAME).stat().st_mtime_ns
        entries = listed(directory, manifest).values()
        return [entry.name for entry in entries if not entry.is_likely(directory, since)]
    except (DamagedFile, OSError):
        return [NAME]


def is_fresh(directory: Path, fingerprint: str) -> bool:
    """Tell whether the stage in `directory` was completed from these inputs and settings, and is intact."""
    if changed(directory):
        return False
    manifest = read_manifest(directory)
    return manifest is not None and manifest.get("fingerprint") == fingerprint
