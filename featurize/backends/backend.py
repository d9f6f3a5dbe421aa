"""The interface of the backends, and the choice between them.

B photos in a batch, H rows and W columns of a photo, D values in a vector.
"""

import importlib.util
from typing import Literal, Protocol

import numpy as np

from featurize.caffe.network import Network

Name = Literal["onnx", "cupy", "numpy"]


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


def choose(setting: Literal["auto", "onnx", "cupy", "numpy"]) -> tuple[Name, str]:
    """Return the backend for `features.backend`, and the reason in a few words."""
    if setting != "auto":
        return setting, "as set"
    if importlib.util.find_spec("cupy") is None:
        return "onnx", "no CuPy, so no GPU is used"
    from store.chainer_compat import gpu_problem

    problem = gpu_problem()
    return ("onnx", problem) if problem else ("cupy", "a GPU is there")


def start(network: Network, name: Name) -> Backend:
    """Return `network` ready to run on the backend `name`."""
    if name == "onnx":
        from featurize.backends.onnx import NetworkBackend

        return NetworkBackend(network)
    if name == "cupy":
        from featurize.backends.cupy_network import CupyBackend

        return CupyBackend(network)
    from featurize.backends.chainer_network import ChainerBackend

    return ChainerBackend(network)
