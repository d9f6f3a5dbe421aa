"""Vectors for the photos of a large pipeline, as CaffeNet's fc7 looks, without the network's hours.

What two photos show decides how near their vectors are: the subject, then the place, then chance. Half of the
values are 0 and the root of the mean square is 70, as `features.random` has it of untrained CaffeNet.
"""

import zlib
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from benchmarks.size.photos import original
from demo.scenes import Scene
from featurize import cache
from featurize.extract import SETTINGS, key
from featurize.options import FeatureOptions
from store.register.listed import list_files
from store.register.stages import Stage
from store.whole_file import write_json

DIMENSIONS = 4096
_SUBJECT, _PLACE, _OWN, _COPY = 0.7, 0.3, 0.65, 0.05
"""How much of a vector is its subject's, its place's and its own; how far from it a near copy's is."""
_SCALE = 100.0


def write(data: Path, photos: Iterable[tuple[str, Scene]]) -> Path:
    """Write the vectors of photos into the cache that `features:` without settings names; return its folder.

    Args:
        data: the folder of all output.
        photos: sha256 and scene of each photo, in the order of their numbers.
    """
    options = FeatureOptions()
    directory = data / "features" / key(options, data / "weights")
    with cache.writer(directory, DIMENSIONS, options.precision) as writer:
        write_json(directory / SETTINGS, options.of_result())
        before: np.ndarray = np.zeros(DIMENSIONS, np.float32)
        for number, (sha256, scene) in enumerate(photos):
            drawn = _drawn(scene)
            before = before + _COPY * drawn if original(number) != number else _of(scene, drawn)
            vector = np.maximum(before * _SCALE, 0, dtype=np.float32)
            writer.append({"sha256": sha256, "outcome": "ok", "error": None, "vector": vector})
    list_files(Stage("features", directory))
    return directory


def _of(scene: Scene, drawn: np.ndarray) -> np.ndarray:
    """Return a photo's values before ReLU, (D,) float32.

    Args:
        drawn: (D,) float32, normal, of this photo alone.
    """
    return _SUBJECT * _direction(scene.subject) + _PLACE * _direction(scene.place) + _OWN * drawn


def _drawn(scene: Scene) -> np.ndarray:
    return np.random.default_rng((scene.seed, scene.photo)).standard_normal(DIMENSIONS, np.float32)


_DIRECTIONS: dict[str, np.ndarray] = {}


def _direction(name: str) -> np.ndarray:
    """Return what all photos with a subject, or in a place, have in common, (D,) float32."""
    if name not in _DIRECTIONS:
        source = np.random.default_rng(zlib.crc32(name.encode()))
        _DIRECTIONS[name] = source.standard_normal(DIMENSIONS, np.float32)
    return _DIRECTIONS[name]
