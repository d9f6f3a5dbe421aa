"""The weights file of a setting: made here (`untrained`), fetched (`caffenet`), or the user's own."""

import hashlib
import math
from pathlib import Path

from featurize.caffe import caffemodel
from featurize.caffe.network import caffenet
from featurize.fetch import CAFFENET, fetch
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


def _own(weights: str) -> Path:
    path = Path(weights).expanduser()
    if not path.is_file():
        known = "untrained, caffenet, or a path to a .caffemodel"
        raise UserError(f"features.weights is {weights!r}, and there is no such file. It takes: {known}")
    return path


def identity(weights: str, directory: Path) -> str:
    """Return what identifies these weights, without hashing an unchanged file again.

    For `untrained` it is the seed, for `caffenet` the published SHA-1. For a path it is the file's SHA-256,
    which `directory` keeps for as long as the file's size and modification time stay the same.
    """
    if weights in ("untrained", "caffenet"):
        return f"{weights} {SEED}" if weights == "untrained" else CAFFENET.sha1
    path = _own(weights).resolve()
    state = [path.stat().st_size, path.stat().st_mtime_ns]
    digests = _digests(directory)
    if digests.get(str(path), [])[:2] != state:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        digests = _digests(directory) | {str(path): [*state, digest]}
        write_json(directory / DIGESTS, digests)
    return str(digests[str(path)][2])


def _digests(directory: Path) -> dict[str, list[object]]:
    try:
        return read_object(directory / DIGESTS)
    except (OSError, DamagedFile):
        return {}  # it only saves time: missing digests are computed again
