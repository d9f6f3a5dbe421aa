"""ONNX Runtime on the CPU: one thread per batch, as many batches at once as there are cores.

Each core decodes and computes a batch of its own, and none waits for another; all share the weights. B photos
of S x S pixels in a batch, D values in a vector.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np
import onnxruntime

from featurize.backends.onnx_model import export
from featurize.caffe.layers import InnerProduct
from featurize.caffe.network import Network
from store.processes.cores import cores

IMAGES, VECTORS = "images", "vectors"  # what `onnx_model` calls input and output
MAX_CONVOLUTION_BATCH = 8
"""Photos that convolutions compute at once: values between layers then stay in the core's cache."""


class OnnxBackend:
    """A session of our own whose input are photos, or what was computed of them; see `Backend`.

    Args:
        max_batch: photos per call of the session; None means all.
        dimensions: D.
    """

    name = "onnx"

    def __init__(self, session: onnxruntime.InferenceSession, max_batch: int | None, dimensions: int) -> None:
        self._session, self._max_batch, self.dimensions = session, max_batch, dimensions
        self.threads = cores()

    def run(self, images: np.ndarray) -> np.ndarray:
        """Return (B, D) float32 for images (B, 3, S, S) float32; see `Backend.run`."""
        size = self._max_batch or len(images)
        parts = [images[first : first + size] for first in range(0, len(images), size)]
        return np.concatenate([self._session.run([VECTORS], {IMAGES: part})[0] for part in parts])


class NetworkBackend:
    """A network of Caffe layers on ONNX Runtime; see `Backend`.

    Layers before the first inner product run on a few photos at a time: their weights are small, and their
    results are large. Inner products run on the whole batch: each call reads all their weights once, and
    those are most of the network's.
    """

    name = "onnx"

    def __init__(self, network: Network) -> None:
        self.threads, self.dimensions = cores(), network.dimensions
        convolutions, dense = network.split(InnerProduct)
        self._convolutions, self._dense = _backend(convolutions, MAX_CONVOLUTION_BATCH), _backend(dense, None)
        self._dense_input = dense.input

    def run(self, images: np.ndarray) -> np.ndarray:
        """Return (B, D) float32 for images (B, 3, S, S) float32; see `Backend.run`."""
        values = self._convolutions.run(images)
        return self._dense.run(values.reshape(len(images), *self._dense_input))


def _backend(network: Network, max_batch: int | None) -> OnnxBackend:
    """Return a network, or a part of one, as one session."""
    return OnnxBackend(session_of(network), max_batch, network.dimensions)


def session_of(network: Network) -> onnxruntime.InferenceSession:
    """Return a session of `network`."""
    # Without fusing: `onnx_model` writes wide padding as a step of its own, which is faster.
    model, weights = export(network)
    options = onnxruntime.SessionOptions()
    return session(model.SerializeToString(), options, weights, ["Pad_Fusion"])


def session(
    model: bytes | str,
    options: onnxruntime.SessionOptions,
    weights: Mapping[str, np.ndarray] = MappingProxyType({}),
    disabled: Sequence[str] = (),
) -> onnxruntime.InferenceSession:
    """Return a session of one thread, without the graph optimizers `disabled`."""
    # Cores are used by calling with several batches at once; threads within a call would compete with those.
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4  # errors are raised; ONNX Runtime would print them too
    if weights:
        values = [onnxruntime.OrtValue.ortvalue_from_numpy(array) for array in weights.values()]
        options.add_external_initializers(list(weights), values)
    return onnxruntime.InferenceSession(
        model, options, providers=["CPUExecutionProvider"], disabled_optimizers=list(disabled)
    )
