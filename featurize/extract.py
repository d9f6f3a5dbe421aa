"""Compute the vectors that a dataset's photos still lack, and only those."""

import hashlib
import math
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from dataset import read
from featurize import cache
from featurize.cache import batched
from featurize.options import FeatureOptions
from featurize.weights import identity
from store.errors import UserError
from store.manifest import fingerprint
from store.place import Place
from store.processes.lock import locked
from store.progress import Progress
from store.whole_file import remove_leftovers, write_json

SETTINGS = "settings.json"
"""Beside the vectors: the settings that made them, for whoever wants the same of another photo."""
VERSION = 1
"""Part of every key: raise it when the same settings come to mean other vectors."""
MEANING = ("layer", "preprocess", "size", "mean", "precision")
"""The settings, beside the weights, that a vector depends on."""


def key(options: FeatureOptions, weights: Path) -> str:
    """Return the name of the cache that these settings mean: `<weights>-<layer>-<8 hex digits>`.

    Args:
        weights: the folder of made and fetched weights files, which remembers digests of others.

    Raises:
        UserError: features.weights is a path, and there is no such file.
    """
    told: dict[str, object]
    if options.weights == "random":
        told = {"random": options.random.model_dump(), "precision": options.precision}
    else:
        told = {name: getattr(options, name) for name in MEANING}
        told["weights"] = identity(options.weights, weights)
    names = [_safe(Path(options.weights).stem), _safe(options.layer)]
    return "-".join([*names, fingerprint(VERSION, told)[:8]])


def _safe(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9._]+", "_", name).strip(".") or "_"


class Extractor:
    """Settings and weights, ready to turn photos into vectors of `dimensions` values.

    Raises:
        UserError: the weights cannot be had or used; the message says why.
    """

    def __init__(self, options: FeatureOptions, weights: Path) -> None:
        from featurize.encoder import open_encoder

        self._encoder = open_encoder(options, weights)
        self._batch_size = options.batch_size
        self.dimensions = self._encoder.dimensions

    def vectors(self, photos: Sequence[bytes]) -> np.ndarray:
        """Return (N, D) float32 for N photos given as bytes.

        Raises:
            UserError: a photo cannot be used; the message gives its number, from 1, and the reason.
        """
        named = ((hashlib.sha256(photo).hexdigest(), photo) for photo in photos)
        rows = [row for batch in batched(named, self._batch_size) for row in self._encoder.rows(batch)]
        found = np.zeros((len(photos), self.dimensions), np.float32)
        for number, row in enumerate(rows, 1):
            if row["outcome"] != "ok":
                raise UserError(f"photo {number} of {len(photos)} cannot be used: {row['error']}")
            found[number - 1] = np.asarray(row["vector"])
        return found


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
    shards = read.shards(dataset)
    total: int = sum(pq.read_metadata(path).num_rows for path in shards)
    if not total:
        raise UserError(f"{dataset} holds no photos. Build it with: {Place.of(dataset).command('dataset')}")
    directory = features / key(options, weights)
    with locked(features / f".{directory.name}.lock", f"is writing {directory}", math.inf):
        remove_leftovers(directory)
        places = cache.missing(shards, directory)
        if not len(places):
            print("features: up to date")
            return directory
        tally = _fill(options, weights, directory, shards, places)
    print(f"features: {tally.good:,} computed, {total - len(places):,} were there, {tally}")
    return directory


class Tally:
    """What was computed: how many vectors, how many photos without one, and what the vectors are like."""

    def __init__(self) -> None:
        self.good = self.bad = 0
        self._positive = self._squares = self._values = 0.0

    def add(self, rows: Iterable[dict[str, object]]) -> None:
        """Count the rows."""
        for row in rows:
            if row["outcome"] == "ok":
                vector = np.asarray(row["vector"], np.float32)
                self.good += 1
                self._values += vector.size
                self._positive += np.count_nonzero(vector)
                self._squares += float(vector @ vector)
            else:
                self.bad += 1

    def __str__(self) -> str:
        values = max(1.0, self._values)
        sparsity, scale = 1 - self._positive / values, (self._squares / values) ** 0.5
        return f"{self.bad:,} cannot be decoded (sparsity {sparsity:.3f}, scale {scale:.3g})"


def _fill(
    options: FeatureOptions, weights: Path, directory: Path, shards: Sequence[Path], places: np.ndarray
) -> Tally:
    """Compute the vectors of the photos at `places` and write them to the cache."""
    from featurize.engine import open_engine

    tally, photos = Tally(), batched(cache.photos(shards, places), options.batch_size)
    with (
        open_engine(options, weights) as engine,
        cache.writer(directory, engine.dimensions, options.precision) as writer,
    ):
        print(f"features: {engine.told}", flush=True)
        write_json(directory / SETTINGS, options.model_dump(mode="json"))
        with Progress("features", len(places), "photos") as progress:
            for rows in engine.rows(photos):
                for row in rows:
                    writer.append(row)
                tally.add(rows)
                progress.advance(len(rows), undecodable=tally.bad)
    return tally
