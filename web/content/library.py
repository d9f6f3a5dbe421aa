"""The library: loads datasets, photos, vectors and models, and keeps each until its files change."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TypeVar

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from featurize.cache import batches
from featurize.extract import Extractor
from featurize.read import vectors
from store.errors import DamagedFile, MissingStage, UserError
from store.place import Place
from store.register.stages import Stage
from store.shards import shard_paths
from train.captions.captioner import Captioner
from train.captions.mismatch import Pool
from web.content.catalogue import Catalogue
from web.content.file_cache import FileCache, file_version
from web.pictures import jpeg, opened

T = TypeVar("T")
MAX_NEIGHBOUR_POOL = 20_000
"""Training photos among which neighbours are searched: 330 MB of fc7 vectors."""


@dataclass(frozen=True)
class Vectors:
    """The vectors of a dataset's photos that have one.

    Args:
        sha256s: P photos, those of the train split first.
        values: (P, D) float32; row i belongs to sha256s[i].
        train: how many of the photos are in the train split.
        command: what computes the vectors that are not here.
    """

    sha256s: list[str]
    values: NDArray[np.float32]
    train: int
    command: str

    @cached_property
    def index(self) -> dict[str, int]:
        """The row of each photo."""
        return {sha256: number for number, sha256 in enumerate(self.sha256s)}

    @cached_property
    def pool(self) -> Pool:
        """The training photos, to search for neighbours."""
        return Pool(self.sha256s[: self.train], self.values[: self.train])

    def select(self, sha256s: Sequence[str]) -> NDArray[np.float32]:
        """Return the vectors of N photos, (N, D) float32.

        Raises:
            UserError: a photo has no vector.
        """
        missing = [sha256 for sha256 in sha256s if sha256 not in self.index]
        if missing:
            raise UserError(
                f"{len(missing)} of these photos have no vector, the first is {missing[0]}. "
                f"Run: {self.command}"
            )
        return self.values[[self.index[sha256] for sha256 in sha256s]]


class Library:
    """Loads what the pages show, and keeps it in memory. Safe to use from several threads."""

    def __init__(self) -> None:
        self._cache = FileCache(12)  # datasets, vectors and models of a few pipelines
        self._photos = FileCache(2000)  # JPEG files, about 40 kB each

    def catalogue(self, place: Place) -> Catalogue:
        """Return the dataset of a pipeline, without bytes.

        Raises:
            MissingStage: there is none.
            DamagedFile: a shard cannot be read.
        """
        # The manifest is written last: a dataset without one is not complete.
        if not (place.dataset / "manifest.json").exists():
            raise MissingStage(place.dataset, place.command("dataset"))
        return _retry_once(
            lambda: self._cache.get(
                ("catalogue", place), self._version(place), lambda: Catalogue.load(place.dataset)
            )
        )

    def _version(self, place: Place) -> object:
        shards = (path for table in Stage("dataset", place.dataset).tables() for path in table.paths)
        return file_version(place.dataset / "manifest.json", *shards)

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
        if sha256 not in self.catalogue(place).index:
            raise KeyError(sha256)
        # The key is the photo's own hash, so the entry never becomes wrong.
        return self._photos.get(
            (sha256, size),
            None,
            lambda: jpeg(opened(self.photo_bytes(place, sha256), (size, size)), size),
        )

    def vectors(self, place: Place, key: str) -> Vectors:
        """Return the vectors of a pipeline's photos from the cache `key`.

        Raises:
            MissingStage: there is no such cache, or it holds none of them.
        """
        directory = place.features / key
        version = self._version(place), file_version(*sorted(directory.glob("*.parquet")))
        return self._cache.get(("vectors", place, key), version, lambda: self._vectors(place, directory))

    def _vectors(self, place: Place, directory: Path) -> Vectors:
        catalogue = self.catalogue(place)
        with_vector = set()
        for path in shard_paths(directory):
            for batch in batches(path, ["sha256", "outcome"]):
                with_vector.update(batch.filter(pc.equal(batch["outcome"], "ok"))["sha256"].to_pylist())
        by_split = {
            split: [catalogue.sha256s[i] for i in np.flatnonzero(catalogue.split == split)]
            for split in ("train", "dev")
        }
        present = {
            split: [name for name in names if name in with_vector] for split, names in by_split.items()
        }
        # Neighbours come from train alone: they explain what the model learned from.
        train = present["train"][:MAX_NEIGHBOUR_POOL]
        names = [*train, *present["dev"]]
        if not names:
            raise MissingStage(directory, place.command("features"))
        command = place.command("features")
        return Vectors(names, vectors(directory, names, place), len(train), command)

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

    def extractor(self, place: Place, captioner: Captioner) -> Extractor:
        """Return the network that computes the vectors that a model was trained on.

        Raises:
            UserError: its weights are missing.
        """
        # The weights do not change under one name, so this entry needs no version.
        options = captioner.feature_options()
        weights = place.data / "weights"
        return self._cache.get(
            ("extractor", place.data, options.model_dump_json()), None, lambda: Extractor(options, weights)
        )


def _retry_once(read: Callable[[], T]) -> T:
    """Read, and read again if that fails: another process may have replaced the stage meanwhile."""
    try:
        return read()
    except (DamagedFile, FileNotFoundError):
        return read()
