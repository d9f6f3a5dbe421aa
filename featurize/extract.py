"""The features stage: compute the vectors that a dataset's photos lack, and only those.

N photos, D values in a vector.
"""

import hashlib
import math
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow.parquet as pq

from dataset import read
from featurize import cache
from featurize.backends.backend import outside
from featurize.cache import batched
from featurize.feeding.doubts import Scale
from featurize.feeding.presets import CAFFE_MEAN, PRESETS
from featurize.feeding.resolve import changed_parts, fed
from featurize.feeding.saved import DEFAULT_LAYER
from featurize.options import FeatureOptions
from featurize.weights import check_unchanged, identity, kept_digest, own_file
from store.errors import UserError
from store.manifest import NAME as MANIFEST
from store.manifest import changed, fingerprint
from store.photo.decode import Picture
from store.place import Place
from store.processes.lock import locked
from store.processes.room import Room
from store.progress import Progress
from store.register.listed import changing, list_files, take_out
from store.register.stages import Stage
from store.whole_file import remove_leftovers, write_json

if TYPE_CHECKING:
    from featurize.encoder import About

SETTINGS = "settings.json"
"""Beside the vectors: the settings that made them, to make another photo's vector the same way."""
VERSION = 1
"""Part of every key: raise it when the same settings would give other vectors."""
VECTOR_SETTINGS = ("preprocess", "size", "precision")
"""The settings that a vector depends on, beside the weights, the layer, the mean and changes of a preset."""


def key(options: FeatureOptions, weights: Path) -> str:
    """Return the name of the cache for these settings: `<weights>-<layer>-<8 hex digits>`.

    Settings that are as their preset has them are in no key: those of 0.1, which knew presets alone, stay.

    Args:
        weights: the folder of made and fetched weights files, which also keeps digests of other files.

    Raises:
        UsageError: nothing says how photos are fed to an .onnx.
        UserError: features.weights is a path, and there is no such file.
    """
    settings: dict[str, object]
    layer = options.layer or DEFAULT_LAYER
    if options.weights == "random":
        settings = {"random": options.random.model_dump(), "precision": options.precision}
    else:
        own = own_file(options.weights)
        resolved = fed(options, own, weights).options
        settings = {name: getattr(resolved, name) for name in VECTOR_SETTINGS}
        preset = PRESETS[resolved.preprocess or "caffe"].mean
        mean = CAFFE_MEAN if resolved.mean in (None, preset) else resolved.mean  # 0.1 kept one mean for all
        settings |= {"layer": layer, "mean": mean, "weights": identity(options.weights, weights)}
        settings |= changed_parts(resolved)
        if options.pool not in (None, "flatten"):
            settings["pool"] = options.pool
        if plugin := outside(options.backend):  # ours agree with each other, and stand in no key
            settings["backend"] = plugin.version
    names = [_safe(Path(options.weights).stem), _safe(layer)]
    return "-".join([*names, fingerprint(VERSION, settings)[:8]])


def _safe(name: str) -> str:
    """Return a name that is valid as part of a folder's name everywhere."""
    return re.sub(r"[^A-Za-z0-9._]+", "_", name).strip(".") or "_"


class Extractor:
    """An encoder for photos that are in no dataset, such as those of `bokeru caption` and the web app.

    Attributes:
        dimensions: D.

    Args:
        digest: what is kept of the weights file that the vectors in use were made by; None is not compared.

    Raises:
        UserError: the weights cannot be made, fetched or used, or are others; the message says why.
    """

    def __init__(self, options: FeatureOptions, weights: Path, digest: object = None) -> None:
        from featurize.encoder import open_encoder

        check_unchanged(options.weights, weights, digest)
        self._encoder = open_encoder(options, weights)
        self._batch_size = options.batch_size
        self.dimensions = self._encoder.dimensions

    def vectors(self, photos: Sequence[bytes | Picture]) -> np.ndarray:
        """Return the vectors of N photos, (N, D) float32; those that are decoded are not decoded again.

        Raises:
            UserError: a photo cannot be used; the message gives its number, from 1, and the reason.
        """
        pairs = ((hashlib.sha256(_content(photo)).hexdigest(), photo) for photo in photos)
        rows = [row for batch in batched(pairs, self._batch_size) for row in self._encoder.rows(batch)]
        vectors = np.zeros((len(photos), self.dimensions), np.float32)
        for number, row in enumerate(rows, 1):
            if row["outcome"] != "ok":
                raise UserError(f"photo {number} of {len(photos)} cannot be used: {row['error']}")
            vectors[number - 1] = np.asarray(row["vector"])
        return vectors


def _content(photo: bytes | Picture) -> bytes:
    return photo.content if isinstance(photo, Picture) else photo


def extract(
    options: FeatureOptions, dataset: Path, features: Path, weights: Path, *, force: bool = False
) -> Path:
    """Add to the cache the vectors of those photos of a dataset that it lacks; return the cache's folder.

    Args:
        dataset: a folder of train and dev shards.
        features: the folder of all caches.
        weights: the folder of made and fetched weights files.
        force: compute the vectors of all of the dataset's photos anew.

    Raises:
        MissingStage: there is no dataset.
        TooLittleRoom: the disk has less free than `min_free_gb` says; what was computed stays.
        UserError: no photos, weights that cannot be used, a damaged shard; finished shards stay.
    """
    shards = read.shards(dataset)
    total: int = sum(pq.read_metadata(path).num_rows for path in shards)
    if not total:
        raise UserError(f"{dataset} holds no photos. Build it with: {Place.of(dataset).command('dataset')}")
    directory = features / key(options, weights)
    stage = Stage("features", directory)
    room = Room(directory, options, "features", Place.of(dataset))
    # Two commands may want the same cache: the second waits, and then finds the vectors there.
    with locked(features / f".{directory.name}.lock", f"is writing {directory}", math.inf):
        remove_leftovers(directory)
        _mend(stage, options, weights)
        if force:
            cache.drop(stage, read.photos(dataset)["sha256"].combine_chunks())
        positions = cache.missing(shards, directory)
        if not len(positions):
            print("features: up to date")
            return directory
        room.check()
        tally = _fill(options, weights, stage, shards, positions, room)
    print(f"features: {tally.scale.count:,} computed, {total - len(positions):,} were there, {tally}")
    if tally.refused:
        print(f"features: leave out what is refused with: {Place.of(dataset).command('dataset')}")
    return directory


def _mend(stage: Stage, options: FeatureOptions, weights: Path) -> None:
    """Delete the shards of a cache that are not as its manifest lists them: they are computed anew."""
    directory = stage.directory
    if not (directory / MANIFEST).is_file():  # 0.1 wrote none
        return
    names = [name for name in changed(directory) if name != MANIFEST]
    if names:
        print(f"features: made again, as missing or not as written: {', '.join(names)}")
        take_out(stage, [directory / name for name in names])
    if not (directory / SETTINGS).exists():
        from featurize.encoder import open_encoder

        _keep(directory, open_encoder(options, weights).about, weights)
    list_files(stage)  # a kill may have left whole shards that it does not know


class Tally:
    """Counts of a run: vectors, photos without one, and the vectors' sparsity and scale."""

    def __init__(self) -> None:
        self.undecodable = self.refused = 0
        self.scale = Scale()

    def add(self, rows: Iterable[dict[str, object]]) -> None:
        """Count the rows."""
        for row in rows:
            if row["outcome"] == "ok":
                self.scale.add(np.asarray(row["vector"], np.float32))
            elif row["outcome"] == "refused":
                self.refused += 1
            else:
                self.undecodable += 1

    def __str__(self) -> str:
        refused = f", {self.refused:,} are refused by photos: limits" if self.refused else ""
        figures = f"sparsity {self.scale.sparsity:.3f}, scale {self.scale.scale:.3g}"
        return f"{self.undecodable:,} cannot be decoded{refused} ({figures})"


def _fill(
    options: FeatureOptions,
    weights: Path,
    stage: Stage,
    shards: Sequence[Path],
    positions: np.ndarray,
    room: Room,
) -> Tally:
    """Compute the vectors of the photos at `positions` (N,) and write them to the cache."""
    from featurize.engine import open_engine

    directory = stage.directory
    tally, photos = Tally(), batched(cache.photos(shards, positions), options.batch_size)
    with (
        open_engine(options, weights) as engine,
        cache.writer(directory, engine.dimensions, options.precision) as writer,
    ):
        _tell(engine.about)
        with changing(stage, [directory / SETTINGS]):
            _keep(directory, engine.about, weights)
        with Progress("features", len(positions), "photos") as progress:
            for rows in engine.rows(photos):
                for row in rows:
                    if row["outcome"] != "refused":  # other settings might take it, and the key is the same
                        writer.append(row)
                tally.add(rows)
                progress.advance(len(rows), undecodable=tally.undecodable)
                room.check()  # what was computed is committed all the same
        for doubt in tally.scale.doubts(engine.about.settings):
            print(f"features: warning: {doubt}", flush=True)
    list_files(stage)
    return tally


def _keep(directory: Path, about: "About", weights: Path) -> None:
    """Write the settings that made the vectors, with what identifies a weights file of the user's."""
    settings = about.settings | kept_digest(about.settings["weights"], weights)
    write_json(directory / SETTINGS, settings)


def _tell(about: "About") -> None:
    """Print what computes, what is done to photos, and what speaks against it."""
    print(f"features: {about.description}", flush=True)
    if about.feeding:
        print(f"features: photos are {about.feeding}", flush=True)
    for doubt in about.doubts:
        print(f"features: warning: {doubt}", flush=True)
