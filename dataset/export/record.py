"""Where a pipeline's dataset and models went, so that `bokeru forget` can follow content there."""

from collections.abc import Collection, Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from dataset import read
from store.errors import DamagedFile
from store.register.sealed import Sealed
from store.whole_file import read_whole, write_whole

NAME = "exports.json"
REMEDY = "Delete it, and delete or export again what was exported."


class Export(BaseModel):
    """One export: `fingerprint` is that of the dataset it was made from; `directory` is absolute."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    directory: Path
    format: str
    splits: tuple[str, ...]
    fingerprint: str


class Exports(Sealed):
    """The exports of a pipeline, as exports.json holds them."""

    model_config = ConfigDict(extra="forbid")
    exports: list[Export] = Field(default_factory=list)
    pushed: dict[str, str] = Field(default_factory=dict)
    """Repositories of the Hub, each with the fingerprint of the dataset that it has."""
    models: dict[str, list[str]] = Field(default_factory=dict)
    """Repositories of the Hub, each with the names of the runs whose models it has, or had."""


def record(dataset: Path, directory: Path, format: str, splits: Sequence[str]) -> None:
    """Record that `dataset`, as it is now, goes to `directory`; called before anything is written there."""
    fingerprint = str(read.manifest(dataset)["fingerprint"])
    new = Export(directory=directory.resolve(), format=format, splits=tuple(splits), fingerprint=fingerprint)
    before = read_exports(dataset.parent)
    others = [export for export in before.exports if export.directory != new.directory]
    _write(dataset.parent, before, exports=[*others, new])


def is_recorded(dataset: Path, directory: Path) -> bool:
    """Tell whether `dataset` was exported to `directory`."""
    exports = read_exports(dataset.parent).exports
    return any(export.directory == directory.resolve() for export in exports)


def record_push(dataset: Path, repository: str) -> None:
    """Record that `dataset`, as it is now, goes to a repository; called before anything is sent."""
    before, fingerprint = read_exports(dataset.parent), str(read.manifest(dataset)["fingerprint"])
    _write(dataset.parent, before, pushed={**before.pushed, repository: fingerprint})


def record_model(pipeline: Path, repository: str, run: str) -> None:
    """Record that a run's model goes to a repository; called before anything is sent.

    Args:
        pipeline: the directory data/<pipeline>.
        run: its name.
    """
    before = read_exports(pipeline)
    runs = sorted({*before.models.get(repository, ()), run})
    _write(pipeline, before, models={**before.models, repository: runs})


def pushed_models(pipeline: Path, runs: Collection[str]) -> list[str]:
    """Return the repositories that hold the model of one of these runs."""
    pushed = read_exports(pipeline).models
    return [repository for repository, names in pushed.items() if not {*names}.isdisjoint(runs)]


def _write(pipeline: Path, before: Exports, **changed: object) -> None:
    write_whole(pipeline / NAME, before.model_copy(update=changed).sealed())


def outdated_pushes(dataset: Path) -> list[str]:
    """Return the repositories that hold another version of `dataset`, and keep it in their history."""
    current = read.manifest(dataset)["fingerprint"] if read.is_complete(dataset) else None
    pushed = read_exports(dataset.parent).pushed
    return [repository for repository, fingerprint in pushed.items() if fingerprint != current]


def outdated(dataset: Path) -> list[Export]:
    """Return the exports that are still there and were made from another version of `dataset`."""
    current = read.manifest(dataset)["fingerprint"] if read.is_complete(dataset) else None
    exports = read_exports(dataset.parent).exports
    return [export for export in exports if export.fingerprint != current and export.directory.exists()]


def read_exports(pipeline: Path) -> Exports:
    """Return where the dataset of the pipeline in the directory data/<pipeline> was exported to.

    Raises:
        DamagedFile: the list cannot be read; what is in it must be followed, so nothing may go on without.
    """
    path = pipeline / NAME
    try:
        return Exports.model_validate_json(read_whole(path, REMEDY)).opened(path, REMEDY)
    except FileNotFoundError:
        return Exports()
    except ValidationError as error:
        raise DamagedFile(path, f"not a list of exports ({error.error_count()} errors)", REMEDY) from None
