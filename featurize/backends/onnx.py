"""ONNX Runtime on the CPU: one thread per batch, as many batches at once as there are cores.

That way each core decodes and computes its own batch, and none ever waits for another; the weights are
shared by all. Shapes: B photos of S x S pixels in a batch, D values in a vector.
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

MOST_DIMENSIONS = 65_536
FEW = 8
"""Photos that convolutions take at once: what passes between layers then stays near the core."""
SOME = 16
"""Photos that a model of which nothing is known takes at once, so that its memory does not grow with B."""


class OnnxBackend:
    """An ONNX session with one input, photos, and the output that is the vector; see `Backend`.

    Args:
        output: the name of that output.
        size: S.
        most: photos to give to the session at once, where the model leaves that open; None gives it all.
        dimensions: D; None tries it on a black photo.

    Attributes:
        size: S.
    """

    name = "onnx"

    def __init__(
        self,
        session: onnxruntime.InferenceSession,
        output: str,
        size: int,
        most: int | None,
        dimensions: int | None = None,
    ) -> None:
        self._session, self._output, self.size = session, output, size
        photos = session.get_inputs()[0]
        self._input = photos.name
        self._fixed: int | None = photos.shape[0] if isinstance(photos.shape[0], int) else None
        self._most = self._fixed or most
        self.threads = cores()
        self.dimensions = dimensions or self._run(np.zeros((1, 3, size, size), np.float32)).shape[1]

    def run(self, images: np.ndarray) -> np.ndarray:
        """Return (B, D) float32 for (B, 3, S, S) float32. Thread-safe."""
        most = self._most or len(images)
        parts = [self._run(images[at : at + most]) for at in range(0, len(images), most)]
        return np.concatenate(parts)

    def _run(self, images: np.ndarray) -> np.ndarray:
        """Return the vectors of at most as many photos as the session takes at once."""
        count = len(images)
        if self._fixed:  # the model takes batches of this size only
            images = np.concatenate([images, np.zeros((self._fixed - count, *images.shape[1:]), np.float32)])
        vectors: np.ndarray = self._session.run([self._output], {self._input: images})[0]
        return vectors.reshape(len(images), -1)[:count].astype(np.float32, copy=False)


class NetworkBackend:
    """A network ready to run on ONNX Runtime; see `Backend`.

    Convolutions, and all before the first inner product, run on a few photos at a time: their weights are
    small, and what they compute is large. Inner products run on the whole batch: each reads all its weights,
    most of the network's, once a call.
    """

    name = "onnx"

    def __init__(self, network: Network) -> None:
        self.threads, self.dimensions = cores(), network.dimensions
        convolutions, dense = network.split(InnerProduct)
        self._convolutions, self._dense = _backend(convolutions, FEW), _backend(dense, None)
        self._between = dense.input

    def run(self, images: np.ndarray) -> np.ndarray:
        """Return (B, D) float32 for (B, 3, S, S) float32. Thread-safe."""
        values = self._convolutions.run(images)
        return self._dense.run(values.reshape(len(images), *self._between))


def _backend(network: Network, most: int | None) -> OnnxBackend:
    """Return a network, or a part of one, in one session."""
    return OnnxBackend(session_of(network), "vectors", network.input[1], most, network.dimensions)


def session_of(network: Network) -> onnxruntime.InferenceSession:
    """Return a session of `network` in which padding that was written apart stays apart."""
    model, weights = export(network)
    return _session(model.SerializeToString(), weights, disabled=["Pad_Fusion"])


def open_model(path: Path, output: str | None, size: int | None) -> OnnxBackend:
    """Return an image encoder of the user's own, tried on one black photo.

    Args:
        path: an .onnx file, which runs as it is.
        output: which of its outputs is the vector; None where it has one.
        size: rows and columns of the photos, for models that leave them open.

    Raises:
        UserError: it cannot be loaded or run, or is no encoder of square photos; the message says why.
    """
    try:
        session = _session(str(path), {})
        backend = OnnxBackend(session, _output(session, output), _size(session, size), SOME)
    except UserError as error:
        raise UserError(f"{path} {error}") from None
    except Exception as error:  # ONNX Runtime has an exception of its own for each way a model can be bad
        reason = " ".join(str(error).split())[:300]
        raise UserError(f"{path} is no ONNX model that ONNX Runtime can run: {reason}") from error
    if backend.dimensions > MOST_DIMENSIONS:
        told = f"{backend.dimensions:,} values a photo, over {MOST_DIMENSIONS:,}"
        raise UserError(f"{path} gives {told}. Set features.layer to an output that is pooled")
    return backend


def _output(session: onnxruntime.InferenceSession, asked: str | None) -> str:
    names: list[str] = [found.name for found in session.get_outputs()]
    if asked is None and len(names) == 1:
        return names[0]
    if asked not in names:
        wrong = "has several outputs" if asked is None else f"has no output {asked!r}"
        raise UserError(f"{wrong}. Set features.layer to one of: {', '.join(names)}")
    return asked


def _size(session: onnxruntime.InferenceSession, asked: int | None) -> int:
    """Return rows and columns of the photos that the model takes."""
    inputs = session.get_inputs()
    shape = inputs[0].shape
    if len(inputs) != 1 or len(shape) != 4 or inputs[0].type != "tensor(float)" or shape[1] != 3:
        told = "; ".join(f"{found.name} {found.type} {found.shape}" for found in inputs)
        raise UserError(f"takes {told}. An image encoder takes one tensor(float) of [N, 3, rows, columns]")
    fixed = [size for size in shape[2:] if isinstance(size, int)]
    if not fixed and asked is None:
        raise UserError("leaves the size of its photos open. Say it: --set features.size=224")
    size = asked or fixed[0]
    if any(one != size for one in fixed):
        raise UserError(f"takes photos of {shape[2]}x{shape[3]}, not of features.size {size}x{size}")
    return size


def _session(
    model: bytes | str, weights: Mapping[str, np.ndarray], disabled: Sequence[str] = ()
) -> onnxruntime.InferenceSession:
    """Return a session of one thread, without the graph optimizers `disabled`."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4  # what goes wrong is raised; it need not be printed too
    if weights:
        values = [onnxruntime.OrtValue.ortvalue_from_numpy(array) for array in weights.values()]
        options.add_external_initializers(list(weights), values)
    return onnxruntime.InferenceSession(
        model, options, providers=["CPUExecutionProvider"], disabled_optimizers=list(disabled)
    )
