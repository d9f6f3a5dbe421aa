"""The plain layers of Caffe as data; the backends compute them.

C channels, H rows, W columns, M filters, N outputs, K inputs. A layer knows the shape of its result for one
photo's (C, H, W); after an inner product that is (N, 1, 1).
"""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np

from store.errors import UserError

Shape = tuple[int, int, int]
Pair = tuple[int, int]

MAX_VALUES = 2**28
"""Values that a layer may compute for one photo (1 GiB): more means a hostile or a broken file."""


class UnfitLayer(UserError):
    """A layer whose parameters, weights and input do not fit each other; the message names it."""


@dataclass(frozen=True, eq=False)
class Layer(ABC):
    """A layer of a network.

    Args:
        name: the layer's name.
        top: the blob that it writes; several layers in a row may write one blob in place.
    """

    name: str
    top: str

    @abstractmethod
    def output(self, shape: Shape) -> Shape:
        """Return the shape of the result for one photo's `shape` (C, H, W).

        Raises:
            UnfitLayer: the layer does not fit such an input.
        """

    def require(self, condition: bool, reason: str) -> None:
        """Raise UnfitLayer with the layer's name and `reason` unless `condition` holds."""
        if not condition:
            raise UnfitLayer(f"layer {self.name!r}: {reason}")

    def positive(self, **values: int) -> None:
        """Require each of `values` to be at least 1."""
        for name, value in values.items():
            self.require(value >= 1, f"its {name} is {value}, and must be at least 1")


@dataclass(frozen=True, eq=False)
class Convolution(Layer):
    """Cross-correlation with zero padding; output sizes round down.

    Args:
        weights: (M, C / groups, kernel rows, kernel columns) float32.
        bias: (M,) float32.
        stride, pad, dilation: rows and columns.
        groups: into which input and filters are divided.
    """

    weights: np.ndarray
    bias: np.ndarray
    stride: Pair = (1, 1)
    pad: Pair = (0, 0)
    dilation: Pair = (1, 1)
    groups: int = 1

    def output(self, shape: Shape) -> Shape:
        """Return (M, H, W)."""
        filters, channels, *kernel = self.weights.shape
        self.positive(
            stride=min(self.stride), dilation=min(self.dilation), group=self.groups, kernel=min(kernel)
        )
        self.require(filters % self.groups == 0, f"{filters} filters do not divide into {self.groups} groups")
        self.require(
            channels * self.groups == shape[0],
            f"its filters see {channels} channels in {self.groups} groups, its input has {shape[0]} channels",
        )
        # A dilated kernel covers this many pixels, the gaps between its values included.
        extents = [dilation * (size - 1) + 1 for dilation, size in zip(self.dilation, kernel, strict=True)]
        sizes = [
            (size + 2 * pad - extent) // stride + 1
            for size, pad, extent, stride in zip(shape[1:], self.pad, extents, self.stride, strict=True)
        ]
        self.require(
            min(sizes) >= 1, f"a kernel of {extents[0]}x{extents[1]} does not fit into its input {shape}"
        )
        return filters, sizes[0], sizes[1]


@dataclass(frozen=True, eq=False)
class Pooling(Layer):
    """Maximum or average over windows; an average counts the layer's own padding, as Caffe's does."""

    average: bool
    kernel: Pair | None
    """None pools over the whole input."""
    stride: Pair = (1, 1)
    pad: Pair = (0, 0)
    ceil: bool = True
    """Whether output sizes round up, Caffe's default."""

    def windows(self, shape: Shape) -> tuple[Pair, Pair]:
        """Return the kernel, and how far the last window extends beyond the padded input: rows, columns."""
        kernel = self.kernel or shape[1:]
        output = self.output(shape)[1:]
        # Where sizes round up, the last window may extend beyond the padding; backends must add that much.
        overhang = [
            max(0, (count - 1) * stride + window - size - 2 * pad)
            for count, stride, window, size, pad in zip(
                output, self.stride, kernel, shape[1:], self.pad, strict=True
            )
        ]
        return kernel, (overhang[0], overhang[1])

    def output(self, shape: Shape) -> Shape:
        """Return (C, H, W)."""
        if self.kernel is None:
            self.require(
                self.pad == (0, 0) and self.stride == (1, 1), "global pooling takes neither pad nor stride"
            )
            return shape[0], 1, 1
        self.positive(stride=min(self.stride), kernel=min(self.kernel))
        self.require(
            self.pad[0] < self.kernel[0] and self.pad[1] < self.kernel[1],
            f"its pad {self.pad} must be smaller than its kernel {self.kernel}",
        )
        rows, columns = (self._count(shape[axis + 1], axis) for axis in (0, 1))
        self.require(
            min(rows, columns) >= 1, f"a window of {self.kernel} does not fit into its input {shape}"
        )
        return shape[0], rows, columns

    def _count(self, size: int, axis: int) -> int:
        assert self.kernel is not None
        pad, stride = self.pad[axis], self.stride[axis]
        steps = (size + 2 * pad - self.kernel[axis]) / stride
        count = (math.ceil(steps) if self.ceil else math.floor(steps)) + 1
        if pad and (count - 1) * stride >= size + pad:
            count -= 1  # Caffe's rule: the last window starts on the picture or on the padding before it
        self.require((count - 1) * stride < size + pad, "its last window lies outside of its input")
        return count


@dataclass(frozen=True, eq=False)
class LRN(Layer):
    """Local response normalisation across channels: x / (k + alpha / size * sum of squares) ** beta.

    Source: Krizhevsky et al. 2012, with alpha divided by the size, as in Caffe.
    """

    size: int = 5
    alpha: float = 1.0
    beta: float = 0.75
    k: float = 1.0

    def output(self, shape: Shape) -> Shape:
        """Return the input's shape."""
        self.require(self.size % 2 == 1, f"its local_size is {self.size}, and must be odd")
        return shape


@dataclass(frozen=True, eq=False)
class InnerProduct(Layer):
    """A dense layer over its whole input, flattened in the order C, H, W.

    Args:
        weights: (N, K) float32.
        bias: (N,) float32.
    """

    weights: np.ndarray
    bias: np.ndarray

    def output(self, shape: Shape) -> Shape:
        """Return (N, 1, 1)."""
        outputs, inputs = self.weights.shape
        self.require(
            inputs == math.prod(shape),
            f"its weights take {inputs:,} values, its input {shape} has {math.prod(shape):,}",
        )
        return outputs, 1, 1


@dataclass(frozen=True, eq=False)
class ReLU(Layer):
    """max(x, 0) + slope * min(x, 0)."""

    slope: float = 0.0

    def output(self, shape: Shape) -> Shape:
        """Return the input's shape."""
        return shape


@dataclass(frozen=True, eq=False)
class Softmax(Layer):
    """Softmax over channels."""

    def output(self, shape: Shape) -> Shape:
        """Return the input's shape."""
        return shape
