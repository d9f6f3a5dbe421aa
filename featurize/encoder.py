"""Encoders turn photos into vectors: a network with its preprocessing, or random vectors as the control.

B photos in a batch, S rows and columns of the network's input, D values in a vector.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import NormalDist
from typing import Any, Protocol

import numpy as np

from featurize.backends.backend import Backend, choose, start
from featurize.feeding.doubts import response_doubts
from featurize.feeding.resolve import Fed, fed
from featurize.feeding.saved import DEFAULT_LAYER
from featurize.options import FeatureOptions, RandomOptions, is_onnx
from featurize.preprocess import Recipe
from featurize.weights import identity, known, locate
from store.errors import UserError
from store.photo.decode import Picture
from store.photo.errors import OutsideLimits, UnusablePhoto
from store.processes.cores import cores

Row = dict[str, object]
Photos = Sequence[tuple[str, bytes | Picture]]


class Encoder(Protocol):
    """Turns photos into rows of a cache.

    Attributes:
        about: what it is and why, for the user and for those who read its vectors.
        dimensions: D.
        threads: how many threads may usefully call it at once.
    """

    about: "About"
    dimensions: int
    threads: int

    def rows(self, photos: Photos) -> list[Row]:
        """Return a row for each of a batch of (sha256, photo), in order. Thread-safe.

        A photo that cannot be used has the outcome `error`; `refused`, if other settings might take it.
        """
        ...


@dataclass(frozen=True)
class About:
    """What is to be said of an encoder, and to be kept beside its vectors.

    Args:
        description: what computes, and why.
        feeding: what is done to photos, and who says so; nothing where nothing is.
        settings: of features, plain values, with nothing left open: they make the same vectors again.
        doubts: what speaks against this being right, a sentence each.
    """

    description: str
    feeding: str
    settings: dict[str, Any]
    doubts: tuple[str, ...] = ()


def open_encoder(options: FeatureOptions, weights: Path) -> Encoder:
    """Return the encoder that the settings ask for.

    Args:
        weights: the folder of made and fetched weights files.

    Raises:
        UsageError: nothing says how photos are fed to it.
        UserError: the weights cannot be made, fetched or used; the message says why.
    """
    if options.weights == "random":
        return RandomEncoder(options)
    path = locate(options.weights, weights)
    how = fed(options, path, weights)
    return _onnx(path, how, weights) if is_onnx(path) else _caffe(path, how)


def _caffe(path: Path, how: Fed) -> Encoder:
    """Return the encoder of a .caffemodel."""
    from featurize.caffe import caffemodel

    options, layer = how.options, how.options.layer or DEFAULT_LAYER
    size = 227 if options.size is None and options.weights == "caffenet" else options.size
    network = caffemodel.read(path, layer, size)
    name, reason = choose(options.backend)
    backend, recipe = start(network, name), how.recipe(network.input[1])
    return NetworkEncoder(backend, recipe, reason, options.model_copy(update={"layer": layer}), how)


def _onnx(path: Path, how: Fed, weights: Path) -> Encoder:
    """Return the encoder of an .onnx file that was tried on two pictures."""
    from featurize.backends.onnx_limits import Limits
    from featurize.backends.onnx_open import open_model
    from featurize.backends.onnx_trial import tried

    options = how.options
    if options.backend not in ("auto", "onnx"):  # of others too: they run networks of Caffe layers
        raise UserError(f"{path} runs on features.backend onnx, not on {options.backend}")
    beside = [path.parent / name for name in known(path, weights).external]
    # First: nothing ends what takes for ever as it is loaded here.
    found = tried(path, options, identity(str(path), weights), beside, weights)
    limits = Limits(options.seconds, int(options.memory_gb * 1e9))
    backend = open_model(path, options.layer, options.size, options.pool, limits)
    backend.take(found)
    recipe = how.recipe(backend.size)
    doubts = (*how.doubts, *response_doubts(found.response))
    reason = f"an ONNX model, output {backend.output}" + (f", {found.remark}" if found.remark else "")
    resolved = options.model_copy(update={"layer": backend.output, "pool": options.pool or "flatten"})
    return NetworkEncoder(backend, recipe, reason, resolved, replace(how, doubts=doubts))


class NetworkEncoder:
    """Decodes a batch and runs the network on it, in the thread that calls; see `Encoder`."""

    def __init__(
        self, backend: Backend, recipe: Recipe, reason: str, options: FeatureOptions, how: Fed
    ) -> None:
        description = f"{backend.name} ({reason}), {backend.dimensions:,} values a photo"
        settings = options.model_copy(update=recipe.resolved()).of_result()
        self.about = About(description, f"{recipe} ({how.source})", settings, how.doubts)
        self.dimensions, self.threads = backend.dimensions, backend.threads
        self._backend, self._recipe, self._precision = backend, recipe, np.dtype(options.precision)

    def rows(self, photos: Photos) -> list[Row]:
        """Return a row for each of a batch of (sha256, bytes), in order. Thread-safe."""
        size = self._recipe.size
        rows, images = [], np.empty((len(photos), 3, size, size), np.float32)
        decoded: list[Row] = []
        for sha256, photo in photos:
            row: Row = {"sha256": sha256, "outcome": "ok", "error": None, "vector": None}
            rows.append(row)
            try:
                images[len(decoded)] = self._recipe.prepare(photo)
                decoded.append(row)
            except UnusablePhoto as error:
                outcome = "refused" if isinstance(error, OutsideLimits) else "error"
                row.update(outcome=outcome, error=str(error))
        if decoded:
            self._store(decoded, self._backend.run(images[: len(decoded)]))
        return rows

    def _store(self, rows: Sequence[Row], vectors: np.ndarray) -> None:
        """Put vectors (B, D) into their rows; one that is not finite in the stored precision is an error."""
        with np.errstate(over="ignore"):  # beyond float16's 65,504 is infinity, which is checked next
            stored = vectors.astype(self._precision, copy=False)
        for row, vector in zip(rows, stored, strict=True):
            if np.isfinite(vector).all():
                row["vector"] = vector
            else:
                row.update(outcome="error", error=f"the network's values are no finite {self._precision}")


class RandomEncoder:
    """The article's control: a vector that identifies its photo and says nothing about it; see `Encoder`.

    Each is max(0, x) of normal x, with the sparsity and the scale of the settings. The photo's hash is the
    seed, so a photo always has the same vector.
    """

    def __init__(self, options: FeatureOptions) -> None:
        self.dimensions, self.threads = options.random.dimensions, cores()
        self.about = About(f"random vectors, {self.dimensions:,} values a photo", "", options.of_result())
        self._mean, self._deviation = normal(options.random)
        self._precision = np.dtype(options.precision)

    def rows(self, photos: Photos) -> list[Row]:
        """Return a row for each of a batch of (sha256, bytes), in order. Thread-safe."""
        return [
            {"sha256": sha256, "outcome": "ok", "error": None, "vector": self._draw(sha256)}
            for sha256, _ in photos
        ]

    def _draw(self, sha256: str) -> np.ndarray:
        """Return the vector of a photo, (D,) in the stored precision."""
        vector = np.random.default_rng(int(sha256, 16)).standard_normal(self.dimensions, np.float32)
        vector *= np.float32(self._deviation)
        vector += np.float32(self._mean)
        return np.maximum(vector, 0, out=vector).astype(self._precision, copy=False)


def normal(options: RandomOptions) -> tuple[float, float]:
    """Return mean and deviation of the normal x whose max(0, x) has the sparsity and scale of the settings.

    With r = mean / deviation: P(x > 0) = Φ(r), and E[max(0, x)²] = deviation² ((1 + r²) Φ(r) + r φ(r)).
    """
    unit = NormalDist()  # Φ is its cdf, φ its pdf
    ratio = unit.inv_cdf(1 - options.sparsity)
    square = (1 + ratio**2) * unit.cdf(ratio) + ratio * unit.pdf(ratio)
    deviation = options.scale / math.sqrt(square)
    return ratio * deviation, deviation
