"""What there is: pipelines, their stages, what is stale and what to run."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from dataset.read import SPLITS, older_layout
from store.errors import DamagedFile, UserError
from store.place import SHARED, Place
from store.register import stages as register
from store.register.crawl_end import incomplete
from store.shard_reader import unreadable
from train.lineage.choose import choose
from train.lineage.inputs import stale
from train.lineage.wanted import Wanted
from web.content.vectors import caches_of_runs, manifest_of, without
from web.languages import Message


@dataclass(frozen=True)
class Stage:
    """One stage of a pipeline as it lies on disk.

    `state` is `ready`, `stale` (its input is newer), `partial` (begun, not complete), `missing` or `damaged`.
    """

    name: str
    state: str
    directory: Path
    command: str
    figures: dict[str, int] = field(default_factory=dict)
    changed: float | None = None
    reason: Message | None = None


def pipelines(data: Path, named: str) -> list[str]:
    """Return the pipelines that have any stage on disk, and the one that was named, which comes first."""
    folders = sorted(path.name for path in data.glob("*") if path.is_dir() and path.name not in SHARED)
    found = [
        name
        for name in folders
        if any((data / name / part).is_dir() for part in ("crawl", "dataset", "runs"))
    ]
    return [named, *(name for name in found if name != named)]


def stages(place: Place, wanted: Wanted | None = None) -> list[Stage]:
    """Look at every stage of a pipeline, in the order that they run in.

    Args:
        wanted: what the pipeline's settings want; None where nobody tells, and stages are held to each other.
    """
    crawl = _crawl(place)
    dataset = _dataset(place, crawl, wanted)
    features = _features(place, dataset, wanted)
    return [crawl, dataset, features, *_training(place, wanted)]


def _crawl(place: Place) -> Stage:
    crawl = register.Stage("crawl", place.crawl)
    pages, images = crawl.table("pages"), crawl.table("images")
    stage = _tables(place, "crawl", place.crawl, {"pages": pages.paths, "photos": images.paths})
    if stage.state == "ready" and (left := incomplete(place.crawl)):
        values = {"why": Message(left.why), "count": left.waiting}
        text = "It is not complete: {why}. {count} known addresses wait."
        return _with(stage, "partial", Message(text, values))
    return stage


def _dataset(place: Place, crawl: Stage, wanted: Wanted | None) -> Stage:
    dataset = register.Stage("dataset", place.dataset)
    splits = {name: dataset.table(name).paths for name in SPLITS}
    stage = _tables(place, "dataset", place.dataset, splits)
    if stage.state == "ready" and not (place.dataset / "manifest.json").exists():
        return _with(stage, "partial", Message("It was begun and is not complete."))
    if stage.state == "ready" and older_layout(place.dataset):
        return _with(stage, "stale", Message("It has the layout of an older version."))
    if stage.state == "ready" and wanted and (differ := _stale(wanted)):
        return _with(stage, "stale", Message("It is not the one that is wanted: {what}.", {"what": differ}))
    grown = crawl.changed and stage.changed and crawl.changed > stage.changed
    if stage.state == "ready" and not wanted and grown:
        return _with(stage, "stale", Message("The crawl has grown since."))
    if stage.state == "ready" and not stage.figures.get("dev"):
        return _with(
            stage, "ready", Message("Dev has no photos: nothing tells how a model does on new ones.")
        )
    return stage


def _stale(wanted: Wanted) -> str:
    """Return in what the dataset is not the one that the settings want; empty where it is."""
    with suppress(UserError):  # a file that the settings name cannot be read: building says so
        return "; ".join(map(str, stale(wanted)))
    return ""


def _features(place: Place, dataset: Stage, wanted: Wanted | None) -> Stage:
    """Look at the vectors of this pipeline: others share the folder."""
    caches = [wanted.cache] if wanted and wanted.cache else caches_of_runs(place)
    vectors = {cache.name: register.Stage("features", cache).tables()[0].paths for cache in caches}
    stage = _tables(place, "features", place.features, vectors)
    if stage.state == "ready":
        train, dev = (register.Stage("dataset", place.dataset).table(name).paths for name in SPLITS)
        missing = min(without((*train, *dev), paths) for paths in vectors.values())
        if missing:
            reason = Message("{count} photos of the dataset have no vector yet.", {"count": missing})
            return _with(stage, "partial", reason)
    return stage


def _training(place: Place, wanted: Wanted | None) -> Iterable[Stage]:
    runs = sorted(path for path in place.runs.glob("*") if path.is_dir())
    models = [run for run in runs if (run / "model" / "config.json").exists()]
    evaluated = [run for run in models if (run / "evaluation.json").exists()]
    train = _done(place, "train", models, "model/config.json", {"runs": len(runs), "models": len(models)})
    if runs and not models:
        train = _with(train, "partial", Message("A run was begun and has no model yet."))
    elif models and not any(_learned_from(run, place.dataset) for run in models):
        train = _with(train, "stale", Message("The dataset has been built anew since."))
    elif models and wanted and (told := _none_speaks(wanted)):
        train = _with(train, "stale", told)
    yield train
    evaluate = _done(place, "evaluate", evaluated, "evaluation.json", {"runs": len(evaluated)})
    if evaluated and len(evaluated) < len(models):
        reason = Message("{count} models have not been evaluated.", {"count": len(models) - len(evaluated)})
        evaluate = _with(evaluate, "stale", reason)
    yield evaluate


def _none_speaks(wanted: Wanted) -> Message | None:
    """Return why no run is the pipeline's own; None where one is, or where one is pinned."""
    try:
        why = choose(wanted).why
    except UserError as error:
        return Message("{error}", {"error": str(error)})
    return Message("No run has the pipeline's settings of training.") if why == "alike" else None


def _learned_from(run: Path, dataset: Path) -> bool:
    """Tell whether a run learned from the dataset as it is now; one that does not say counts as such."""
    recorded = manifest_of(run).get("dataset")
    return recorded in (None, manifest_of(dataset).get("fingerprint"))


def _done(place: Place, name: str, runs: list[Path], file: str, figures: dict[str, int]) -> Stage:
    changed = max(((run / file).stat().st_mtime for run in runs), default=None)
    state = "ready" if runs else "missing"
    return Stage(name, state, place.runs, place.command(name), figures if runs else {}, changed)


def _tables(place: Place, name: str, directory: Path, tables: Mapping[str, Sequence[Path]]) -> Stage:
    """Look at a stage that is folders of Parquet shards: rows by table, newest change, first damage."""
    figures, changed, damage = {}, [], None
    for table, shards in tables.items():
        rows = 0
        for shard in shards:
            try:
                status = shard.stat()
                rows += _rows(shard, status.st_mtime_ns, status.st_size)
                changed.append(status.st_mtime)
            except FileNotFoundError:
                continue  # swapped while we look
            except DamagedFile as error:
                damage = Message("{error}", {"error": str(error)})
        if shards:
            figures[table] = rows
    state = "damaged" if damage else "ready" if figures else "missing"
    return Stage(name, state, directory, place.command(name), figures, max(changed, default=None), damage)


@lru_cache(100_000)
def _rows(shard: Path, changed: int, size: int) -> int:
    """Return the rows of a shard from its footer; the other arguments tell one version from the next."""
    try:
        return int(pq.read_metadata(shard).num_rows)
    except (pa.ArrowException, OSError) as error:
        if not shard.exists():
            raise FileNotFoundError(shard) from None
        raise unreadable(shard, error) from error


def _with(stage: Stage, state: str, reason: Message) -> Stage:
    return Stage(stage.name, state, stage.directory, stage.command, stage.figures, stage.changed, reason)
