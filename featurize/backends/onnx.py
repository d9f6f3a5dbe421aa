"""ONNX Runtime on the CPU: one thread per batch, as many batches at once as there are cores.

Each core decodes and computes a batch of its own, and none waits for another; all share the weights. B photos
of S x S pixels in a batch, D values in a vector.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import onnxruntime

from featurize.backends.onnx_model import export
from featurize.caffe.layers import InnerProduct
from featurize.caffe.network import Network
from store.errors import UserError
from store.processes.cores import cores

MAX_DIMENSIONS = 65_536
MAX_CONVOLUTION_BATCH = 8
"""Photos that convolutions compute at once: values between layers then stay in the core's cache."""
MAX_UNKNOWN_BATCH = 16
"""Photos that an unknown model computes at once, so that its memory does not grow with B."""


class OnnxBackend:
    """An ONNX session with one input, photos, and the output that is the vector; see `Backend`.

    Args:
        output: the name of that output.
        size: S.
        max_batch: photos per call of the session, where the model leaves that open; None means all.
        dimensions: D; None computes a black photo's vector to find out.

    Attributes:
        size: S.
    """

    name = "onnx"

    def __init__(
        self,
        session: onnxruntime.InferenceSession,
        output: str,
        size: int,
        max_batch: int | None,
        dimensions: int | None = None,
    ) -> None:
        self._session, self._output, self.size = session, output, size
        photos = session.get_inputs()[0]
        self._input = photos.name
        self._fixed_batch: int | None = photos.shape[0] if isinstance(photos.shape[0], int) else None
        self._max_batch = self._fixed_batch or max_batch
        self.threads = cores()
        self.dimensions = dimensions or self._run(np.zeros((1, 3, size, size), np.float32)).shape[1]

    def run(self, images: np.ndarray) -> np.ndarray:
        """Return (B, D) float32 for images (B, 3, S, S) float32; see `Backend.run`."""
        size = self._max_batch or len(images)
        parts = [self._run(images[first : first + size]) for first in range(0, len(images), size)]
        return np.concatenate(parts)

    def _run(self, images: np.ndarray) -> np.ndarray:
        """Return the vectors of at most `_max_batch` photos."""
        count = len(images)
        if self._fixed_batch:  # the model takes batches of this size only: black photos fill it
            missing = self._fixed_batch - count
            images = np.concatenate([images, np.zeros((missing, *images.shape[1:]), np.float32)])
        vectors: np.ndarray = self._session.run([self._output], {self._input: images})[0]
        return vectors.reshape(len(images), -1)[:count].astype(np.float32, copy=False)


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
    return OnnxBackend(session_of(network), "vectors", network.input[1], max_batch, network.dimensions)


def session_of(network: Network) -> onnxruntime.InferenceSession:
    """Return a session of `network`."""
    # Without fusing: `onnx_model` writes wide padding as a step of its own, which is faster.
    model, weights = export(network)
    return _session(model.SerializeToString(), weights, disabled=["Pad_Fusion"])


def open_model(path: Path, output: str | None, size: int | None) -> OnnxBackend:
    """Return an image encoder from the user's .onnx file, having tried it on one black photo.

    Args:
        path: an .onnx file, which runs as it is.
        output: which of its outputs is the vector; None where it has only one.
        size: S, for models that leave it open.

    Raises:
        UserError: it cannot be loaded or run, or does not encode square photos; the message says why.
    """
    try:
        session = _session(str(path), {})
        backend = OnnxBackend(session, _output(session, output), _size(session, size), MAX_UNKNOWN_BATCH)
    except UserError as error:
        raise UserError(f"{path} {error}") from None
    except Exception as error:  # ONNX Runtime's exceptions have no base class of their own
        reason = " ".join(str(error).split())[:300]
        raise UserError(f"{path} is not a model that ONNX Runtime can run: {reason}") from error
    if backend.dimensions > MAX_DIMENSIONS:
        values = f"{backend.dimensions:,} values a photo, at most {MAX_DIMENSIONS:,} are allowed"
        raise UserError(f"{path} gives {values}. Set features.layer to an output that is pooled")
    return backend


def _output(session: onnxruntime.InferenceSession, layer: str | None) -> str:
    """Return the name of the output that is the vector."""
    names: list[str] = [found.name for found in session.get_outputs()]
    if layer is None and len(names) == 1:
        return names[0]
    if layer not in names:
        problem = "has several outputs" if layer is None else f"has no output {layer!r}"
        raise UserError(f"{problem}. Set features.layer to one of: {', '.join(names)}")
    return layer


def _size(session: onnxruntime.InferenceSession, setting: int | None) -> int:
    """Return rows and columns of the photos that the model takes."""
    inputs = session.get_inputs()
    shape = inputs[0].shape
    if len(inputs) != 1 or len(shape) != 4 or inputs[0].type != "tensor(float)" or shape[1] != 3:
        takes = "; ".join(f"{found.name} {found.type} {found.shape}" for found in inputs)
        raise UserError(f"takes {takes}. An image encoder takes one tensor(float) of [N, 3, rows, columns]")
    fixed = [size for size in shape[2:] if isinstance(size, int)]
    if not fixed and setting is None:
        raise UserError("leaves the size of its photos open. Set it: --set features.size=224")
    size = setting or fixed[0]
    if any(one != size for one in fixed):
        raise UserError(f"takes photos of {shape[2]}x{shape[3]}, not of features.size {size}x{size}")
    return size


def _session(
    model: bytes | str, weights: Mapping[str, np.ndarray], disabled: Sequence[str] = ()
) -> onnxruntime.InferenceSession:
    """Return a session of one thread, without the graph optimizers `disabled`."""
    options = onnxruntime.SessionOptions()
    # Cores are used by calling with several batches at once; threads within a call would compete with those.
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4  # errors are raised; ONNX Runtime would print them too
    if weights:
        values = [onnxruntime.OrtValue.ortvalue_from_numpy(array) for array in weights.values()]
        options.add_external_initializers(list(weights), values)
    return onnxruntime.InferenceSession(
        model, options, providers=["CPUExecutionProvider"], disabled_optimizers=list(disabled)
    )
