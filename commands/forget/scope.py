"""Where `bokeru forget` looks: the pipeline, what all share, exports; and what must not run meanwhile."""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from store.errors import DamagedFile
from store.place import SHARED, Place, bokeru
from store.processes.lock import locked
from store.register.kinds import StageName
from store.register.stages import Stage, below

if TYPE_CHECKING:
    from store.forget.content import Content, Request
    from store.forget.facts import Facts
    from store.forget.protocol import StageForget

PATIENCE = 3.0
"""Seconds to wait for a stage that may be just ending."""


def stage_forgetters() -> "dict[StageName, StageForget]":
    """Return what each stage does for `bokeru forget`."""
    from crawler import forget as crawl
    from dataset import forget as dataset
    from featurize import forget as features
    from train import forget as run

    return {"crawl": crawl, "dataset": dataset, "features": features, "run": run}


@contextmanager
def held(place: Place) -> Iterator[None]:
    """Keep crawls, scorers and trainings from running: they would write again what they had read.

    The dataset and the caches of vectors are held for as long as they are written.

    Raises:
        UserError: one is running; the message says which process.
    """
    with ExitStack() as holding:
        if place.crawl.is_dir():
            holding.enter_context(locked(place.crawl / ".lock", f"is crawling {place.crawl}", PATIENCE))
        for lock in sorted(place.runs.glob("*/snapshots/.lock")):
            holding.enter_context(locked(lock, f"is training {lock.parents[1]}", PATIENCE))
        for lock in sorted(place.scores.glob(".*.lock")):
            holding.enter_context(locked(lock, f"is scoring for {place.scores}", PATIENCE))
        yield


@contextmanager
def damage_told(directory: Path) -> Iterator[None]:
    """Raise DamagedFile where DuckDB cannot read a shard below `directory`."""
    import duckdb

    try:
        yield
    except duckdb.Error as error:
        reason = str(error).splitlines()[0].rstrip(".")
        remedy = f"Which one says: {bokeru('verify', directory)}"
        raise DamagedFile(directory, f"a shard cannot be read ({reason})", remedy) from error


@contextmanager
def facts(stages: Iterable[Stage], directory: Path) -> "Iterator[Facts]":
    """Yield what stages state, joined.

    Raises:
        DamagedFile: a shard is damaged.
    """
    from store.forget.facts import Facts

    forgetters = stage_forgetters()
    own = [(forgetters[stage.name], stage) for stage in stages if stage.name in forgetters]
    queries = (query for forgetter, stage in own for query in forgetter.facts(stage))
    images = (query for forgetter, stage in own for query in forgetter.images(stage))
    with damage_told(directory), Facts.load(queries, images) as loaded:
        yield loaded


def other_pipelines(place: Place, content: "Content", asked: "list[Request]") -> dict[str, str]:
    """Return the other pipelines in the data folder that hold some of `content`, and the command for each."""
    places = (Place(place.data, name, place.config) for name in _names(place) if name != place.name)
    return {
        other.name: " && ".join(other.command("forget", *options) for options in _all_options(asked, content))
        for other in places
        if _is_pipeline(other) and _holds(other, content)
    }


def _all_options(asked: "list[Request]", content: "Content") -> "list[tuple[str, str]]":
    """Return the options that forget the same in another pipeline, which may hold photos without metadata."""
    images = [("--sha256", image_sha256) for image_sha256 in sorted(content.image_sha256s)]
    return _options(asked, content) + images


def _options(asked: "list[Request]", content: "Content") -> "list[tuple[str, str]]":
    from store.forget.content import Content

    if len(asked) == 1 and (len(content.sha256s) == 1 or asked[0].sha256 is None):
        return [asked[0].options(content)]
    return [("--sha256", sha256) for sha256 in sorted(content.sha256s)] + [
        request.options(Content()) for request in asked if request.sha256 is None
    ]


def loose(place: Place) -> list[Path]:
    """Return what lies in the data folder and belongs to no pipeline: copies that somebody made, perhaps."""
    folders = sorted(path for path in place.data.iterdir() if path.is_dir() and path.name not in SHARED)
    others = [Place(place.data, path.name) for path in folders if path.name != place.name]
    return [other.directory for other in others if not _is_pipeline(other)]


def _names(place: Place) -> list[str]:
    return sorted(
        path.name
        for path in place.data.iterdir()
        if path.is_dir() and path.name not in SHARED and not path.name.startswith(".")
    )


def _is_pipeline(place: Place) -> bool:
    return any(True for _ in below(place.directory))


def _holds(place: Place, content: "Content") -> bool:
    """Tell whether a pipeline holds some of `content`; one with a damaged shard may."""
    from store.forget.search import search

    try:
        with facts(below(place.directory), place.directory) as stated:
            if stated.holds(content):
                return True
    except DamagedFile:
        return True
    return bool(search(place.directory, content))


def searched_files(place: Place) -> list[Path]:
    """Return the files that are searched: the pipeline's, what all share, and what is nobody's."""
    from store.forget.search import walk

    found = [path for folder in searched_folders(place) for path in walk(folder)[1]] + beside(place)
    return [path for path in found if not _is_bookkeeping(path, place)]


def _is_bookkeeping(path: Path, place: Place) -> bool:
    """Tell whether a file is a lock or forget's own: what is looked for, and receipts."""
    return (
        path.suffix == ".lock"
        or path.name == ".lock"
        or path == place.unfinished_forget
        or path.parent == place.directory / "receipts"
    )


def beside(place: Place) -> list[Path]:
    """Return the files in the data folder itself: none is ours."""
    return sorted(path for path in place.data.iterdir() if path.is_file())


def searched_folders(place: Place) -> list[Path]:
    """Return the folders that are searched, none of them within another."""
    from dataset.export.pages import is_inside
    from dataset.export.record import read_exports

    exports = read_exports(place.directory).exports
    inside = [
        each.directory for each in exports if is_inside(each, place.dataset) and each.directory.is_dir()
    ]
    found = [place.directory, place.features, *loose(place)]
    places = {folder.resolve(): folder for folder in found if folder.is_dir()}
    nested = [path for path in inside if not any(path.is_relative_to(folder) for folder in places)]
    return [*places.values(), *(place.data / path.relative_to(place.data.resolve()) for path in nested)]
