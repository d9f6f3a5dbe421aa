"""One layer between Caffe's message and ours, both ways: every parameter understood, or the layer refused."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from featurize.caffe.layers import (
    LRN,
    Convolution,
    InnerProduct,
    Layer,
    Pair,
    Pooling,
    ReLU,
    Softmax,
    UnfitLayer,
)
from featurize.caffe.proto import V1_TYPES

MAX, AVERAGE = 0, 1
CEIL = 0
IDENTITIES = ("Dropout", "Split")
"""Layers that hand on their input when a network is used, not trained."""


def layer(kind: str, message: Any) -> Layer:
    """Return the layer that a LayerParameter or V1LayerParameter of type `kind` tells of.

    Raises:
        UnfitLayer: a type or a parameter that is not known, or blobs that do not fit; the layer is named.
    """
    check(kind, message)
    return KINDS[kind](message)


def check(kind: str, message: Any) -> None:
    """Raise UnfitLayer unless the layer's type is known and it has one input and one output."""
    if kind not in (*KINDS, *IDENTITIES):
        known = ", ".join((*KINDS, *IDENTITIES))
        raise UnfitLayer(f"layer {message.name!r} is of type {kind}. Known are: {known}")
    if len(message.bottom) != 1 or (len(message.top) != 1 and kind != "Split"):
        blobs = f"{len(message.bottom)} inputs and {len(message.top)} outputs"
        raise UnfitLayer(f"layer {message.name!r}: {blobs}, not 1 and 1")


def _convolution(message: Any) -> Layer:
    settings = message.convolution_param
    weights, bias = _weights(message, settings, dimensions=4)
    found = Convolution(
        message.name,
        message.top[0],
        weights,
        bias,
        stride=_spatial(message, settings, "stride", 1),
        pad=_spatial(message, settings, "pad", 0),
        dilation=_pair(message, "dilation", settings.dilation, 1),
        groups=settings.group,
    )
    found.require(settings.axis == 1, f"its axis is {settings.axis}, and must be 1")
    kernel = _spatial(message, settings, "kernel", 0)
    found.require(
        kernel == weights.shape[2:], f"its kernel is {kernel}, its weights have {weights.shape[2:]}"
    )
    return found


def _inner_product(message: Any) -> Layer:
    settings = message.inner_product_param
    weights, bias = _weights(message, settings, dimensions=2, transpose=settings.transpose)
    found = InnerProduct(message.name, message.top[0], weights, bias)
    found.require(settings.axis == 1, f"its axis is {settings.axis}, and must be 1")
    return found


def _pooling(message: Any) -> Layer:
    settings = message.pooling_param
    kernel = None if settings.global_pooling else _spatial(message, settings, "kernel", 0)
    found = Pooling(
        message.name,
        message.top[0],
        average=settings.pool == AVERAGE,
        kernel=kernel,
        stride=_spatial(message, settings, "stride", 1),
        pad=_spatial(message, settings, "pad", 0),
        ceil=settings.round_mode == CEIL,
    )
    found.require(
        settings.pool in (MAX, AVERAGE), "it pools at random; known are the maximum and the average"
    )
    return found


def _lrn(message: Any) -> Layer:
    settings = message.lrn_param
    found = LRN(message.name, message.top[0], settings.local_size, settings.alpha, settings.beta, settings.k)
    found.require(settings.norm_region == 0, "it normalises within channels; known is only across channels")
    return found


def _relu(message: Any) -> Layer:
    return ReLU(message.name, message.top[0], message.relu_param.negative_slope)


def _softmax(message: Any) -> Layer:
    found = Softmax(message.name, message.top[0])
    found.require(message.softmax_param.axis == 1, f"its axis is {message.softmax_param.axis}, and must be 1")
    return found


KINDS: dict[str, Callable[[Any], Layer]] = {
    "Convolution": _convolution,
    "InnerProduct": _inner_product,
    "Pooling": _pooling,
    "LRN": _lrn,
    "ReLU": _relu,
    "Softmax": _softmax,
}


def _pair(message: Any, name: str, given: Sequence[int], default: int) -> Pair:
    """Return (rows, columns) from Caffe's repeated field of none, one or two values."""
    if len(given) > 2:
        raise UnfitLayer(
            f"layer {message.name!r}: {len(given)} values of {name} for a picture's 2 dimensions"
        )
    values = list(given) or [default]
    return values[0], values[-1]


def _spatial(message: Any, settings: Any, name: str, default: int) -> Pair:
    """Return (rows, columns) of a parameter that Caffe writes as one number, as a list, or as _h and _w."""
    rows, columns = f"{name}_h", f"{name}_w"
    if settings.HasField(rows) or settings.HasField(columns):
        return getattr(settings, rows), getattr(settings, columns)
    field = "kernel_size" if name == "kernel" else name
    value = getattr(settings, field)
    if isinstance(value, int):
        value = [value] if settings.HasField(field) else []
    return _pair(message, name, value, default)


def _weights(
    message: Any, settings: Any, dimensions: int, transpose: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """Return weights and bias of a layer that has learned; a layer without bias gets zeros."""
    name, expected = message.name, 2 if settings.bias_term else 1
    if len(message.blobs) != expected:
        raise UnfitLayer(f"layer {name!r}: {len(message.blobs)} blobs of weights, not {expected}")
    weights = _array(name, message.blobs[0])
    leading, shape = weights.shape[:-dimensions], weights.shape[-dimensions:]
    if len(shape) != dimensions or math.prod(leading) != 1:
        raise UnfitLayer(f"layer {name!r}: weights of shape {weights.shape}, not {dimensions} dimensions")
    weights = weights.reshape(shape).T if transpose else weights.reshape(shape)
    outputs = len(weights)
    bias = _array(name, message.blobs[1]).reshape(-1) if settings.bias_term else np.zeros(outputs, np.float32)
    if not outputs == settings.num_output == len(bias):
        told = f"{settings.num_output} outputs, but weights for {outputs} and a bias for {len(bias)}"
        raise UnfitLayer(f"layer {name!r}: it says {told}")
    return weights, bias


def _array(name: str, blob: Any) -> np.ndarray:
    """Return a blob's values as float32 in its own shape, without a copy where the file has float32."""
    legacy = (blob.num, blob.channels, blob.height, blob.width)
    shape = tuple(blob.shape.dim) if blob.HasField("shape") else legacy
    data, kind = (blob.double_data, "<f8") if blob.HasField("double_data") else (blob.data, "<f4")
    size = np.dtype(kind).itemsize
    if min(shape, default=0) < 1 or len(data) != math.prod(shape) * size:
        held = f"{len(data):,} bytes, {len(data) / size:,.0f} values"
        raise UnfitLayer(f"layer {name!r}: a blob of shape {shape} that holds {held}")
    values = np.frombuffer(data, kind).astype(np.float32, copy=False).reshape(shape)
    if not np.isfinite(values.sum(dtype=np.float64)):
        raise UnfitLayer(f"layer {name!r}: weights that are not finite numbers")
    return values


def add(layers: Any, layer: Layer, bottom: str, v1: bool, blobs: bool = True) -> None:
    """Add `layer`, fed by the blob `bottom`, to a message's `layers`; without its weights unless `blobs`."""
    kind: Any = type(layer).__name__
    if v1:
        kind = next(number for number, name in V1_TYPES.items() if name == kind)
    message = layers.add(name=layer.name, type=kind, bottom=[bottom], top=[layer.top])
    _tell(message, layer)
    if blobs and isinstance(layer, Convolution | InnerProduct):
        for values in (layer.weights, layer.bias):
            blob = message.blobs.add(data=np.ascontiguousarray(values, "<f4").tobytes())
            if v1:
                ones: list[int] = [1] * (4 - values.ndim)
                blob.num, blob.channels, blob.height, blob.width = ones + list(values.shape)
            else:
                blob.shape.dim.extend(values.shape)


def _tell(message: Any, layer: Layer) -> None:
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
