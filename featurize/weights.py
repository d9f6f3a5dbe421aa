"""The weights file of a setting: made here (`untrained`), fetched (`caffenet`), or the user's own."""

import hashlib
import json
import math
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from featurize.caffe import caffemodel
from featurize.caffe.network import caffenet
from featurize.feeding.saved import DIGEST
from featurize.fetch import CAFFENET, fetch, file_sha1, file_sha256
from featurize.options import is_onnx
from store.errors import DamagedFile, UserError
from store.processes.lock import locked
from store.whole_file import read_object, write_json

SEED = 2016
UNTRAINED = f"untrained-caffenet-{SEED}.caffemodel"
DIGESTS = "digests.json"


def locate(weights: str, directory: Path) -> Path:
    """Return the weights file that `features.weights` names; make or fetch it where it is missing.

    Args:
        weights: `untrained`, `caffenet`, or a path.
        directory: where made and fetched files are kept.

    Raises:
        UserError: there is no such file, or it could not be fetched.
    """
    if weights == "untrained":
        return _untrained(directory / UNTRAINED)
    if weights == "caffenet":
        return fetch(CAFFENET, directory)
    return _own(weights)


def _untrained(path: Path) -> Path:
    if not path.exists():
        with locked(path.parent / ".lock", "is writing the untrained weights", math.inf):
            if not path.exists():  # another process may have written it while this one waited
                print(
                    f"features: writing CaffeNet with untrained weights to {path} (244 MB, once)", flush=True
                )
                caffemodel.write(caffenet(SEED), path)
    return path


def is_own(weights: str) -> bool:
    """Tell whether `features.weights` names a file of the user's, and no network that has a name."""
    return weights not in ("untrained", "caffenet", "random")


def own_file(weights: str) -> Path | None:
    """Return the file of the user's that `features.weights` names; None for what is made or fetched.

    Raises:
        UserError: there is no such file.
    """
    return _own(weights) if is_own(weights) else None


def at_home(weights: str) -> Path:
    """Return the path of a setting, whose `~` is a user's home; as it is where no such home is known."""
    try:
        return Path(weights).expanduser()
    except RuntimeError:
        return Path(weights)


def _own(weights: str) -> Path:
    path = at_home(weights)
    if not path.is_file():
        known = "untrained, caffenet, random, or a path to a .caffemodel or an .onnx"
        raise UserError(f"features.weights is {weights!r}, and there is no such file. It takes: {known}")
    return path


@dataclass(frozen=True)
class Known:
    """What is known of a file of the user's.

    Args:
        digest: its SHA-256, in hex.
        stated: how photos are prepared, by the data layer of a .caffemodel; as `caffemodel.stated`.
        external: the files beside an .onnx that hold its weights, by name.
    """

    digest: str
    stated: Mapping[str, Any]
    external: tuple[str, ...]


def identity(weights: str, directory: Path) -> str:
    """Return what identifies these weights, without hashing an unchanged file again.

    For `untrained` it is the seed, for `caffenet` the published SHA-1. For a path it is the file's SHA-256;
    where weights lie in files beside it, one of all of these. `directory` keeps digests for as long as the
    size and the modification time of a file stay the same.
    """
    if weights in ("untrained", "caffenet"):
        return f"{weights} {SEED}" if weights == "untrained" else CAFFENET.sha1
    path = _own(weights)
    found = known(path, directory)
    if not found.external:
        return found.digest
    if absent := [name for name in found.external if not (path.parent / name).is_file()]:
        raise UserError(
            f"{path} keeps weights in {absent[0]}, which is not beside it. Copy that file there too"
        )
    digests = [[name, known(path.parent / name, directory).digest] for name in found.external]
    return hashlib.sha256(json.dumps([found.digest, digests]).encode()).hexdigest()


def kept_digest(weights: str, directory: Path) -> dict[str, str]:
    """Return what is kept beside vectors of the file that made them; nothing of weights known by name."""
    return {} if own_file(weights) is None else {DIGEST: identity(weights, directory)}


def check_unchanged(weights: str, directory: Path, digest: object) -> None:
    """Raise UserError where the file of the user's is not the one that made vectors.

    Args:
        digest: what was kept of it; None where an earlier version kept nothing.
    """
    if digest is not None and own_file(weights) is not None and identity(weights, directory) != digest:
        raise UserError(
            f"{weights} is not the file that made the vectors: it, or a file of "
            f"its weights, has changed since. Put the earlier one back, or run features and train again"
        )


def known(path: Path, directory: Path) -> Known:
    """Return what is known of a file, from `directory` where it is as it was.

    Raises:
        UserError: an .onnx names files outside its folder, or files that are not there.
    """
    name = str(path.resolve())
    state = [path.stat().st_size, path.stat().st_mtime_ns]
    record: list[object] = _digests(directory).get(name, [])
    if record[:2] != state or len(record) < 4:  # earlier versions kept the digest alone
        read = _read(path)  # first: it refuses what would take long to hash
        record = [*state, file_sha256(path), read]
        with suppress(OSError):  # it only saves time: pages are shown of folders that cannot be written, too
            write_json(directory / DIGESTS, _digests(directory) | {name: record})
    digest, said = str(record[2]), cast(dict[str, Any], record[3])
    return Known(digest, said.get("stated", {}), tuple(said.get("external", ())))


def _read(path: Path) -> dict[str, Any]:
    """Return what a file says beside its weights."""
    if not is_onnx(path):
        return {"stated": caffemodel.stated(path)}
    from featurize.backends.onnx_trial import external_files

    return {"external": external_files(path)}


def is_published(path: Path) -> bool:
    """Tell whether a file is one whose preprocessing is known: the published CaffeNet."""
    return CAFFENET.has_size(path.stat().st_size) and file_sha1(path) == CAFFENET.sha1


def _digests(directory: Path) -> dict[str, list[object]]:
    try:
        return read_object(directory / DIGESTS)
    except (OSError, DamagedFile):
        return {}  # it only saves time: missing digests are computed again
