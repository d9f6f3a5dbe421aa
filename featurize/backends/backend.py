"""The interface of the backends, and the choice between them.

B photos in a batch, H rows and W columns of a photo, D values in a vector.
"""

import importlib.util
from typing import Any, Protocol

import numpy as np

from featurize.caffe.network import Network
from store.errors import UserError
from store.plugins.find import Plugin, find

OURS = ("auto", "onnx", "cupy", "numpy")
"""The values of `features.backend` that name no code of others."""


class Backend(Protocol):
    """A network ready to run.

    Attributes:
        name: as in `features.backend`.
        dimensions: D.
        threads: how many threads may usefully call it at once, each with its own batch.
    """

    name: str
    dimensions: int
    threads: int

    def run(self, images: np.ndarray) -> np.ndarray:
        """Return the vectors of preprocessed photos. Thread-safe.

        Args:
            images: (B, 3, H, W) float32, as `featurize.preprocess` makes them.

        Returns:
            (B, D) float32 on the host; row i belongs to images[i].
        """
        ...


def outside(setting: str) -> Plugin | None:
    """Return the code of others that `features.backend` names; None where it names one of ours.

    Raises:
        UsageError: it names neither.
    """
    return None if setting in OURS else find("backend", setting, "features.backend", OURS)


def choose(setting: str) -> tuple[str, str]:
    """Return the backend for `features.backend`, and the reason in a few words."""
    if setting != "auto":
        return setting, "as set"
    if importlib.util.find_spec("cupy") is None:
        return "onnx", "no CuPy, so no GPU is used"
    from store.chainer_compat import gpu_problem

    problem = gpu_problem()
    return ("onnx", problem) if problem else ("cupy", "a GPU is there")


def start(network: Network, name: str) -> Backend:
    """Return `network` ready to run on the backend `name`.

    Raises:
        UsageError: there is no such backend.
        UserError: the code of others fails as it starts.
    """
    if plugin := outside(name):
        return OutsideBackend(plugin, network)
    if name == "onnx":
        from featurize.backends.onnx import NetworkBackend

        return NetworkBackend(network)
    if name == "cupy":
        from featurize.backends.cupy_network import CupyBackend

        return CupyBackend(network)
    from featurize.backends.chainer_network import ChainerBackend

    return ChainerBackend(network)


class OutsideBackend:
    """A backend of other people's code: a callable that takes a Network and returns a `Backend`.

    Raises:
        UsageError: it is not there, or what it returns lacks something of a `Backend`.
        UserError: it fails as it starts.
    """

    def __init__(self, plugin: Plugin, network: Network) -> None:
        self._plugin, self.name = plugin, plugin.name
        make: Any = plugin.load("__call__")
        with plugin.blamed("started"):
            self._backend: Any = make(network)
            self.threads = max(1, int(self._backend.threads))
            self.dimensions = int(self._backend.dimensions)
        if self.dimensions != network.dimensions:
            given = f"{self.dimensions:,} values a photo, and the network gives {network.dimensions:,}"
            raise UserError(f"{plugin} gives {given}")

    def run(self, images: np.ndarray) -> np.ndarray:
        """Return (B, D) float32 for images (B, 3, H, W) float32; see `Backend.run`.

        Raises:
            UserError: it fails, or returns an array of another shape.
        """
        with self._plugin.blamed(f"computed {len(images)} photos"):
            vectors = np.asarray(self._backend.run(images), np.float32)
        if vectors.shape != (len(images), self.dimensions):
            right = (len(images), self.dimensions)
            raise UserError(f"{self._plugin} returned an array of {vectors.shape}, not of {right}")
        return vectors
