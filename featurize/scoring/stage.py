"""`bokeru score`: scores the photos or captions of a pipeline's crawls that have none yet, and keeps them.

They lie in `data/<pipeline>/scores/<name>/`, one row a photo or caption; `settings.json` there says what made
them. Another scorer, or another version of one, makes them all anew.
"""

import re
import shlex
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from dataset.options import DatasetOptions
from featurize.cache import batched
from featurize.encoder import About
from featurize.engine import LocalEngine
from featurize.scoring import model, table
from featurize.scoring.crawled import crawled
from featurize.scoring.process import processes
from featurize.scoring.rows import Item, Row
from featurize.weights import known
from store.errors import DamagedFile, UsageError, UserError
from store.manifest import fingerprint
from store.place import Place
from store.plugins.find import find
from store.processes import memory
from store.processes.cores import cores
from store.processes.lock import locked
from store.processes.room import Room
from store.progress import Progress
from store.schema import SCORES
from store.shard_reader import Shard
from store.shards import ShardLimits, ShardWriter, shard_paths
from store.whole_file import read_object, remove_leftovers, write_json

SETTINGS = "settings.json"
BATCH = 32
LOOKS = 100
"""Batches between two looks at what is free on the disk: a look takes as long as a small score."""
SECONDS = 15.0
"""A shard is written at the latest after so long: what a kill can cost."""
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,31}", re.ASCII)
Compute = Callable[[Sequence[Item]], list[Row]]


@dataclass(frozen=True)
class Running:
    """A scorer that has started.

    Args:
        kind: what it scores, `photo` or `text`.
        threads: how many may call it at once.
        rows: scores some items, in order.
        batch: how many items are given to it at a time: of what may hang, one.
        stop: ends what is under way.
    """

    kind: str
    threads: int
    rows: Compute
    batch: int = BATCH
    stop: Callable[[], object] = lambda: None


@dataclass(frozen=True)
class Scorer:
    """What gives the scores: one of an .onnx file, other people's code, and a table.

    Args:
        model: an .onnx file that takes photos.
        code: as `store.plugins.find` takes it.
        table: a Parquet file of scores by `sha256` or `boke_id`.
        preprocess, size, output, pool, labels: for `model`, as `features` has them; a label for each value.
        seconds: what may be taken for one photo or caption.
        memory: the most bytes that all processes of code may use together, or a model for what it computes;
            None for most of this machine's, or what `features` lets a model use.
    """

    model: Path | None = None
    code: str | None = None
    table: Path | None = None
    preprocess: str = "imagenet"
    size: int | None = None
    output: str | None = None
    pool: str | None = None
    labels: tuple[str, ...] = ()
    seconds: float = 30.0
    memory: int | None = None

    def _settings(self) -> dict[str, Any]:
        """Return the settings of features for `model`."""
        fed = {"preprocess": self.preprocess, "size": self.size, "layer": self.output, "pool": self.pool}
        limits = {"seconds": self.seconds} | ({"memory_gb": self.memory / 1e9} if self.memory else {})
        return {"weights": str(self.model), **fed, **limits}

    def arguments(self) -> list[str]:
        """Return what says on a command line where the scores come from."""
        named = {"--model": self.model, "--python": self.code, "--table": self.table}
        [(option, value)] = [(option, value) for option, value in named.items() if value is not None]
        return [option, shlex.quote(str(value))]

    def version(self, weights: Path) -> str:
        """Return what tells scores of this scorer from others: the time limit does not.

        Args:
            weights: the folder that keeps what is known of weights files.
        """
        if self.code:
            return f"{self.code} {find('scorer', self.code, '--python').version}"
        if self.model:
            external = known(self.model, weights).external
            beside = [table.digest(self.model.parent / name) for name in external]
            settings = [self.preprocess, self.size, self.output, list(self.labels)]
            settings += [self.pool] if self.pool else []  # scores of before there was one stay as they are
            made = (table.digest(self.model), *settings, *beside)
            return f"{self.model.name} {fingerprint(*made)[:16]}"
        assert self.table
        return f"{self.table.name} {table.digest(self.table)[:16]}"

    @contextmanager
    def opened(self, name: str, weights: Path) -> Iterator[Running]:
        """Yield what scores; it ends with the block. For `weights` see `version`."""
        if self.code:
            with processes(self.code, name, self.seconds, self.memory or memory.MOST, cores()) as found:
                yield Running(found.kind, cores(), found.rows, 1, found.stop)
        elif self.model:
            scorer = model.PhotoModel(self.model, weights, name, self._settings(), self.labels)
            yield Running("photo", scorer.threads, scorer.rows)
        else:
            assert self.table
            scores = table.ScoreTable(self.table, name)
            yield Running(scores.kind, 1, scores.rows)


@dataclass
class Report:
    """What one run did."""

    name: str
    kind: str = ""
    computed: int = 0
    known: int = 0
    failed: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        what = "captions" if self.kind == "text" else "photos"
        failures = sum(self.failed.values())
        said = f"score {self.name}: {self.computed:,} {what} scored, {self.known:,} were there"
        if failures:
            said += f", {failures:,} failed (the most often: {self.failed.most_common(1)[0][0]})"
        return said


def score(
    name: str,
    scorer: Scorer,
    crawls: Sequence[Path],
    options: DatasetOptions,
    place: Place,
    *,
    retry_failed: bool = False,
) -> Report:
    """Score what has no score yet; what raised, hung or gave no number has a row that says so.

    Args:
        name: of the scores: their key in the dataset's column `scores`, or how their keys begin.
        crawls: those that the dataset is built from.
        retry_failed: score again what failed.

    Raises:
        MissingStage: a crawl is not there.
        UsageError: the name is none, or the scorer is not there.
        UserError: the scorer fails as it starts, or nothing that is new could be scored.
        TooLittleRoom: the disk has less free than `dataset.min_free_gb` says; what was scored stays.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(f"{name!r} names no scores: write up to 32 letters, digits and _, a letter first")
    folder = place.scores / name
    made_by, report = scorer.version(place.weights), Report(name)
    room = Room(folder, options, "dataset", place, again=place.command("score", name, *scorer.arguments()))
    folder.mkdir(parents=True, exist_ok=True)
    with (
        locked(place.scores / f".{name}.lock", f"is writing {folder}"),
        scorer.opened(name, place.weights) as running,
        tempfile.TemporaryDirectory() as work,
        crawled(crawls, options, Path(work), place) as there,
    ):
        report.kind = running.kind
        remove_leftovers(folder)
        _keep(folder, made_by, retry_failed=retry_failed)
        known = _known(folder)
        total, items = there.captions(known) if report.kind == "text" else there.photos(known)
        report.known = len(known)
        _fill(folder, items, total, running, room, report)
    if report.failed and not report.computed and not report.known:
        raise UserError(f"{report}. See {folder}; once it is mended: --retry-failed")
    return report


def _keep(folder: Path, made_by: str, *, retry_failed: bool) -> None:
    """Delete rows that another scorer made, and, where that is wished, those of failures."""
    try:
        before = read_object(folder / SETTINGS).get("made_by")
    except (FileNotFoundError, DamagedFile):
        before = None
    if before != made_by:
        for path in folder.glob("[!.]*.parquet"):
            path.unlink()
        write_json(folder / SETTINGS, {"made_by": made_by})
    elif retry_failed:
        for path in shard_paths(folder, SCORES):
            with Shard(path) as shard:
                rows = shard.read()
            kept = rows.filter(pc.equal(rows["outcome"], "ok"))
            if len(kept) < len(rows):
                with ShardWriter(folder, "scores", SCORES) as writer:
                    for row in kept.to_pylist():
                        writer.append({**row, "scores": dict(row["scores"])})
                path.unlink()


def _known(folder: Path) -> pa.Table:
    names = ["sha256", "text"]
    tables = []
    for path in shard_paths(folder, SCORES):
        with Shard(path) as shard:
            tables.append(shard.read(names))
    empty = pa.schema([SCORES.field(name) for name in names]).empty_table()
    return pa.concat_tables([empty, *tables])


def _fill(
    folder: Path, items: Iterator[Item], total: int, running: Running, room: Room, report: Report
) -> None:
    room.check()
    with (
        ThreadPoolExecutor(running.threads) as pool,
        ShardWriter(folder, "scores", SCORES, ShardLimits(seconds=SECONDS)) as writer,
        Progress(
            f"score {report.name}", total, "captions" if report.kind == "text" else "photos"
        ) as progress,
        _stopped_by_errors(running),
    ):
        engine: LocalEngine[Sequence[Item]] = LocalEngine(
            About("", "", {}), 0, running.rows, pool, 2 * running.threads
        )
        for number, rows in enumerate(engine.rows(batched(items, running.batch))):
            for row in rows:
                writer.append(row)
                if row["outcome"] == "ok":
                    report.computed += 1
                else:
                    report.failed[str(row["error"])] += 1
            progress.advance(len(rows), failed=sum(report.failed.values()))
            if number % LOOKS == 0:
                room.check()


@contextmanager
def _stopped_by_errors(running: Running) -> Iterator[None]:
    """End what is under way where the block ends by an exception: threads would wait for what hangs."""
    try:
        yield
    except BaseException:
        running.stop()
        raise
