"""Chainer on CuPy: the GPU computes one batch while the next is decoded and copied.

`IN_FLIGHT` threads use the GPU at once, each through one of as many lanes, a stream with a page-locked
buffer: so one thread's copies overlap another's kernels. The others decode meanwhile. A stream for each
thread would cost memory: CuPy's pool keeps apart what was freed on each stream.

B photos in a batch, H rows and W columns of a photo, D values in a vector.
"""

import math
import queue
from dataclasses import dataclass
from typing import Any

import numpy as np

from featurize.backends.chainer_network import ChainerBackend
from featurize.caffe.layers import Convolution
from featurize.caffe.network import Network
from store.chainer_compat import chainer, gpu_problem
from store.errors import UserError
from store.processes.cores import cores

IN_FLIGHT = 2
"""Batches on the GPU at once: one is computed while another is copied."""
BATCH_MEMORY = 0.8
"""The share of the free memory for batches; the rest is for workspaces."""


@dataclass
class _Lane:
    """A stream, and the page-locked memory that its copies start from: only from such do they run aside."""

    stream: Any
    buffer: np.ndarray


class CupyBackend(ChainerBackend):
    """A network on the GPU that is current, ready to run; see `Backend`. float32 throughout (no TF32).

    Raises:
        UserError: there is no GPU that can be used; the message says why.
    """

    name = "cupy"

    def __init__(self, network: Network) -> None:
        if problem := gpu_problem():
            raise UserError(f"features.backend is cupy, but {problem}. Or: --set features.backend=onnx")
        cupy = chainer.backends.cuda.cupy
        super().__init__(network, f"@cupy:{cupy.cuda.runtime.getDevice()}")
        self._start(cupy)

    def _start(self, cupy: Any) -> None:
        self._cupy = cupy
        with chainer.using_device(self._device):
            self._lanes: queue.SimpleQueue[_Lane] = queue.SimpleQueue()
            for _ in range(IN_FLIGHT):
                self._lanes.put(_Lane(cupy.cuda.Stream(non_blocking=True), np.empty(0, np.float32)))
            # Weights were copied on the default stream, for which non-blocking streams do not wait.
            cupy.cuda.Device().synchronize()
            free, _ = cupy.cuda.runtime.memGetInfo()
        self._max_batch = max_batch_size(self._network, int(BATCH_MEMORY * free / IN_FLIGHT))
        self.threads = cores()

    def run(self, images: np.ndarray) -> np.ndarray:
        """Return (B, D) float32 on the host for images (B, 3, H, W) float32; see `Backend.run`.

        Raises:
            UserError: a single photo does not fit into the GPU's memory.
        """
        vectors = np.empty((len(images), self.dimensions), np.float32)
        done = 0
        lane = self._lanes.get()  # waits for a free one
        try:
            while done < len(images):
                part = images[done : done + self._max_batch]
                try:
                    vectors[done : done + len(part)] = self._on_gpu(part, lane)
                    done += len(part)
                except self._cupy.cuda.memory.OutOfMemoryError as error:
                    self._shrink_batch(len(part), error)
        finally:
            self._lanes.put(lane)
        return vectors

    def _on_gpu(self, images: np.ndarray, lane: _Lane) -> np.ndarray:
        """Return (B, D) for a batch that fits."""
        with chainer.using_device(self._device), lane.stream:
            if lane.buffer.size < images.size:
                memory = self._cupy.cuda.alloc_pinned_memory(images.nbytes)
                lane.buffer = np.frombuffer(memory, np.float32, images.size)
            pinned = lane.buffer[: images.size].reshape(images.shape)
            pinned[...] = images
            on_gpu = self._cupy.empty(images.shape, np.float32)
            on_gpu.set(pinned, stream=lane.stream)
            vectors: np.ndarray = self._cupy.asnumpy(self._forward(on_gpu), stream=lane.stream)
            lane.stream.synchronize()
        return vectors.reshape(len(images), -1)

    def _shrink_batch(self, photos: int, error: Exception) -> None:
        """Free CuPy's memory pool, and use half of `photos`, which did not fit, as the batch from now on."""
        self._cupy.get_default_memory_pool().free_all_blocks()
        if photos == 1:
            reason = " ".join(str(error).split())
            raise UserError(
                f"one photo does not fit into the GPU's memory ({reason}). Use features.backend onnx"
            )
        self._max_batch = max(1, photos // 2)


def max_batch_size(network: Network, memory: int) -> int:
    """Return the largest batch that fits into `memory` bytes, at least 1.

    A layer holds its input and its result. A convolution also holds its input unfolded (im2col), since
    Chainer without cuDNN multiplies matrices: C x kernel rows x kernel columns values per pixel of the
    result.
    """
    shape, largest = network.input, 1
    for layer, result in zip(network.layers, network.shapes, strict=True):
        values = math.prod(shape) + 2 * math.prod(result)
        if isinstance(layer, Convolution):
            values += shape[0] * math.prod(layer.weights.shape[2:]) * math.prod(result[1:])
        largest, shape = max(largest, values), result
    return max(1, memory // (4 * largest))
