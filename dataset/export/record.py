"""Where a pipeline's dataset was exported to: so that what is forgotten can be followed there."""

from collections.abc import Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from dataset import read
from store.errors import DamagedFile
from store.whole_file import write_whole

NAME = "exports.json"


class Export(BaseModel):
    """One export: `fingerprint` is that of the dataset it was made from; `directory` is absolute."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    directory: Path
    format: str
    splits: tuple[str, ...]
    fingerprint: str


class _Exports(BaseModel):
    model_config = ConfigDict(extra="forbid")
    exports: list[Export] = []


def note(dataset: Path, directory: Path, format: str, splits: Sequence[str]) -> None:
    """Write down that `dataset`, as it is now, goes to `directory`: before it does, to miss none."""
    fingerprint = str(read.manifest(dataset)["fingerprint"])
    new = Export(directory=directory.resolve(), format=format, splits=tuple(splits), fingerprint=fingerprint)
    others = [one for one in _load(dataset.parent).exports if one.directory != new.directory]
    text = _Exports(exports=[*others, new]).model_dump_json(indent=1)
    write_whole(dataset.parent / NAME, text + "\n")


def outdated(dataset: Path) -> list[Export]:
    """Return the exports that are still there and were made from another version of `dataset`."""
    now = read.manifest(dataset)["fingerprint"] if read.is_complete(dataset) else None
    exports = _load(dataset.parent).exports
    return [one for one in exports if one.fingerprint != now and one.directory.exists()]


def _load(pipeline: Path) -> _Exports:
    path = pipeline / NAME
    try:
        return _Exports.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return _Exports()
    except ValidationError as error:
        remedy = "Delete it, and delete or export again what was exported."
        raise DamagedFile(path, f"no list of exports ({error.error_count()} errors)", remedy) from None
