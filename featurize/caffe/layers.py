"""The plain layers of Caffe, as data: what each computes is told here, and computed by the backends.

Shapes: B photos, C channels, H rows, W columns, M filters, N outputs, K inputs. A layer says what becomes
of one photo's (C, H, W); after an inner product it is (N, 1, 1).
"""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np

from store.errors import UserError

Shape = tuple[int, int, int]
Pair = tuple[int, int]

MOST_VALUES = 2**28
"""The most values that one layer may compute for one photo (1 GiB): more is a hostile or a broken file."""


class UnfitLayer(UserError):
    """A layer whose parameters, weights or input do not go together; the message names it."""


@dataclass(frozen=True, eq=False)
class Layer(ABC):
    """One step of a network.

    Args:
        name: the layer's name.
        top: the blob that it writes; several layers in a row may write one blob in place.
    """

    name: str
    top: str

    @abstractmethod
    def output(self, shape: Shape) -> Shape:
        """Return what becomes of one photo's (C, H, W).

        Raises:
            UnfitLayer: the layer cannot be applied to it.
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
    """Cross-correlation with zero padding; sizes round down. weights: (M, C / groups, H, W); bias: (M,)."""

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
    """Maximum or average over windows; an average counts the padding that Caffe adds, as Caffe does."""

    average: bool
    kernel: Pair | None
    """None pools over the whole input."""
    stride: Pair = (1, 1)
    pad: Pair = (0, 0)
    ceil: bool = True

    def windows(self, shape: Shape) -> tuple[Pair, Pair]:
        """Return the kernel, and how far the last window reaches beyond the padded input: rows, columns."""
        kernel = self.kernel or shape[1:]
        output = self.output(shape)[1:]
        reach = [
            max(0, (count - 1) * stride + window - size - 2 * pad)
            for count, stride, window, size, pad in zip(
                output, self.stride, kernel, shape[1:], self.pad, strict=True
            )
        ]
        return kernel, (reach[0], reach[1])

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
            count -= 1  # Caffe: the last window must start inside the picture or its padding before it
        self.require((count - 1) * stride < size + pad, "its last window lies outside of its input")
        return count


@dataclass(frozen=True, eq=False)
class LRN(Layer):
    """Local response normalisation across channels: x / (k + alpha / size * sum of squares) ** beta."""

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
    """A dense layer over everything in its input, in the order C, H, W. weights: (N, K); bias: (N,)."""

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
