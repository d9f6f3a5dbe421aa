"""Fetch published weights: with a progress bar, resuming after an interruption, verified by SHA-1."""

import errno
import hashlib
import http.client
import math
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from store.errors import DamagedFile, UserError
from store.place import weights_command
from store.processes.lock import locked
from store.progress import Progress
from store.whole_file import write_whole

CHUNK = 2**20
TIMEOUT = 60.0
SLACK = 2**20
"""A .caffemodel is its weights, and some thousand bytes that describe the network."""


@dataclass(frozen=True)
class KnownWeights:
    """A published weights file.

    Args:
        name: what `features.weights` and `bokeru weights` call it.
        file: its name on disk.
        url: where it is fetched from.
        sha1: of the whole file, in hex.
        least: the bytes of its weights, if known; the file has at most `SLACK` more.
    """

    name: str
    file: str
    url: str
    sha1: str
    least: int | None = None

    def has_size(self, size: int) -> bool:
        """Tell whether a file of so many bytes can be the published one."""
        return self.least is None or self.least <= size <= self.least + SLACK


CAFFENET = KnownWeights(
    "caffenet",
    "bvlc_reference_caffenet.caffemodel",
    "http://dl.caffe.berkeleyvision.org/bvlc_reference_caffenet.caffemodel",
    "4c8d77deb20ea792f84eb5e6d0a11ca0a8660a46",
    4 * 60_965_224,  # float32; 243.9 MB
)


def fetch(known: KnownWeights, directory: Path, mirror: str | None = None) -> Path:
    """Return the path of `known` in `directory`; fetch it, or the rest of it, where it is missing.

    A file that is already there, placed by hand for example, is verified and used. The SHA-256 of the first
    that has the published SHA-1 is kept beside it: SHA-1 alone no longer tells one file from another.

    Args:
        mirror: another address of the same file.

    Raises:
        DamagedFile: the file that is there is not the published one, or not the one that was there first.
        UserError: it could not be fetched; the message says how to place it by hand.
    """
    path = directory / known.file
    with locked(directory / ".lock", f"is fetching {known.name}", math.inf):
        if path.exists():
            return _checked(path, known)
        part = directory / f"{known.file}.part"
        try:
            _download(known, part, mirror or known.url)
        except (OSError, ValueError, http.client.HTTPException) as error:
            if (
                isinstance(error, OSError) and error.errno == errno.ENOSPC
            ):  # a full disk is not the network's fault
                raise
            raise UserError(_by_hand(known, path, error)) from error
        if (found := file_sha1(part)) != known.sha1:
            part.unlink()
            raise UserError(
                _by_hand(known, path, ValueError(f"the download has SHA-1 {found}, and was deleted"))
            )
        if (digest := file_sha256(part)) != (first := _first_digest(path) or digest):
            part.unlink()
            reason = f"the download has SHA-256 {digest}, the first one had {first}; it was deleted"
            raise UserError(_by_hand(known, path, ValueError(reason)))
        _keep_digest(path, digest)
        part.replace(path)
    return path


def _digest_file(path: Path) -> Path:
    return path.with_name(f"{path.name}.sha256")


def _first_digest(path: Path) -> str | None:
    """Return the SHA-256 of the first file of this name that was the published one, as sha256sum writes
    it."""
    try:
        return _digest_file(path).read_text(encoding="utf-8").split()[0]
    except (OSError, ValueError, IndexError):
        return None


def _download(known: KnownWeights, part: Path, url: str) -> None:
    """Add to `part` what is missing of the file."""
    have = part.stat().st_size if part.exists() else 0
    request = urllib.request.Request(url, headers={"Range": f"bytes={have}-"} if have else {})
    try:
        answer = urllib.request.urlopen(request, timeout=TIMEOUT)
    except urllib.error.HTTPError as error:
        if error.code == 416:  # Range Not Satisfiable: the whole file is here already
            return
        raise
    with answer, part.open("ab") as file:
        if answer.status != 206:  # the server ignores Range and sends the file from its start
            have = 0
            file.truncate(0)
        expected = answer.headers.get("Content-Length")
        total = have + int(expected) if expected else None
        if total is not None and not known.has_size(total):
            least = known.least or 0
            raise ValueError(f"there are {total:,} bytes, the file has {least:,} or a little more")
        _copy(answer, file, known, have, total)


def _copy(
    answer: http.client.HTTPResponse, file: BinaryIO, known: KnownWeights, have: int, total: int | None
) -> None:
    with Progress(f"fetching {known.name}", total, "bytes") as progress:
        progress.advance(have)
        while chunk := answer.read(CHUNK):
            file.write(chunk)
            progress.advance(len(chunk))
            if known.least and progress.done > known.least + SLACK:  # no length was said beforehand
                file.truncate(0)  # it is another file, which nothing can be added to
                raise ValueError(f"more than {progress.done:,} bytes come, the file has {known.least:,}")
        if total is not None and progress.done < total:
            raise ConnectionError(f"the connection ended after {progress.done:,} of {total:,} bytes")


def _checked(path: Path, known: KnownWeights) -> Path:
    """Return a file that is there, if it is the published one and the one that was there first."""
    size, reason, digest = path.stat().st_size, "", ""
    if not known.has_size(size):
        reason = f"it has {size:,} bytes, the published file {known.least:,} or a little more"
    elif (found := file_sha1(path)) != known.sha1:
        reason = f"its {size:,} bytes have SHA-1 {found}, the published file has {known.sha1}"
    elif (digest := file_sha256(path)) != (first := _first_digest(path) or digest):
        reason = f"it has SHA-256 {digest}, the first file with the published SHA-1 had {first}"
    if reason:
        again = weights_command(path.parent, known.name)
        raise DamagedFile(path, reason, f"Delete it, then fetch it again: {again}")
    if _first_digest(path) is None:
        _keep_digest(path, digest)
    return path


def _keep_digest(path: Path, digest: str) -> None:
    write_whole(_digest_file(path), f"{digest}  {path.name}\n")


def file_sha1(path: Path) -> str:
    """Return the SHA-1 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha1").hexdigest()


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _by_hand(known: KnownWeights, path: Path, error: Exception) -> str:
    """Return the message for a failed download, with the way to place the file by hand."""
    reason = getattr(error, "reason", error)
    return (
        f"{known.name} could not be fetched ({reason}). Run the same command again to resume, name a mirror "
        f"({weights_command(path.parent, known.name)} --mirror ADDRESS), or fetch {known.url} by hand and "
        f"place it at {path} (SHA-1 {known.sha1})"
    )
