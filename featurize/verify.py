"""What `bokeru verify` checks in a cache of vectors: one row a photo, numbers, and a sample of them anew."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dataset import read
from featurize.cache import batched, batches
from featurize.encoder import Encoder, RandomEncoder, open_encoder
from featurize.extract import SETTINGS
from featurize.feeding.saved import DIGEST, saved_options
from featurize.fetch import CAFFENET
from featurize.weights import UNTRAINED, at_home, check_unchanged
from store.errors import DamagedFile, UserError
from store.manifest import NAME as MANIFEST
from store.place import Place
from store.register.stages import Stage
from store.register.verify import Problem, Problems, check_files, check_manifest, check_table
from store.whole_file import read_object

SAMPLE = 32
"""So many vectors of a cache are computed again, spread evenly over it, the first and the last among them."""
TOLERANCE = 0.01
"""How far a vector may be from the one computed again, as a share of its length. Backends and half precision
differ by a tenth of that; vectors of two photos by far more."""
BATCH = 32


def check(stage: Stage) -> Problems:
    """Yield what is wrong with a cache."""
    yield from check_files(stage, closer=(MANIFEST,))
    yield from check_manifest(stage)
    rows_of: Counter[str] = Counter()

    def check_vectors(path: Path, rows: pa.Table) -> Problems:
        rows_of.update(rows["sha256"].to_pylist())
        computed = pc.equal(rows["outcome"], "ok")
        vectors = rows["vector"].combine_chunks()
        if pc.sum(pc.xor(computed, vectors.is_valid())).as_py():
            yield Problem(f"{path}: rows whose outcome is ok without a vector, or with one though it is not")
        if not pc.all(pc.is_finite(vectors.flatten()), min_count=0).as_py():
            yield Problem(f"{path}: a vector holds values that are no numbers")

    for table in stage.tables():
        yield from check_table(table, check_vectors)
    for sha256, count in rows_of.items():
        if count > 1:
            yield Problem(f"{stage.directory}: photo {sha256} has {count} rows", damaged=False)


def check_inputs(stage: Stage, *, everything: bool = False) -> Problems:
    """Yield the vectors, of a sample or of all, that are not those of their photos.

    Only those are computed again whose photos are in a dataset of the same data folder, and only where the
    weights are here: nothing is made or fetched for it.
    """
    try:
        encoder = _encoder(stage.directory)
        if encoder is not None:
            for path, sha256s in _chosen(stage, everything):
                yield from _recomputed(path, sha256s, encoder, Place.using(stage.directory).data)
    except (DamagedFile, pa.ArrowException, OSError):
        return  # said where that file is checked
    except UserError as error:
        yield Problem(f"{stage.directory / SETTINGS}: its vectors cannot be computed again: {error}")


def _encoder(directory: Path) -> Encoder | None:
    """Return what computed the vectors; None where its weights are not here."""
    weights = Place.using(directory).weights
    try:
        settings = read_object(directory / SETTINGS)
        options = saved_options(settings)
    except FileNotFoundError:
        return None
    files = {"untrained": weights / UNTRAINED, "caffenet": weights / CAFFENET.file}
    path = files.get(options.weights, at_home(options.weights))
    if options.weights != "random" and not path.is_file():
        return None
    check_unchanged(options.weights, weights, settings.get(DIGEST))
    return open_encoder(options, weights)


def _chosen(stage: Stage, everything: bool) -> Iterator[tuple[Path, list[str]]]:
    """Yield, for each shard, the photos whose vectors are to be computed again."""
    names = []
    for path in stage.table("features").paths:
        for batch in batches(path, ["sha256", "outcome"]):
            computed = batch.filter(pc.equal(batch["outcome"], "ok"))["sha256"].to_pylist()
            names += [(path, sha256) for sha256 in computed]
    places = range(len(names)) if everything else np.linspace(0, len(names) - 1, SAMPLE).round().astype(int)
    by_path: dict[Path, dict[str, None]] = {}
    for place in places if names else ():
        path, sha256 = names[place]
        by_path.setdefault(path, {})[sha256] = None
    yield from ((path, list(sha256s)) for path, sha256s in by_path.items())


def _recomputed(path: Path, sha256s: list[str], encoder: Encoder, data: Path) -> Problems:
    """Yield which vectors of a shard are not those that the encoder computes of their photos."""
    wanted, vectors = pa.array(sha256s, pa.string()), {}
    for batch in batches(path, ["sha256", "vector"]):
        rows = batch.filter(pc.is_in(batch["sha256"], wanted))
        for sha256, vector in zip(rows["sha256"].to_pylist(), rows["vector"], strict=True):
            vectors[sha256] = np.asarray(vector.values, np.float32)
    # A random vector follows from the photo's name alone.
    blind = isinstance(encoder, RandomEncoder)
    found = ((sha256, b"") for sha256 in sha256s) if blind else _photos(set(sha256s), data)
    for photos in batched(found, BATCH):
        for row in encoder.rows(photos):
            if row["outcome"] == "ok" and np.isfinite(vectors[str(row["sha256"])]).all():
                right = np.asarray(row["vector"], np.float32)
                yield from _compared(path, str(row["sha256"]), vectors[str(row["sha256"])], right)


def _photos(wanted: set[str], data: Path) -> Iterator[tuple[str, bytes]]:
    """Yield sha256 and bytes of photos, from whichever datasets have them."""
    for dataset in sorted(data.glob("*/dataset")):
        if wanted and read.is_complete(dataset):
            for sha256, content in read.photo_bytes(dataset, wanted):
                if sha256 in wanted:
                    wanted.discard(sha256)
                    yield sha256, content


def _compared(path: Path, sha256: str, found: np.ndarray, right: np.ndarray) -> Problems:
    if found.shape != right.shape:
        yield Problem(f"{path}: the vector of photo {sha256} has {found.size} values, not {right.size}")
        return
    length = max(float(np.linalg.norm(right)), 1e-12)
    distance = float(np.linalg.norm(found - right)) / length
    if distance > TOLERANCE:
        text = f"{path}: the vector of photo {sha256} is not that of the photo"
        yield Problem(f"{text}: computed again, it is {distance:.0%} of its length away")
