"""A backend that gives twice what the plain reference does, so that one sees who computed."""

import numpy as np

from featurize.backends.chainer_network import ChainerBackend
from featurize.caffe.network import Network


class Twice:
    """See `featurize.backends.backend.Backend`."""

    name, threads = "twice", 1

    def __init__(self, network: Network) -> None:
        self._reference = ChainerBackend(network)
        self.dimensions = network.dimensions

    def run(self, images: np.ndarray) -> np.ndarray:
        """Return (B, D) float32 for images (B, 3, H, W) float32."""
        return 2 * self._reference.run(images)


def start(network: Network) -> Twice:
    """Return the network ready to run."""
    return Twice(network)
