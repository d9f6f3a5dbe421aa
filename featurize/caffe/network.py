"""Networks: chains of layers from preprocessed photos to a vector; CaffeNet is described here.

C channels, H rows, W columns.
"""

import math
from dataclasses import dataclass, replace

import numpy as np

from featurize.caffe.layers import (
    LRN,
    MAX_VALUES,
    Convolution,
    InnerProduct,
    Layer,
    Pooling,
    ReLU,
    Shape,
    Softmax,
    UnfitLayer,
)


@dataclass(frozen=True, eq=False)
class Network:
    """Layers in order, each reading the result of the one before; the first reads photos of shape `input`.

    Args:
        name: for messages.
        input: (C, H, W) of a photo.
        layers: in order.

    Raises:
        UnfitLayer: the layers do not fit each other; the message names the first that does not.
    """

    name: str
    input: Shape
    layers: tuple[Layer, ...]

    def __post_init__(self) -> None:
        shape = self.input
        for layer in self.layers:
            shape = layer.output(shape)
            if math.prod(shape) > MAX_VALUES:
                values = f"{math.prod(shape):,} values for one photo"
                raise UnfitLayer(f"layer {layer.name!r}: {values}; at most {MAX_VALUES:,} are allowed")

    @property
    def shapes(self) -> list[Shape]:
        """The (C, H, W) of each layer's result for one photo."""
        shapes = [self.input]
        for layer in self.layers:
            shapes.append(layer.output(shapes[-1]))
        return shapes[1:]

    @property
    def dimensions(self) -> int:
        """Values of the last layer's result for one photo: the length of the vector."""
        return math.prod([self.input, *self.shapes][-1])

    @property
    def operations(self) -> int:
        """Floating-point operations of the convolutions and inner products for one photo."""
        total = 0
        for layer, shape in zip(self.layers, self.shapes, strict=True):
            if isinstance(layer, Convolution | InnerProduct):
                # A multiplication and an addition per weight, at every pixel of the result.
                total += 2 * math.prod(layer.weights.shape) * math.prod(shape[1:])
        return total

    def split(self, kind: type[Layer]) -> tuple["Network", "Network"]:
        """Return the network before its first layer of `kind`, and the rest; either may be empty."""
        indices = [index for index, layer in enumerate(self.layers) if isinstance(layer, kind)]
        cut = min(indices, default=len(self.layers))
        between = [self.input, *self.shapes][cut]
        return (
            replace(self, layers=self.layers[:cut]),
            replace(self, input=between, layers=self.layers[cut:]),
        )


class Builder:
    """Builds a network layer by layer, with He-initialised weights: N(0, 2 / fan-in), bias 0.

    Args:
        input: (C, H, W) of the photos.
        seed: of the weights.

    Source: He et al. 2015, Delving Deep into Rectifiers.
    """

    def __init__(self, input: Shape, seed: int) -> None:
        self._input, self._shape = input, input
        # One generator for all layers: the weights depend on the order in which layers are added.
        self._random = np.random.default_rng(seed)
        self._layers: list[Layer] = []

    def convolution(
        self, name: str, filters: int, kernel: int, stride: int = 1, pad: int = 0, groups: int = 1
    ) -> None:
        """Add a convolution and its ReLU in place; a square kernel, stride and pad."""
        weights = self._he(filters, self._shape[0] // groups, kernel, kernel)
        bias = np.zeros(filters, np.float32)
        self.add(Convolution(name, name, weights, bias, (stride, stride), (pad, pad), groups=groups))
        self.add(ReLU(f"relu{name.removeprefix('conv')}", name))

    def inner_product(self, name: str, outputs: int, relu: bool = True) -> None:
        """Add an inner product, and a ReLU in place where `relu` is set."""
        weights = self._he(outputs, math.prod(self._shape))
        self.add(InnerProduct(name, name, weights, np.zeros(outputs, np.float32)))
        if relu:
            self.add(ReLU(f"relu{name.removeprefix('fc')}", name))

    def add(self, layer: Layer) -> None:
        """Add any layer."""
        self._shape = layer.output(self._shape)
        self._layers.append(layer)

    def network(self, name: str) -> Network:
        """Return the network of the layers so far."""
        return Network(name, self._input, tuple(self._layers))

    def _he(self, *shape: int) -> np.ndarray:
        """Return weights of `shape`, float32; the fan-in is the product of all dimensions but the first."""
        # Scaled in place: fc6 alone is 150 MB, and a temporary would double it.
        weights = self._random.standard_normal(shape, dtype=np.float32)
        weights *= np.float32(math.sqrt(2 / math.prod(shape[1:])))
        return weights


def caffenet(seed: int) -> Network:
    """Return CaffeNet with untrained weights: AlexNet, but with pooling before normalisation.

    Input (3, 227, 227); fc7 is 4,096 values after ReLU.

    Source: Jia et al. 2014, BVLC reference CaffeNet.
    """
    net = Builder((3, 227, 227), seed)
    net.convolution("conv1", 96, 11, stride=4)
    net.add(Pooling("pool1", "pool1", average=False, kernel=(3, 3), stride=(2, 2)))
    net.add(LRN("norm1", "norm1", size=5, alpha=1e-4, beta=0.75))
    net.convolution("conv2", 256, 5, pad=2, groups=2)
    net.add(Pooling("pool2", "pool2", average=False, kernel=(3, 3), stride=(2, 2)))
    net.add(LRN("norm2", "norm2", size=5, alpha=1e-4, beta=0.75))
    net.convolution("conv3", 384, 3, pad=1)
    net.convolution("conv4", 384, 3, pad=1, groups=2)
    net.convolution("conv5", 256, 3, pad=1, groups=2)
    net.add(Pooling("pool5", "pool5", average=False, kernel=(3, 3), stride=(2, 2)))
    net.inner_product("fc6", 4096)
    net.inner_product("fc7", 4096)
    net.inner_product("fc8", 1000, relu=False)
    net.add(Softmax("prob", "prob"))
    return net.network("CaffeNet")
