"""Where the map shows photos: computed once for the vectors of a cache, and kept in an Arrow file.

N photos on the map, P photos of the dataset.
"""

import glob
import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from featurize.projection.plane import plane
from featurize.read import Vectors
from store.errors import DamagedFile, UserError
from store.manifest import file_list, fingerprint, read_manifest
from store.place import MAP, Place
from store.register import arrow_file
from store.whole_file import remove_leftovers
from web.content.catalogue import Catalogue
from web.content.index import LEFT
from web.content.library import Library
from web.content.map.thumbnails import thumbnails

FORMAT = 2
"""Counts up when the files come to hold something else: those of another format are made again."""
SCHEMA = pa.schema(
    [("sha256", pa.string()), ("x", pa.float32()), ("y", pa.float32()), ("thumbnail", pa.binary())]
)
_MADE_FROM, _PHOTOS = b"made_from", b"photos"
Report = Callable[[int, int], None]
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Layout:
    """A map.

    Attributes:
        sha256s: of the photos (N,).
        places: (N, 2) float32, from -1 to 1.
        thumbnails: the pixels of each, 64 × 64 × 3 bytes of R, G, B; empty where it cannot be decoded.
        photos: how many photos of the dataset have a vector: the map shows some of these.
        version: changes with all of it.
    """

    sha256s: list[str]
    places: NDArray[np.float32]
    thumbnails: list[bytes]
    photos: int
    version: str


def open_layout(library: Library, place: Place, key: str) -> Layout:
    """Return the map of a pipeline by the vectors in the cache `key`, made anew where there is none of these.

    Raises:
        UserError: none of the photos has a vector.
        DamagedFile: a shard cannot be read.
        NotReady: it is being made.
    """
    # The files first: what changes while the others are awaited makes the map one of an earlier version.
    most, stored = library.options.map_photos, library.made_of(place, key)
    catalogue, vectors = library.catalogue(place), library.vectors(place, key)

    def make(report: Report) -> Layout:
        dataset = str((read_manifest(place.dataset) or {}).get("fingerprint"))
        made_from = fingerprint(FORMAT, dataset, file_list(vectors.paths), most)
        directory = place.directory / MAP
        if (table := _kept(directory, key, made_from)) is None:
            table = _made(catalogue, vectors, dataset, most, report).replace_schema_metadata(
                {_MADE_FROM: made_from, _PHOTOS: str(len(_having(catalogue, vectors)))}
            )
            path = _keep(directory, key, table)
            if path and library.made_of(place, key) != stored:  # by `forget`, say: what is gone must not stay
                path.unlink(missing_ok=True)
        return _layout(table, made_from)

    version = most, *(each.version for each in stored)
    return library.prepared(("map", place, key), version, "The map of the photos is being made", make)


def _layout(table: pa.Table, version: str) -> Layout:
    return Layout(
        table["sha256"].to_pylist(),
        np.stack([table["x"].to_numpy(), table["y"].to_numpy()], 1),
        table["thumbnail"].to_pylist(),
        int(table.schema.metadata[_PHOTOS]),
        version,
    )


def _having(catalogue: Catalogue, vectors: Vectors) -> NDArray[np.int64]:
    """Return the numbers of the photos that have a vector, in the order of their sha256."""
    order = catalogue.photos["by_sha256"].to_numpy()
    return np.asarray(order[vectors.find(catalogue.photos["sha256"].take(pa.array(order))) >= 0])


def _made(catalogue: Catalogue, vectors: Vectors, dataset: str, most: int, report: Report) -> pa.Table:
    """Return the rows of a map, in the order of their sha256: nothing depends on that of the dataset."""
    having = _having(catalogue, vectors)
    if not len(having):
        raise UserError(f"There is no photo to show: none has a vector in {vectors.directory}.")
    random = np.random.default_rng(list(dataset.encode()))
    chosen = having[np.sort(random.permutation(len(having))[:most])]
    names = catalogue.photos["sha256"].take(pa.array(chosen)).combine_chunks()
    # Photos take about as long as the steps: each counts for one half.
    places = plane(vectors.of(names)[:], lambda done, total: report(done, 2 * total))
    pictures = thumbnails(catalogue, chosen, lambda done, total: report(total + done, 2 * total))
    across, down = places.astype(np.float32).T
    return pa.table([names, across, down, pa.array(pictures, pa.binary())], SCHEMA)


def _kept(directory: Path, key: str, made_from: str) -> pa.Table | None:
    """Return the rows of the map that was made of these versions; None where there is none that is whole."""
    for path in _files(directory, key):
        try:
            if arrow_file.metadata(path).get(_MADE_FROM) == made_from.encode():
                arrow_file.check(path)
                return arrow_file.mapped(path)
        except (DamagedFile, OSError) as error:
            log.warning("%s It is made again.", error)
    return None


def _keep(directory: Path, key: str, table: pa.Table) -> Path | None:
    """Write a map in the place of earlier ones; return its file, None where none can be written."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
        remove_leftovers(directory, LEFT)
        earlier = _files(directory, key)
        written = arrow_file.write(directory, key, table.schema, table.combine_chunks().to_batches())
        for path in earlier:
            if path != written:
                path.unlink(missing_ok=True)
    except OSError as error:
        reason = error.strerror or error
        log.warning("%s cannot be written (%s): the map is made again by the next start", directory, reason)
        return None
    return written


def _files(directory: Path, key: str) -> list[Path]:
    return sorted(directory.glob(f"{glob.escape(key)}-*{arrow_file.SUFFIX}"))
