"""Write our layers as Caffe's messages, in the new layout or in V1; `layer_reader` reads them back."""

from typing import Any

import numpy as np

from featurize.caffe.layers import LRN, Convolution, InnerProduct, Layer, Pooling, ReLU
from featurize.caffe.proto import V1_TYPES


def add(layers: Any, layer: Layer, bottom: str, v1: bool, blobs: bool = True) -> None:
    """Add a layer to a network's message.

    Args:
        layers: the repeated field of the message: `layers` in V1, else `layer`.
        layer: what to add.
        bottom: the blob that it reads.
        v1: whether the message is in the V1 layout.
        blobs: whether its weights are written too.
    """
    kind: Any = type(layer).__name__
    if v1:
        kind = next(number for number, name in V1_TYPES.items() if name == kind)
    message = layers.add(name=layer.name, type=kind, bottom=[bottom], top=[layer.top])
    _write_parameters(message, layer)
    if blobs and isinstance(layer, Convolution | InnerProduct):
        for values in (layer.weights, layer.bias):
            # As protobuf packs floats: little-endian.
            blob = message.blobs.add(data=np.ascontiguousarray(values, "<f4").tobytes())
            if v1:
                # V1 blobs always have four sizes; missing ones lead, as 1.
                ones: list[int] = [1] * (4 - values.ndim)
                blob.num, blob.channels, blob.height, blob.width = ones + list(values.shape)
            else:
                blob.shape.dim.extend(values.shape)


def _write_parameters(message: Any, layer: Layer) -> None:
    """Write the layer's parameters into its message."""
    match layer:
        case Convolution():
            settings = message.convolution_param
            settings.num_output, settings.group = len(layer.weights), layer.groups
            settings.kernel_h, settings.kernel_w = layer.weights.shape[2:]
            settings.stride_h, settings.stride_w = layer.stride
            settings.pad_h, settings.pad_w = layer.pad
            settings.dilation.extend(layer.dilation)
        case InnerProduct():
            message.inner_product_param.num_output = len(layer.weights)
        case Pooling():
            settings = message.pooling_param
            settings.pool, settings.round_mode = int(layer.average), int(not layer.ceil)
            if layer.kernel is None:
                settings.global_pooling = True
                return
            settings.kernel_h, settings.kernel_w = layer.kernel
            settings.stride_h, settings.stride_w = layer.stride
            settings.pad_h, settings.pad_w = layer.pad
        case LRN():
            settings = message.lrn_param
            settings.local_size, settings.alpha = layer.size, layer.alpha
            settings.beta, settings.k = layer.beta, layer.k
        case ReLU():
            message.relu_param.negative_slope = layer.slope
