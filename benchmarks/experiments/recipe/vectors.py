"""Caches of vectors as the published code has them: with its preprocessing, with dropout, or with both.

N photos, D values of a vector.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from benchmarks.experiments.recipe.dropout import Fc7
from benchmarks.experiments.recipe.preprocessing import SIDE, prepared
from dataset import read as dataset_read
from featurize import cache, read
from featurize.backends.backend import choose, start
from featurize.caffe import caffemodel
from featurize.caffe.layers import InnerProduct
from featurize.preprocess import Recipe
from featurize.weights import locate
from store.photo.decode import decode
from store.place import Place
from store.register.listed import list_files
from store.register.stages import Stage

BATCH = 64


def fc7_of(path: Path) -> Fc7:
    """Return CaffeNet's layer fc7 from its weights file."""
    layers = caffemodel.read(path, "fc7", SIDE).layers
    dense = [layer for layer in layers if isinstance(layer, InnerProduct)][-1]
    return Fc7(dense.weights, dense.bias)


def vectors(place: Place, weights: str, *, its_preprocessing: bool, dropout: bool) -> Path:
    """Return the cache of fc7 vectors of a dataset's photos, computed as far as they are missing.

    With dropout each photo has one draw, which its sha256 decides: what a caption is written from. Training
    draws anew, see `fc6`.

    Args:
        place: the pipeline's.
        weights: as `features.weights`.
        its_preprocessing: photos are fed as the published code does it, not as Caffe.
    """
    inputs = fc6(place, weights, its_preprocessing=its_preprocessing)
    fc7 = fc7_of(locate(weights, place.weights))
    directory = place.features / f"{inputs.name.replace('fc6', 'fc7')}{'-dropout' if dropout else ''}"

    def rows(missing: Iterator[tuple[str, bytes]]) -> Iterator[tuple[str, np.ndarray]]:
        for batch in cache.batched((sha256 for sha256, _ in missing), BATCH):
            values = read.read(inputs, place).of(batch)[:]
            for sha256, value in zip(batch, values, strict=True):
                drawn = fc7.drawn(value[None], int(sha256, 16)) if dropout else fc7(value[None])
                yield sha256, drawn[0]

    return _filled(place, directory, len(fc7.bias), rows)


def fc6(place: Place, weights: str, *, its_preprocessing: bool) -> Path:
    """Return the cache of fc6 vectors, after the ReLU, of a dataset's photos."""
    network = caffemodel.read(locate(weights, place.weights), "fc6", SIDE)
    backend = start(network, choose("auto")[0])
    recipe = Recipe("caffe", SIDE)
    fed = "published" if its_preprocessing else "caffe"

    def rows(missing: Iterator[tuple[str, bytes]]) -> Iterator[tuple[str, np.ndarray]]:
        for batch in cache.batched(missing, BATCH):
            pictures = [decode(content) for _, content in batch]
            images = [
                prepared(picture.image) if its_preprocessing else recipe.prepare(picture)
                for picture in pictures
            ]
            yield from zip((sha256 for sha256, _ in batch), backend.run(np.stack(images)), strict=True)

    directory = place.features / f"{Path(weights).stem}-fc6-{fed}"
    return _filled(place, directory, network.dimensions, rows)


def _filled(
    place: Place,
    directory: Path,
    dimensions: int,
    rows: Callable[[Iterator[tuple[str, bytes]]], Iterator[tuple[str, np.ndarray]]],
) -> Path:
    """Add to a cache what `rows` makes of the photos that it lacks, and return it."""
    shards = dataset_read.shards(place.dataset)
    positions = cache.missing(shards, directory)
    if len(positions):
        with cache.writer(directory, dimensions, "float32") as writer:
            for sha256, vector in rows(cache.photos(shards, positions)):
                writer.append({"sha256": sha256, "outcome": "ok", "error": None, "vector": vector})
        list_files(Stage("features", directory))
    return directory
