"""The library: opens datasets, photos, vectors and models, and keeps each until its files change."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
import pyarrow as pa

from featurize.extract import Extractor
from featurize.likeness.lookalikes import Lookalikes
from featurize.read import Chosen, Vectors, read
from store.errors import DamagedFile, MissingStage
from store.place import Place
from store.register.stages import Stage
from store.shards import shard_paths
from train.captions.captioner import Captioner
from train.captions.pool import Pool
from train.ranking.artifact import CONFIG, FOLDER, TENSORS, VOCABULARY, RankerArtifact
from train.ranking.artifact import load as load_ranker
from web.content.catalogue import Catalogue
from web.content.file_cache import FileCache, file_version
from web.content.names import Names
from web.content.preparing import PATIENCE, Preparing
from web.options import WebOptions
from web.pictures import jpeg, opened

T = TypeVar("T")
PHOTO_BYTES = 48 * 2**20
"""Bytes of JPEG files that are kept: about a thousand photos."""
SMALL = 64 * 2**20
"""Bytes of shards. What is made of less is there in a second or two: visitors wait, and are told nothing."""
SHORT = 30.0
"""Seconds that they then wait, at most."""


@dataclass(frozen=True)
class Stored:
    """The files that something is made from."""

    version: object
    bytes: int

    @staticmethod
    def of(*paths: Path) -> "Stored":
        """Return what these files are now."""
        sizes = (path.stat().st_size for path in paths if path.exists())
        return Stored(file_version(*paths), sum(sizes))


class Library:
    """Opens what the pages show. Safe to use from several threads.

    Args:
        options: which photos neighbours are looked for among.
        patience: seconds to wait for what is made in the background; None: as long as it takes.
    """

    def __init__(self, options: WebOptions | None = None, patience: float | None = PATIENCE) -> None:
        self.options, self._patience = options or WebOptions(), patience
        self._prepared = Preparing()
        self._cache = FileCache(8)  # models of a few runs, networks
        self._photos = FileCache(PHOTO_BYTES, len)

    def catalogue(self, place: Place, *, at_once: bool = False) -> Catalogue:
        """Return the dataset of a pipeline, without bytes.

        Args:
            at_once: wait for no index that takes longer than a moment; it is begun all the same.

        Raises:
            MissingStage: there is none.
            DamagedFile: a shard cannot be read.
            NotReady: its index is being made.
        """
        # The manifest is written last: a dataset without one is not complete.
        if not (place.dataset / "manifest.json").exists():
            raise MissingStage(place.dataset, place.command("dataset"))

        def get() -> Catalogue:
            stored = self._dataset(place)
            what = "The index of the dataset is being made"
            return self._prepared.get(
                ("catalogue", place),
                stored.version,
                what,
                lambda report: Catalogue.load(place.dataset, report, self.options.hide),
                0.0 if at_once and stored.bytes >= SMALL else self._wait(stored),
            )

        return _retry_once(get)

    def _dataset(self, place: Place) -> Stored:
        shards = (path for table in Stage("dataset", place.dataset).tables() for path in table.paths)
        return Stored.of(place.dataset / "manifest.json", *shards)

    def _wait(self, *stored: Stored) -> float | None:
        """Return the seconds to wait for what is made from these files."""
        small = sum(each.bytes for each in stored) < SMALL
        return self._patience if self._patience is None or not small else SHORT

    def photo_bytes(self, place: Place, sha256: str) -> bytes:
        """Return a photo's bytes, as the dataset holds them.

        Raises:
            KeyError: the dataset has no such photo.
        """

        def read() -> bytes:
            catalogue = self.catalogue(place)
            return catalogue.bytes(catalogue.index[sha256])

        return _retry_once(read)

    def jpeg(self, place: Place, sha256: str, size: int) -> bytes:
        """Return a photo as a newly encoded JPEG of at most `size` pixels a side.

        Raises:
            KeyError: the dataset has no such photo.
            UnusablePhoto: it cannot be decoded.
        """
        # The key is the photo's own hash, so the entry never becomes wrong.
        return self._photos.get(
            (sha256, size),
            None,
            lambda: jpeg(opened(self.photo_bytes(place, sha256), (size, size)), size),
        )

    def vectors(self, place: Place, key: str) -> Vectors:
        """Return all vectors of the cache `key`.

        Raises:
            UserError: there are none.
            DamagedFile: a shard cannot be read.
            NotReady: they are being read for the first time.
        """
        directory = place.features / key
        stored = Stored.of(*shard_paths(directory))
        what = "The vectors are being brought into one file"
        return self._prepared.get(
            ("vectors", place, key),
            stored.version,
            what,
            lambda _: read(directory, place),
            self._wait(stored),
        )

    def made_of(self, place: Place, key: str) -> tuple[Stored, Stored]:
        """Return the files of a dataset and of the vectors in the cache `key` as they are now."""
        return self._dataset(place), Stored.of(*shard_paths(place.features / key))

    def prepared(
        self,
        key: Hashable,
        version: Hashable,
        what: str,
        make: Callable[[Callable[[int, int], None]], T],
    ) -> T:
        """Return what `make` returns for a version; it is called in the background, once for each.

        Args:
            what: what is being made, as a text that can be translated.
            make: is given what it tells how much is done, and of how much.

        Raises:
            NotReady: it is being made.
        """
        return self._prepared.get(key, version, what, make, self._patience)

    def pool(self, place: Place, key: str, *, waits: bool = False) -> Pool:
        """Return the training photos of a pipeline that neighbours are looked for among.

        Args:
            waits: as long as it takes.

        Raises:
            UserError: none of them has a vector.
            NotReady: its vectors are being looked through.
        """
        # The files first: what changes while the others are awaited makes them an earlier version.
        stored = self.made_of(place, key)
        catalogue, vectors = self.catalogue(place), self.vectors(place, key)
        version = tuple(each.version for each in stored)
        return self._prepared.get(
            ("pool", place, key),
            version,
            "The vectors of the training photos are being looked through",
            lambda _: self._pool(catalogue, vectors),
            None if waits else self._wait(*stored),
        )

    def _pool(self, catalogue: Catalogue, vectors: Vectors) -> Pool:
        # Neighbours come from train alone: they explain what the model learned from.
        names = catalogue.photos["sha256"].filter(pa.array(catalogue.of_split("train")))
        rows = vectors.find(names)
        having = np.flatnonzero(rows >= 0)[: self.options.neighbour_pool]
        return Pool(Names(names.take(pa.array(having))), Chosen(vectors.data.values, rows[having]))

    def lookalikes(self, place: Place, key: str) -> Lookalikes:
        """Return what finds photos of a pipeline by a vector as in the cache `key`; it may take long.

        Raises:
            UserError: none of them has a vector.
        """
        return self._prepared.get(
            ("lookalikes", place, key),
            tuple(each.version for each in self.made_of(place, key)),
            "The vectors of the photos are being looked through",
            lambda _: Lookalikes(place.features / key, place.dataset),
        )

    def captioner(self, run: Path) -> Captioner:
        """Return the model of a run.

        Raises:
            UserError: the run has no model, or its files do not belong together.
        """
        model = run / "model"
        version = file_version(
            *(model / name for name in ("model.safetensors", "config.json", "vocabulary.json"))
        )
        return self._cache.get(("captioner", run), version, lambda: Captioner.load(model))

    def ranker(self, run: Path) -> RankerArtifact:
        """Return the ranker of a run.

        Raises:
            UserError: the run has none, or its files do not belong together.
        """
        version = file_version(*(run / FOLDER / name for name in (TENSORS, CONFIG, VOCABULARY)))
        return self._cache.get(("ranker", run), version, lambda: load_ranker(run))

    def extractor(self, place: Place, captioner: Captioner) -> Extractor:
        """Return the network that computes the vectors that a model was trained on.

        Raises:
            UserError: its weights are missing, or others than then.
        """
        # What was opened stays as it was, whatever becomes of the file; other weights have another digest.
        options, digest = captioner.feature_options(), captioner.weights_digest
        weights = place.data / "weights"
        return self._cache.get(
            ("extractor", place.data, options.model_dump_json()),
            digest,
            lambda: Extractor(options, weights, digest),
        )


def _retry_once(read: Callable[[], T]) -> T:
    """Read, and read again if that fails: another process may have replaced the stage meanwhile."""
    try:
        return read()
    except (DamagedFile, FileNotFoundError):
        return read()
