"""A network is a chain of layers from prepared photos to a vector; CaffeNet is described here, once."""

import math
from dataclasses import dataclass, replace

import numpy as np

from featurize.caffe.layers import (
    LRN,
    MOST_VALUES,
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
    """Layers in order, each fed by the one before; the first by photos of shape `input` (C, H, W).

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
            if math.prod(shape) > MOST_VALUES:
                values = f"{math.prod(shape):,} values for one photo"
                raise UnfitLayer(f"layer {layer.name!r}: {values}; at most {MOST_VALUES:,}")

    @property
    def shapes(self) -> list[Shape]:
        """The (C, H, W) that each layer computes for one photo."""
        shapes = [self.input]
        for layer in self.layers:
            shapes.append(layer.output(shapes[-1]))
        return shapes[1:]

    @property
    def dimensions(self) -> int:
        """How many values the last layer computes for one photo: the length of the vector."""
        return math.prod([self.input, *self.shapes][-1])

    @property
    def operations(self) -> int:
        """Floating-point operations of the convolutions and inner products for one photo."""
        total = 0
        for layer, shape in zip(self.layers, self.shapes, strict=True):
            if isinstance(layer, Convolution | InnerProduct):
                total += 2 * math.prod(layer.weights.shape) * math.prod(shape[1:])
        return total

    def split(self, kind: type[Layer]) -> tuple["Network", "Network"]:
        """Return the network up to its first layer of `kind`, and from there on; either may have no layer."""
        places = [place for place, layer in enumerate(self.layers) if isinstance(layer, kind)]
        place = min(places, default=len(self.layers))
        between = [self.input, *self.shapes][place]
        return (
            replace(self, layers=self.layers[:place]),
            replace(self, input=between, layers=self.layers[place:]),
        )


class Builder:
    """Describes a network layer by layer, with He-initialised weights: N(0, 2 / fan-in), bias 0.

    Args:
        input: (C, H, W) of the photos.
        seed: of the weights.
    """

    def __init__(self, input: Shape, seed: int) -> None:
        self._input, self._shape = input, input
        self._random = np.random.default_rng(seed)
        self._layers: list[Layer] = []

    def convolution(
        self, name: str, filters: int, kernel: int, stride: int = 1, pad: int = 0, groups: int = 1
    ) -> None:
        """Add a convolution, and its ReLU in place."""
        weights = self._he(filters, self._shape[0] // groups, kernel, kernel)
        bias = np.zeros(filters, np.float32)
        self.add(Convolution(name, name, weights, bias, (stride, stride), (pad, pad), groups=groups))
        self.add(ReLU(f"relu{name.removeprefix('conv')}", name))

    def inner_product(self, name: str, outputs: int, relu: bool = True) -> None:
        """Add an inner product, and its ReLU in place where `relu`."""
        weights = self._he(outputs, math.prod(self._shape))
        self.add(InnerProduct(name, name, weights, np.zeros(outputs, np.float32)))
        if relu:
            self.add(ReLU(f"relu{name.removeprefix('fc')}", name))

    def add(self, layer: Layer) -> None:
        """Add any layer."""
        self._shape = layer.output(self._shape)
        self._layers.append(layer)

    def network(self, name: str) -> Network:
        """Return what was described."""
        return Network(name, self._input, tuple(self._layers))

    def _he(self, *shape: int) -> np.ndarray:
        weights = self._random.standard_normal(shape, dtype=np.float32)
        weights *= np.float32(math.sqrt(2 / math.prod(shape[1:])))
        return weights


def caffenet(seed: int) -> Network:
    """Return CaffeNet with untrained weights: AlexNet with each pooling before its normalisation.

    Source: Jia et al. 2014, BVLC reference CaffeNet; fc7 is (4096,), after ReLU.
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
