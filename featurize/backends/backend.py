"""What the backends have in common, and the choice between them."""

import importlib.util
from typing import Literal, Protocol

import numpy as np

from featurize.caffe.network import Network

Name = Literal["onnx", "cupy", "numpy"]


class Backend(Protocol):
    """A network ready to run.

    Attributes:
        name: which backend it is.
        dimensions: D, the length of a vector.
        threads: how many threads may usefully call it at once, each with its own batch.
    """

    name: str
    dimensions: int
    threads: int

    def run(self, images: np.ndarray) -> np.ndarray:
        """Return (B, D) float32 on the host for prepared photos (B, 3, H, W) float32. Thread-safe."""
        ...


def choose(asked: Literal["auto", "onnx", "cupy", "numpy"]) -> tuple[Name, str]:
    """Return the backend to use, and why in a few words."""
    if asked != "auto":
        return asked, "as set"
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
