"""Chainer on CuPy: the GPU computes one batch while the next is decoded and copied.

Every thread that calls has a stream and a page-locked buffer of its own, so one thread's copies pass while
another's kernels run; `IN_FLIGHT` of them are let in at once, and the others decode meanwhile.
"""

import math
import threading
from typing import Any

import numpy as np

from featurize.backends.chainer_network import ChainerBackend
from featurize.caffe.layers import Convolution
from featurize.caffe.network import Network
from store.chainer_compat import chainer, gpu_problem
from store.errors import UserError
from store.processes.cores import cores

IN_FLIGHT = 2
SHARE = 0.8
"""Of the memory that is free at the start, what batches may take; the rest is for weights and workspaces."""


class CupyBackend(ChainerBackend):
    """A network on the first GPU, ready to run; see `Backend`. float32 throughout (no TF32).

    Raises:
        UserError: no GPU can be used; the message says why.
    """

    name = "cupy"

    def __init__(self, network: Network) -> None:
        if problem := gpu_problem():
            raise UserError(f"features.backend is cupy, but {problem}. Or: --set features.backend=onnx")
        super().__init__(network, "@cupy:0")
        self._start(chainer.backends.cuda.cupy)

    def _start(self, cupy: Any) -> None:
        self._cupy, self._own = cupy, threading.local()
        self._room = threading.Semaphore(IN_FLIGHT)
        cupy.cuda.Device().synchronize()  # the weights are there before any stream reads them
        free, _ = cupy.cuda.runtime.memGetInfo()
        self._most = most_photos(self._network, int(SHARE * free / IN_FLIGHT))
        self.threads = cores()

    def run(self, images: np.ndarray) -> np.ndarray:
        """Return (B, D) float32 on the host for (B, 3, H, W) float32. Thread-safe.

        Raises:
            UserError: the GPU's memory does not take a single photo.
        """
        vectors = np.empty((len(images), self.dimensions), np.float32)
        done = 0
        with self._room:
            while done < len(images):
                part = images[done : done + self._most]
                try:
                    vectors[done : done + len(part)] = self._on_gpu(part)
                    done += len(part)
                except self._cupy.cuda.memory.OutOfMemoryError as error:
                    self._make_room(len(part), error)
        return vectors

    def _on_gpu(self, images: np.ndarray) -> np.ndarray:
        """Return (B, D) for a batch that fits, through this thread's own stream and buffer."""
        own = self._own
        if not hasattr(own, "stream"):
            own.stream, own.buffer = self._cupy.cuda.Stream(non_blocking=True), None
        if own.buffer is None or own.buffer.size < images.size:
            memory = self._cupy.cuda.alloc_pinned_memory(images.nbytes)
            own.buffer = np.frombuffer(memory, np.float32, images.size)
        pinned = own.buffer[: images.size].reshape(images.shape)
        pinned[...] = images
        with chainer.using_device(self._device), own.stream:
            there = self._cupy.empty(images.shape, np.float32)
            there.set(pinned, stream=own.stream)
            vectors: np.ndarray = self._cupy.asnumpy(self._forward(there), stream=own.stream)
            own.stream.synchronize()
        return vectors.reshape(len(images), -1)

    def _make_room(self, photos: int, error: Exception) -> None:
        """After a batch of `photos` that did not fit: free what is cached, and take half from now on."""
        self._cupy.get_default_memory_pool().free_all_blocks()
        if photos == 1:
            reason = " ".join(str(error).split())
            raise UserError(f"the GPU's memory does not take one photo ({reason}). Use features.backend onnx")
        self._most = max(1, photos // 2)


def most_photos(network: Network, memory: int) -> int:
    """Return how many photos a batch may have in `memory` bytes, at least 1.

    A layer holds its input and its result; a convolution also its input unfolded, since Chainer without
    cuDNN multiplies matrices: C x kernel rows x kernel columns values for each place of the result.
    """
    shape, most = network.input, 1
    for layer, result in zip(network.layers, network.shapes, strict=True):
        values = math.prod(shape) + 2 * math.prod(result)
        if isinstance(layer, Convolution):
            values += shape[0] * math.prod(layer.weights.shape[2:]) * math.prod(result[1:])
        most, shape = max(most, values), result
    return max(1, memory // (4 * most))
