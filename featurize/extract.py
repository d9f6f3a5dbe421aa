"""Compute the vectors that a dataset's photos still lack, and only those."""

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import TypeVar

import numpy as np
import pyarrow.parquet as pq

from dataset import read
from dataset.errors import UserError
from dataset.manifest import fingerprint
from dataset.progress import Progress
from dataset.whole_file import remove_leftovers, write_json
from featurize import cache
from featurize.lock import exclusive
from featurize.options import FeatureOptions
from featurize.preprocess import Recipe, Undecodable
from featurize.weights import identity, locate

T = TypeVar("T")
R = TypeVar("R")
Row = dict[str, object]
SETTINGS = "settings.json"
"""Beside the vectors: the settings that made them, for whoever wants the same of another photo."""
VERSION = 1
"""Part of every key: raise it when the same settings come to mean other vectors."""


def key(options: FeatureOptions, weights: Path) -> str:
    """Return the name of the cache that these settings mean: `<weights>-<layer>-<8 hex digits>`.

    Args:
        weights: the folder of made and fetched weights files, which remembers digests of others.

    Raises:
        UserError: features.weights is a path, and there is no such file.
    """
    told = {
        "version": VERSION,
        "weights": identity(options.weights, weights),
        "layer": options.layer,
        "size": options.size,
        "mean": options.mean,
    }
    name = Path(options.weights).stem
    return "-".join([_safe(name), _safe(options.layer), fingerprint(told)[:8]])


def _safe(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9._]+", "_", name).strip(".") or "_"


class Extractor:
    """A network that is ready to turn photos into vectors of `dimensions` values.

    Raises:
        UserError: the weights cannot be had or used; the message says why.
    """

    def __init__(self, options: FeatureOptions, weights: Path) -> None:
        from featurize import caffemodel
        from featurize.backends.backend import choose, start

        path = locate(options.weights, weights)
        size = 227 if options.size is None and options.weights == "caffenet" else options.size
        network = caffemodel.read(path, options.layer, size)
        name, self.reason = choose(options.backend)
        self.backend = start(network, name)
        self.dimensions = network.dimensions
        self._recipe = Recipe("caffe", network.input[1], options.mean)
        self._batch_size = options.batch_size

    def vectors(self, photos: Sequence[bytes]) -> np.ndarray:
        """Return (N, D) float32 for N photos given as bytes.

        Raises:
            UserError: a photo cannot be decoded; the message gives its number and the reason.
        """
        rows = [row for batch in batched(enumerate(photos), self._batch_size) for row in self.rows(batch)]
        for row in rows:
            if row["outcome"] != "ok":
                raise UserError(f"photo {row['sha256']} of {len(photos)} cannot be used: {row['error']}")
        found = [np.asarray(row["vector"], np.float32) for row in rows]
        return np.stack(found) if found else np.zeros((0, self.dimensions), np.float32)

    def rows(self, photos: Sequence[tuple[object, bytes]]) -> list[Row]:
        """Return the cache's rows for one batch of (sha256, bytes). Thread-safe."""
        rows: list[Row] = []
        prepared: list[np.ndarray] = []
        for sha256, photo in photos:
            row: Row = {"sha256": sha256, "outcome": "ok", "error": None, "vector": None}
            try:
                prepared.append(self._recipe.prepare(photo))
            except Undecodable as error:
                row.update(outcome="error", error=str(error))
            rows.append(row)
        if prepared:
            found = iter(self.backend.run(np.stack(prepared)))
            for row in rows:
                if row["outcome"] == "ok":
                    row["vector"] = next(found)
        return rows


def extract(options: FeatureOptions, dataset: Path, features: Path, weights: Path) -> Path:
    """Fill the cache with the vectors of the photos in `dataset` that it lacks; return its folder.

    Args:
        dataset: a folder of train and dev shards.
        features: the folder of all caches.
        weights: the folder of made and fetched weights files.

    Raises:
        MissingStage: there is no dataset.
        UserError: no photos, weights that cannot be used, a damaged shard; nothing whole is lost.
    """
    directory = features / key(options, weights)
    shards = read.shards(dataset)
    with exclusive(directory, "to add vectors"):
        remove_leftovers(directory)
        places, total = cache.missing(shards, directory), _count(shards, dataset)
        if not len(places):
            print("features: up to date")
            return directory
        extractor = Extractor(options, weights)
        print(f"features: {extractor.backend.name} ({extractor.reason})", flush=True)
        write_json(directory / SETTINGS, options.model_dump(mode="json"))
        failed = _fill(extractor, options, cache.photos(shards, places), directory, len(places))
    known = total - len(places)
    print(f"features: {len(places) - failed:,} computed, {known:,} were there, {failed:,} cannot be decoded")
    return directory


def _count(shards: Sequence[Path], dataset: Path) -> int:
    """Return the number of photos in the dataset; refuse one without any."""
    total: int = sum(pq.read_metadata(path).num_rows for path in shards)
    if not total:
        raise UserError(
            f"{dataset} holds no photos. Build it with: bokeru dataset --pipeline {dataset.parent.name}"
        )
    return total


def _fill(
    extractor: Extractor,
    options: FeatureOptions,
    photos: Iterable[tuple[str, bytes]],
    directory: Path,
    total: int,
) -> int:
    """Compute the vectors of `photos` and write them; return how many could not be decoded."""
    failed = 0
    threads = extractor.backend.threads
    with (
        Progress("features", total, "photos") as progress,
        cache.writer(directory, extractor.dimensions) as writer,
        ThreadPoolExecutor(threads) as pool,
    ):
        for rows in ahead(pool, extractor.rows, batched(photos, options.batch_size), depth=2 * threads):
            for row in rows:
                writer.append(row)
                failed += row["outcome"] != "ok"
            progress.advance(len(rows), undecodable=failed)
    return failed


def batched(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Yield lists of up to `size` items."""
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch


def ahead(
    pool: ThreadPoolExecutor, function: Callable[[T], R], items: Iterable[T], depth: int
) -> Iterator[R]:
    """Yield function(item) in order, with at most `depth` items read but not yet yielded."""
    waiting: deque[Future[R]] = deque()
    try:
        for item in items:
            waiting.append(pool.submit(function, item))
            if len(waiting) >= depth:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        for future in waiting:
            future.cancel()
