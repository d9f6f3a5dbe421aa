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

CHUNK = 2**20
TIMEOUT = 60.0


@dataclass(frozen=True)
class KnownWeights:
    """A published weights file.

    Args:
        name: what `features.weights` and `bokeru weights` call it.
        file: its name on disk.
        url: where it is fetched from.
        sha1: of the whole file, in hex.
    """

    name: str
    file: str
    url: str
    sha1: str


CAFFENET = KnownWeights(
    "caffenet",
    "bvlc_reference_caffenet.caffemodel",
    "http://dl.caffe.berkeleyvision.org/bvlc_reference_caffenet.caffemodel",
    "4c8d77deb20ea792f84eb5e6d0a11ca0a8660a46",
)


def fetch(known: KnownWeights, directory: Path) -> Path:
    """Return the path of `known` in `directory`; fetch it, or the rest of it, where it is missing.

    A file that is already there, placed by hand for example, is verified and used.

    Raises:
        DamagedFile: the file that is there is not the published one.
        UserError: it could not be fetched; the message says how to place it by hand.
    """
    path = directory / known.file
    with locked(directory / ".lock", f"is fetching {known.name}", math.inf):
        if path.exists():
            return _checked(path, known)
        part = directory / f"{known.file}.part"
        try:
            _download(known, part)
        except (OSError, http.client.HTTPException) as error:
            if (
                isinstance(error, OSError) and error.errno == errno.ENOSPC
            ):  # a full disk is not the network's fault
                raise
            raise UserError(_by_hand(known, path, error)) from error
        if (found := _sha1(part)) != known.sha1:
            part.unlink()
            raise UserError(
                _by_hand(known, path, ValueError(f"the download has SHA-1 {found}, and was deleted"))
            )
        part.replace(path)
    return path


def _download(known: KnownWeights, part: Path) -> None:
    """Add to `part` what is missing of the file."""
    have = part.stat().st_size if part.exists() else 0
    request = urllib.request.Request(known.url, headers={"Range": f"bytes={have}-"} if have else {})
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
        _copy(answer, file, known, have, total)


def _copy(
    answer: http.client.HTTPResponse, file: BinaryIO, known: KnownWeights, have: int, total: int | None
) -> None:
    with Progress(f"fetching {known.name}", total, "bytes") as progress:
        progress.advance(have)
        while chunk := answer.read(CHUNK):
            file.write(chunk)
            progress.advance(len(chunk))
        if total is not None and progress.done < total:
            raise ConnectionError(f"the connection ended after {progress.done:,} of {total:,} bytes")


def _checked(path: Path, known: KnownWeights) -> Path:
    if (found := _sha1(path)) != known.sha1:
        again = weights_command(path.parent, known.name)
        reason = f"its {path.stat().st_size:,} bytes have SHA-1 {found}, the published file has {known.sha1}"
        raise DamagedFile(path, reason, f"Delete it, then fetch it again: {again}")
    return path


def _sha1(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha1").hexdigest()


def _by_hand(known: KnownWeights, path: Path, error: Exception) -> str:
    """Return the message for a failed download, with the way to place the file by hand."""
    reason = getattr(error, "reason", error)
    return (
        f"{known.name} could not be fetched ({reason}). Run the same command again to resume, or fetch "
        f"{known.url} by hand and place it at {path} (SHA-1 {known.sha1})"
    )
