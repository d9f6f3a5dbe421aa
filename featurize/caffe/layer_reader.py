"""Read Caffe's layer messages as our layers: every parameter is understood, or the layer is refused.

M filters, C channels, N outputs, K inputs of an inner product.
"""

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

MAX, AVERAGE = 0, 1  # PoolingParameter.pool
CEIL = 0  # PoolingParameter.round_mode
IDENTITIES = ("Dropout", "Split")
"""Layers that pass their input on unchanged when a network is not being trained."""


def layer(kind: str, message: Any) -> Layer:
    """Return the layer that a LayerParameter or V1LayerParameter of type `kind` describes.

    Raises:
        UnfitLayer: an unknown type or parameter, or blobs that do not fit; the message names the layer.
    """
    check(kind, message)
    return KINDS[kind](message)


def check(kind: str, message: Any) -> None:
    """Check that a layer's type is known, and that it has one input and one output.

    Raises:
        UnfitLayer: the check fails; the message names the layer.
    """
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
        settings.pool in (MAX, AVERAGE), "it pools at random; only maximum and average are supported"
    )
    return found


def _lrn(message: Any) -> Layer:
    settings = message.lrn_param
    found = LRN(message.name, message.top[0], settings.local_size, settings.alpha, settings.beta, settings.k)
    found.require(settings.norm_region == 0, "it normalises within channels; only across them is supported")
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
    """Return (rows, columns) from a repeated field of no, one or two values."""
    if len(given) > 2:
        raise UnfitLayer(f"layer {message.name!r}: {len(given)} values of {name} for 2 dimensions")
    values = list(given) or [default]
    return values[0], values[-1]


def _spatial(message: Any, settings: Any, name: str, default: int) -> Pair:
    """Return (rows, columns) of a parameter that Caffe stores as a number, as a list, or as _h and _w."""
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
    """Return weights (M, C, H, W) or (N, K), and bias (M,) or (N,), float32; without a bias it is zeros."""
    name, expected = message.name, 2 if settings.bias_term else 1
    if len(message.blobs) != expected:
        raise UnfitLayer(f"layer {name!r}: {len(message.blobs)} blobs of weights, not {expected}")
    weights = _array(name, message.blobs[0])
    # V1 blobs have four sizes: those of an inner product are (1, 1, N, K).
    leading, shape = weights.shape[:-dimensions], weights.shape[-dimensions:]
    if len(shape) != dimensions or math.prod(leading) != 1:
        raise UnfitLayer(f"layer {name!r}: weights of shape {weights.shape}, not {dimensions} dimensions")
    weights = weights.reshape(shape).T if transpose else weights.reshape(shape)
    outputs = len(weights)
    bias = _array(name, message.blobs[1]).reshape(-1) if settings.bias_term else np.zeros(outputs, np.float32)
    if not outputs == settings.num_output == len(bias):
        stored = f"weights for {outputs} and a bias for {len(bias)}"
        raise UnfitLayer(f"layer {name!r}: it has {settings.num_output} outputs, but {stored}")
    return weights, bias


def _array(name: str, blob: Any) -> np.ndarray:
    """Return a blob's values as float32 in its own shape, without a copy where the file has float32."""
    legacy = (blob.num, blob.channels, blob.height, blob.width)
    shape = tuple(blob.shape.dim) if blob.HasField("shape") else legacy
    data, kind = (blob.double_data, "<f8") if blob.HasField("double_data") else (blob.data, "<f4")
    size = np.dtype(kind).itemsize
    if min(shape, default=0) < 1 or len(data) != math.prod(shape) * size:
        stored = f"{len(data):,} bytes, {len(data) / size:,.0f} values"
        raise UnfitLayer(f"layer {name!r}: a blob of shape {shape} that holds {stored}")
    values = np.frombuffer(data, kind).astype(np.float32, copy=False).reshape(shape)
    # One sum instead of a mask of 61 million booleans: NaN and infinity survive it, float64 cannot overflow.
    if not np.isfinite(values.sum(dtype=np.float64)):
        raise UnfitLayer(f"layer {name!r}: weights that are not finite numbers")
    return values
