"""The state of each stage of a pipeline: whether it is what the settings want, and what brings it there."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from dataset import read
from featurize.cache import missing
from featurize.words.open import words_of
from store.errors import UserError
from store.manifest import NAME as MANIFEST
from store.manifest import changed, is_fresh
from store.register.crawl_end import incomplete
from train.evaluation import outside
from train.evaluation.earlier import earlier, key_of
from train.evaluation.figures import KNOWN
from train.lineage.candidates import Candidate, candidates
from train.lineage.choose import Chosen, choose
from train.lineage.inputs import stale
from train.lineage.states import StageStatus, of_tables, size_of
from train.lineage.wanted import Wanted
from train.runs.find import EVALUATION
from train.runs.identity import place_of


@dataclass(frozen=True)
class Status:
    """All stages of a pipeline, in the order that they run in, and the run that speaks for it.

    Args:
        run: None where none does; then `silent` says why.
    """

    pipeline: str
    stages: tuple[StageStatus, ...]
    run: Chosen | None = None
    silent: str | None = None

    @property
    def is_up_to_date(self) -> bool:
        """Whether every stage is what the settings want."""
        return all(stage.state == "up to date" for stage in self.stages)


def status(wanted: Wanted) -> Status:
    """Look at every stage of a pipeline; nothing is changed, and no shard is read beyond its footer and keys.

    Raises:
        UserError: a file that the settings name cannot be read.
    """
    dataset = _dataset(wanted)
    features = _features(wanted, dataset)
    train = _train(wanted, dataset, candidates(wanted))
    run, silent = None, None
    try:
        run = choose(wanted)
    except UserError as error:
        silent = str(error)
    stages = (_crawl(wanted), dataset, features, train, _evaluate(wanted, run))
    return Status(wanted.place.name, stages, run, silent)


def _crawl(wanted: Wanted) -> StageStatus:
    """Return whether there is a crawl that ended; what is due of the site, the site alone could tell."""
    place, command = wanted.place, wanted.command("crawl")
    found = of_tables("crawl", "crawl", place.crawl, ("pages", "images"))
    if found.state == "missing" and place.crawl in wanted.crawls:
        return found.but("missing", command, "nothing was fetched")
    if found.state == "missing":
        return found.but("up to date", None, "other pipelines' crawls are built in, and no own one")
    if found.state == "up to date" and (left := incomplete(place.crawl)):
        waiting = f", and {left.waiting:,} known addresses wait" if left.waiting else ""
        return found.but("partial", command, f"{left.why.rstrip('.')}{waiting}")
    return found


def _dataset(wanted: Wanted) -> StageStatus:
    directory, command = wanted.place.dataset, wanted.command("dataset")
    found = of_tables("dataset", "dataset", directory, read.SPLITS)
    if found.state == "damaged":
        return found.but("damaged", command)
    if found.state == "missing":
        return found.but("missing", command, "it was not built")
    if not (directory / MANIFEST).exists():
        return found.but("partial", command, "it was begun and is not complete")
    if read.older_layout(directory):
        return found.but("stale", command, "it has the layout of an earlier version")
    if names := changed(directory):
        return found.but("damaged", command, f"not as it was built: {', '.join(names)}")
    if differ := stale(wanted):
        return replace(found.but("stale", command, *map(str, differ)), differ=differ)
    return found


def _features(wanted: Wanted, dataset: StageStatus) -> StageStatus:
    command = wanted.command("features")
    if wanted.cache is None:
        found = StageStatus("features", "missing", wanted.place.features)
        return found.but("missing", command, "the file that features.weights names is not there")
    found = of_tables("features", "features", wanted.cache, ("features",))
    if found.state == "missing":
        return found.but("missing", command, "these settings have made no vectors")
    if found.state == "damaged":
        return found.but("damaged", command)
    lacking = len(missing(read.shards(wanted.place.dataset), wanted.cache)) if _is_built(dataset) else 0
    if lacking:
        return found.but("partial", command, f"{lacking:,} photos of the dataset have no vector yet")
    return found


def _is_built(dataset: StageStatus) -> bool:
    return dataset.state in ("up to date", "stale")


def _train(wanted: Wanted, dataset: StageStatus, found: Sequence[Candidate]) -> StageStatus:
    """Return whether the run of these settings, of this dataset and these vectors is there."""
    runs, command = wanted.place.runs, wanted.command("train")
    base = StageStatus("train", "missing", runs, {"runs": len(found)} if found else {}, bytes=size_of(runs))
    if dataset.state == "stale" and found:
        return base.but("stale", command, "the dataset that it would learn from is stale")
    if not _is_built(dataset) or wanted.cache is None:
        reason = "the dataset or the weights are not there to learn from"
        return base.but("stale" if found else "missing", command, reason)
    run, fingerprint = place_of(wanted.train, wanted.place.dataset, wanted.cache, runs)
    base = replace(base, directory=run if run.is_dir() else runs)
    if is_fresh(run, fingerprint):
        return base.but("up to date", None)
    if (run / MANIFEST).exists():
        return base.but("damaged", command, f"not as it was trained: {', '.join(changed(run))}")
    if run.is_dir():
        return base.but("partial", command, "its training was begun and did not end")
    if not found:
        return base.but("missing", command, "no run was trained")
    nearest = min(found, key=lambda one: (len(one.differ), not one.is_of_dataset, one.run.name))
    told = [str(each) for each in nearest.differ] or ["the dataset was built anew since"]
    stale = base.but("stale", command, *(f"{nearest.run.name}: {each}" for each in told))
    return replace(stale, differ=nearest.differ)


def _evaluate(wanted: Wanted, run: Chosen | None) -> StageStatus:
    """Return whether the run that speaks for the pipeline was measured on the dataset that is there."""
    command, place = wanted.command("evaluate"), wanted.place
    if run is None:
        found = StageStatus("evaluate", "missing", place.runs)
        return found.but("missing", command, "no run speaks for the pipeline")
    found = StageStatus("evaluate", "up to date", run.run)
    if not all((run.run / name).exists() for name in EVALUATION):
        return found.but("missing", command, f"{run.run.name} was not measured")
    if wanted.cache is None or not (place.dataset / MANIFEST).exists():
        return found.but("stale", command, "the dataset or the weights are not there")
    plugins = outside.found(wanted.train.metrics, KNOWN)
    words = words_of(wanted.features, wanted.cache, place.weights)
    key = key_of(run.run, place.dataset, wanted.cache, plugins, wanted.train.evaluate_captions, words=words)
    if earlier(run.run, key) is None:
        return found.but("stale", command, f"{run.run.name} was measured on another build, or otherwise")
    return found
