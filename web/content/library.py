"""Everything the pages read: datasets, photos, vectors, models; each kept until its files change."""

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
from store.shards import shard_paths
from train.captions.captioner import Captioner
from train.captions.mismatch import Pool
from web.content.catalogue import Catalogue
from web.content.shelf import Shelf, stamp
from web.pictures import jpeg

T = TypeVar("T")
LARGEST_POOL = 20_000
"""Training photos that neighbours are looked for among: 330 MB of fc7 vectors."""


@dataclass(frozen=True)
class Vectors:
    """The vectors of a dataset's photos, as far as they have been computed: (P, D), row i of sha256s[i]."""

    sha256s: list[str]
    values: NDArray[np.float32]
    train: int
    """The first so many are of the train split."""

    @cached_property
    def place(self) -> dict[str, int]:
        """The row of each photo."""
        return {sha256: number for number, sha256 in enumerate(self.sha256s)}

    @cached_property
    def pool(self) -> Pool:
        """The training photos, to find neighbours among."""
        return Pool(self.sha256s[: self.train], self.values[: self.train])

    def of(self, sha256s: Sequence[str]) -> NDArray[np.float32]:
        """Return the vectors (N, D) of some photos.

        Raises:
            UserError: one has none.
        """
        missing = [sha256 for sha256 in sha256s if sha256 not in self.place]
        if missing:
            raise UserError(
                f"{len(missing)} of these photos have no vector, the first is {missing[0]}. "
                "Run: bokeru features"
            )
        return self.values[[self.place[sha256] for sha256 in sha256s]]


class Library:
    """Reads and keeps. Safe to use from several threads."""

    def __init__(self) -> None:
        self._shelf, self._photos = Shelf(12), Shelf(2000)

    def catalogue(self, place: Place) -> Catalogue:
        """Return the dataset of a pipeline, without bytes.

        Raises:
            MissingStage: there is none.
            DamagedFile: a shard cannot be read.
        """
        if not (place.dataset / "manifest.json").exists():
            raise MissingStage(place.dataset, place.command("dataset"))
        return _again(
            lambda: self._shelf.get(
                ("catalogue", place), self._version(place), lambda: Catalogue.load(place.dataset)
            )
        )

    def _version(self, place: Place) -> object:
        return stamp(place.dataset / "manifest.json", *sorted(place.dataset.glob("*.parquet")))

    def content(self, place: Place, sha256: str) -> bytes:
        """Return a photo's bytes as they were fetched.

        Raises:
            KeyError: the dataset has no such photo.
        """

        def read() -> bytes:
            catalogue = self.catalogue(place)
            return catalogue.bytes(catalogue.place[sha256])

        return _again(read)

    def jpeg(self, place: Place, sha256: str, size: int) -> bytes:
        """Return a photo as a fresh JPEG of at most `size` pixels a side.

        Raises:
            KeyError: the dataset has no such photo.
            UnusablePhoto: it cannot be decoded.
        """
        if sha256 not in self.catalogue(place).place:
            raise KeyError(sha256)
        return self._photos.get((sha256, size), None, lambda: jpeg(self.content(place, sha256), size))

    def vectors(self, place: Place, key: str) -> Vectors:
        """Return the vectors of a pipeline's photos from the cache `key`.

        Raises:
            MissingStage: there is no such cache, or it holds none of them.
        """
        directory = place.features / key
        version = self._version(place), stamp(*sorted(directory.glob("*.parquet")))
        return self._shelf.get(("vectors", place, key), version, lambda: self._vectors(place, directory))

    def _vectors(self, place: Place, directory: Path) -> Vectors:
        catalogue = self.catalogue(place)
        known = set()
        for path in shard_paths(directory):
            for batch in batches(path, ["sha256", "outcome"]):
                known.update(batch.filter(pc.equal(batch["outcome"], "ok"))["sha256"].to_pylist())
        by_split = {
            split: [catalogue.sha256s[i] for i in np.flatnonzero(catalogue.split == split)]
            for split in ("train", "dev")
        }
        there = {split: [name for name in names if name in known] for split, names in by_split.items()}
        train = there["train"][:LARGEST_POOL]
        names = [*train, *there["dev"]]
        if not names:
            raise MissingStage(directory, place.command("features"))
        return Vectors(names, vectors(directory, names), len(train))

    def captioner(self, run: Path) -> Captioner:
        """Return the model of a run.

        Raises:
            UserError: it has none, or its files do not belong together.
        """
        model = run / "model"
        version = stamp(*(model / name for name in ("model.safetensors", "config.json", "vocabulary.json")))
        return self._shelf.get(("captioner", run), version, lambda: Captioner.load(model))

    def extractor(self, place: Place, captioner: Captioner) -> Extractor:
        """Return the network that makes such vectors as a model reads.

        Raises:
            UserError: its weights are not there.
        """
        options = captioner.feature_options()
        weights = place.data / "weights"
        return self._shelf.get(
            ("extractor", place.data, options.model_dump_json()), None, lambda: Extractor(options, weights)
        )


def _again(read: Callable[[], T]) -> T:
    """Read, and once more where the stage was replaced by a newer one while it was read."""
    try:
        return read()
    except (DamagedFile, FileNotFoundError):
        return read()
