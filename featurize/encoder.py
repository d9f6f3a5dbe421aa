"""What turns photos into vectors: a network with its preprocessing, or chance as the control.

Shapes: B photos in a batch, D values in a vector.
"""

import math
from collections.abc import Sequence
from pathlib import Path
from statistics import NormalDist
from typing import Protocol

import numpy as np

from featurize.backends.backend import Backend, choose, start
from featurize.options import FeatureOptions, RandomOptions
from featurize.preprocess import Recipe, Undecodable
from featurize.weights import locate
from store.errors import UserError
from store.processes.cores import cores

Row = dict[str, object]
Photos = Sequence[tuple[str, bytes]]


class Encoder(Protocol):
    """Turns photos into rows of a cache.

    Attributes:
        told: what it is and why, for the user.
        dimensions: D.
        threads: how many threads may usefully call it at once.
    """

    told: str
    dimensions: int
    threads: int

    def rows(self, photos: Photos) -> list[Row]:
        """Return a row for each of a batch of (sha256, bytes), in order. Thread-safe."""
        ...


def open_encoder(options: FeatureOptions, weights: Path) -> Encoder:
    """Return the encoder that the settings mean.

    Args:
        weights: the folder of made and fetched weights files.

    Raises:
        UserError: the weights cannot be had or used; the message says why.
    """
    if options.weights == "random":
        return RandomEncoder(options)
    path = locate(options.weights, weights)
    backend, size, reason = _onnx(path, options) if path.suffix == ".onnx" else _caffe(path, options)
    return NetworkEncoder(backend, Recipe(options.preprocess, size, options.mean), reason, options)


def _caffe(path: Path, options: FeatureOptions) -> tuple[Backend, int, str]:
    from featurize.caffe import caffemodel

    size = 227 if options.size is None and options.weights == "caffenet" else options.size
    network = caffemodel.read(path, options.layer, size)
    name, reason = choose(options.backend)
    return start(network, name), network.input[1], reason


def _onnx(path: Path, options: FeatureOptions) -> tuple[Backend, int, str]:
    from featurize.backends.onnx import open_model

    if options.backend not in ("auto", "onnx"):
        raise UserError(f"{path} runs on features.backend onnx, not on {options.backend}")
    layer = options.layer if "layer" in options.model_fields_set else None
    backend = open_model(path, layer, options.size)
    return backend, backend.size, "an ONNX model"


class NetworkEncoder:
    """Decodes a batch and runs the network on it, in the thread that calls; see `Encoder`."""

    def __init__(self, backend: Backend, recipe: Recipe, reason: str, options: FeatureOptions) -> None:
        self.told = f"{backend.name} ({reason}), {backend.dimensions:,} values a photo"
        self.dimensions, self.threads = backend.dimensions, backend.threads
        self._backend, self._recipe, self._precision = backend, recipe, np.dtype(options.precision)

    def rows(self, photos: Photos) -> list[Row]:
        """Return a row for each of a batch of (sha256, bytes), in order. Thread-safe."""
        rows, images = [], np.empty((len(photos), 3, self._recipe.size, self._recipe.size), np.float32)
        good: list[Row] = []
        for sha256, photo in photos:
            row: Row = {"sha256": sha256, "outcome": "ok", "error": None, "vector": None}
            rows.append(row)
            try:
                images[len(good)] = self._recipe.prepare(photo)
                good.append(row)
            except Undecodable as error:
                row.update(outcome="error", error=str(error))
        if good:
            self._give(good, self._backend.run(images[: len(good)]))
        return rows

    def _give(self, rows: Sequence[Row], vectors: np.ndarray) -> None:
        """Put each vector into its row; one that is not finite numbers of the precision is an error."""
        with np.errstate(over="ignore"):
            stored = vectors.astype(self._precision, copy=False)
        for row, vector in zip(rows, stored, strict=True):
            if np.isfinite(vector).all():
                row["vector"] = vector
            else:
                row.update(outcome="error", error=f"the network's values are no finite {self._precision}")


class RandomEncoder:
    """The article's control: a vector that tells nothing but which photo it is; see `Encoder`.

    Each is max(0, x) of normal x, drawn with the photo's hash as the seed, with the sparsity and the scale
    that the settings give.
    """

    def __init__(self, options: FeatureOptions) -> None:
        self.dimensions, self.threads = options.random.dimensions, cores()
        self.told = f"random vectors, {self.dimensions:,} values a photo"
        self._mean, self._deviation = normal(options.random)
        self._precision = np.dtype(options.precision)

    def rows(self, photos: Photos) -> list[Row]:
        """Return a row for each of a batch of (sha256, bytes), in order. Thread-safe."""
        return [
            {"sha256": sha256, "outcome": "ok", "error": None, "vector": self._draw(sha256)}
            for sha256, _ in photos
        ]

    def _draw(self, sha256: str) -> np.ndarray:
        drawn = np.random.default_rng(int(sha256, 16)).standard_normal(self.dimensions, np.float32)
        drawn *= np.float32(self._deviation)
        drawn += np.float32(self._mean)
        return np.maximum(drawn, 0, out=drawn).astype(self._precision, copy=False)


def normal(options: RandomOptions) -> tuple[float, float]:
    """Return mean and deviation of the normal x whose max(0, x) has the sparsity and scale asked for.

    With r = mean / deviation: P(x > 0) = Φ(r), and E[max(0, x)²] = deviation² ((1 + r²) Φ(r) + r φ(r)).
    """
    unit = NormalDist()
    ratio = unit.inv_cdf(1 - options.sparsity)
    square = (1 + ratio**2) * unit.cdf(ratio) + ratio * unit.pdf(ratio)
    deviation = options.scale / math.sqrt(square)
    return ratio * deviation, deviation
