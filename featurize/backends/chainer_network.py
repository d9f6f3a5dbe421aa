"""Chainer on NumPy, the plain reference; `featurize.backends.cupy_network` runs the same on a GPU.

B photos in a batch, C channels, H rows, W columns, D values in a vector.
"""

from typing import Any

import numpy as np

from featurize.caffe.layers import LRN, Convolution, InnerProduct, Layer, Pooling, ReLU, Shape, Softmax
from featurize.caffe.network import Network
from store.chainer_compat import chainer

F = chainer.functions
MAX_BATCH = 16
"""Photos computed at once: Chainer unfolds a convolution's whole input (im2col), and more are slower."""


class ChainerBackend:
    """A network on Chainer on NumPy, ready to run, one batch at a time; see `Backend`."""

    name = "numpy"
    threads = 1

    def __init__(self, network: Network, device: str = "@numpy") -> None:
        self._device = chainer.get_device(device)
        self._network = network
        self._shapes = [network.input, *network.shapes[:-1]]
        self._weights = {
            layer.name: (self._device.send(layer.weights), self._device.send(layer.bias))
            for layer in network.layers
            if isinstance(layer, Convolution | InnerProduct)
        }
        self.dimensions = network.dimensions

    def run(self, images: np.ndarray) -> np.ndarray:
        """Return (B, D) float32 on the host for images (B, 3, H, W) float32; see `Backend.run`."""
        parts = [
            self._forward(images[first : first + MAX_BATCH]) for first in range(0, len(images), MAX_BATCH)
        ]
        return np.concatenate(parts).reshape(len(images), -1)

    def _forward(self, images: Any) -> Any:
        """Return the last layer's array for images (B, 3, H, W), both on the device."""
        with chainer.using_config("train", False), chainer.no_backprop_mode():
            value = chainer.Variable(images)
            for layer, shape in zip(self._network.layers, self._shapes, strict=True):
                value = self._apply(layer, value, shape)
        return value.array

    def _apply(self, layer: Layer, x: chainer.Variable, shape: Shape) -> chainer.Variable:
        """Return the layer's result for x (B, C, H, W)."""
        match layer:
            case Convolution():
                weights, bias = self._weights[layer.name]
                return F.convolution_2d(
                    x, weights, bias, layer.stride, layer.pad, dilate=layer.dilation, groups=layer.groups
                )
            case Pooling():
                return _pool(layer, x, shape)
            case LRN():  # Chainer does not divide alpha by the size, Caffe does
                return F.local_response_normalization(
                    x, layer.size, layer.k, layer.alpha / layer.size, layer.beta
                )
            case InnerProduct():
                return F.linear(x, *self._weights[layer.name])[:, :, None, None]  # (B, N) to (B, N, 1, 1)
            case ReLU(slope=0.0):
                return F.relu(x)
            case ReLU():
                return F.leaky_relu(x, layer.slope)
            case Softmax():
                return F.softmax(x, axis=1)
        raise TypeError(f"no Chainer function for {type(layer).__name__}")


def _pool(layer: Pooling, x: chainer.Variable, shape: Shape) -> chainer.Variable:
    """Return x (B, C, H, W) pooled; with explicit padding, since Chainer rounds sizes in its own way."""
    kernel, overhang = layer.windows(shape)
    rows, columns = layer.pad
    pads = ((0, 0), (0, 0), (rows, rows + overhang[0]), (columns, columns + overhang[1]))
    if not layer.average:
        padded = F.pad(x, pads, "constant", constant_values=-np.inf) if any(map(any, pads)) else x
        return F.max_pooling_2d(padded, kernel, layer.stride, cover_all=False)
    # Caffe divides by the part of a window that lies on the input or its padding. Chainer divides by the
    # whole window, so its mean is divided by the share of each window that Caffe counts.
    counted = np.zeros(
        (1, 1, shape[1] + 2 * rows + overhang[0], shape[2] + 2 * columns + overhang[1]), np.float32
    )
    counted[:, :, : shape[1] + 2 * rows, : shape[2] + 2 * columns] = 1
    share = F.average_pooling_2d(counted, kernel, layer.stride).array
    total = F.average_pooling_2d(F.pad(x, pads, "constant"), kernel, layer.stride)
    return total / F.broadcast_to(x.xp.asarray(share), total.shape)
