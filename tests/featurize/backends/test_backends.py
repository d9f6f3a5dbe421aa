"""The backends against plain NumPy, layer by layer, and against OpenCV's Caffe importer, whole networks."""

import gc
import json
import os
import subprocess
import sys
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnxruntime
import pytest
from google.protobuf import text_format
from hypothesis import given, settings
from hypothesis import strategies as st

from featurize.backends.backend import choose, start
from featurize.backends.chainer_network import MAX_BATCH
from featurize.backends.onnx import MAX_CONVOLUTION_BATCH, session_of
from featurize.caffe import caffemodel, layer_writer
from featurize.caffe.layers import LRN, Convolution, InnerProduct, Layer, Pooling, ReLU, Softmax, UnfitLayer
from featurize.caffe.network import Builder, Network, caffenet
from store.chainer_compat import gpu_problem
from store.errors import UserError
from tests.featurize.small_networks import small_network, until

ROOT = Path(__file__).parents[3]
RANDOM = np.random.default_rng(3)


def values(*shape: int) -> np.ndarray:
    return RANDOM.standard_normal(shape, dtype=np.float32)


def run(backend: str, layer: Layer, images: np.ndarray) -> np.ndarray:
    """Return one layer's result for images (B, C, H, W), in the layer's own shape."""
    network = Network("one", images.shape[1:], (layer,))
    found = start(network, "numpy" if backend == "numpy" else "onnx").run(images)
    return found.reshape(len(images), *network.shapes[-1])


def windows(
    images: np.ndarray, layer: Convolution | Pooling, kernel: tuple[int, int]
) -> Iterator[tuple[int, int, slice, slice]]:
    """Yield each result's row and column with the rows and columns of the padded input that it sees."""
    _, rows, columns = layer.output(images.shape[1:])
    for row in range(rows):
        for column in range(columns):
            top, left = row * layer.stride[0], column * layer.stride[1]
            yield row, column, slice(top, top + kernel[0]), slice(left, left + kernel[1])


def plain_convolution(layer: Convolution, images: np.ndarray) -> np.ndarray:
    filters, channels, *size = layer.weights.shape
    (dy, dx), (py, px) = layer.dilation, layer.pad
    padded = np.pad(images, ((0, 0), (0, 0), (py, py), (px, px)))
    result = np.empty((len(images), *layer.output(images.shape[1:])), np.float64)
    extent = (dy * (size[0] - 1) + 1, dx * (size[1] - 1) + 1)
    share = filters // layer.groups
    for row, column, rows, columns in windows(images, layer, extent):
        seen = padded[:, :, rows, columns][:, :, ::dy, ::dx]
        for filter in range(filters):
            group = filter // share
            part = seen[:, group * channels : (group + 1) * channels]
            result[:, filter, row, column] = (part * layer.weights[filter]).sum((1, 2, 3)) + layer.bias[
                filter
            ]
    return result


def plain_pooling(layer: Pooling, images: np.ndarray) -> np.ndarray:
    """Caffe's: an average counts its padding, but not what a window reaches beyond it; a maximum neither."""
    kernel = layer.kernel or images.shape[2:]
    py, px = layer.pad
    fill = 0.0 if layer.average else -np.inf
    padded = np.pad(images, ((0, 0), (0, 0), (py, py), (px, px)), constant_values=fill)
    result = np.empty((len(images), *layer.output(images.shape[1:])))
    for row, column, rows, columns in windows(images, layer, (kernel[0], kernel[1])):
        seen = padded[:, :, rows, columns]
        result[:, :, row, column] = seen.mean((2, 3)) if layer.average else seen.max((2, 3))
    return result


def plain_lrn(layer: LRN, images: np.ndarray) -> np.ndarray:
    half, squares = layer.size // 2, images.astype(np.float64) ** 2
    result = np.empty_like(squares)
    for channel in range(images.shape[1]):
        near = squares[:, max(0, channel - half) : channel + half + 1].sum(1)
        result[:, channel] = images[:, channel] / (layer.k + layer.alpha / layer.size * near) ** layer.beta
    return result


def plain(layer: Layer, images: np.ndarray) -> np.ndarray:
    """Return what the layer computes, as directly as its definition reads."""
    match layer:
        case Convolution():
            return plain_convolution(layer, images)
        case Pooling():
            return plain_pooling(layer, images)
        case LRN():
            return plain_lrn(layer, images)
        case InnerProduct():
            flat = images.reshape(len(images), -1).astype(np.float64)
            return np.asarray(flat @ layer.weights.T + layer.bias)[:, :, None, None]
        case ReLU():
            return np.where(images > 0, images, layer.slope * images)
        case Softmax():
            powers = np.exp(images.astype(np.float64))
            return np.asarray(powers / powers.sum(1, keepdims=True))
    raise TypeError(layer)


LAYERS = [
    Convolution("c", "c", values(6, 4, 3, 3), values(6)),
    Convolution("c", "c", values(6, 2, 3, 2), values(6), stride=(2, 1), pad=(1, 2), groups=2),
    Convolution("c", "c", values(4, 1, 2, 3), values(4), dilation=(3, 2), groups=4, pad=(2, 0)),
    Pooling("p", "p", average=False, kernel=(3, 3), stride=(2, 2)),
    Pooling("p", "p", average=False, kernel=(3, 2), stride=(2, 3), pad=(1, 1)),
    Pooling("p", "p", average=False, kernel=(3, 3), stride=(2, 2), ceil=False),
    Pooling("p", "p", average=True, kernel=(3, 3), stride=(2, 2)),
    Pooling("p", "p", average=True, kernel=(4, 3), stride=(3, 2), pad=(2, 1)),
    Pooling("p", "p", average=True, kernel=None),
    Pooling("p", "p", average=False, kernel=None),
    LRN("n", "n", size=5, alpha=0.7, beta=0.75, k=2.0),
    LRN("n", "n", size=3, alpha=1.0, beta=0.5, k=1.0),
    LRN("n", "n", size=9, alpha=2.0, beta=0.75, k=1.0),  # wider than there are channels
    InnerProduct("f", "f", values(5, 4 * 8 * 9), values(5)),
    ReLU("r", "r"),
    ReLU("r", "r", slope=0.1),
    Softmax("s", "s"),
]


@pytest.mark.parametrize("backend", ["onnx", "numpy"])
@pytest.mark.parametrize("number", range(len(LAYERS)))
def test_each_layer_against_a_plain_reference(backend: str, number: int) -> None:
    layer, images = LAYERS[number], values(3, 4, 8, 9)
    expected = plain(layer, images)
    np.testing.assert_allclose(run(backend, layer, images), expected, atol=1e-5 * np.abs(expected).max())


SIZES = st.integers(1, 4)
PAIRS = st.tuples(SIZES, SIZES)


@given(st.booleans(), PAIRS, PAIRS, st.tuples(st.integers(0, 3), st.integers(0, 3)), st.booleans())
@settings(max_examples=60, deadline=None)
def test_any_pooling(
    average: bool, kernel: tuple[int, int], stride: tuple[int, int], pad: tuple[int, int], ceil: bool
) -> None:
    layer, images = Pooling("p", "p", average, kernel, stride, pad, ceil), values(2, 2, 7, 6)
    try:
        layer.output(images.shape[1:])
    except UnfitLayer:
        return
    expected = plain(layer, images)
    for backend in ("onnx", "numpy"):
        np.testing.assert_allclose(run(backend, layer, images), expected, atol=1e-5 * np.abs(expected).max())


def vgg_shaped(seed: int = 5) -> Network:
    """Pairs of 3x3 convolutions with pad 1, each pair pooled 2/2 without overlap, then two dense layers."""
    net = Builder((3, 32, 32), seed)
    for block, filters in enumerate((8, 16, 24), 1):
        net.convolution(f"conv{block}_1", filters, 3, pad=1)
        net.convolution(f"conv{block}_2", filters, 3, pad=1)
        net.add(Pooling(f"pool{block}", f"pool{block}", average=False, kernel=(2, 2), stride=(2, 2)))
    net.inner_product("fc6", 64)
    net.inner_product("fc7", 48)
    return net.network("vgg")


def alexnet_shaped(seed: int = 6) -> Network:
    """Normalisation before pooling, where CaffeNet has it after; groups; fully connected to the end."""
    net = Builder((3, 39, 39), seed)
    net.convolution("conv1", 8, 5, stride=2)
    net.add(LRN("norm1", "norm1", size=5, alpha=1e-4, beta=0.75))
    net.add(Pooling("pool1", "pool1", average=False, kernel=(3, 3), stride=(2, 2)))
    net.convolution("conv2", 12, 5, pad=2, groups=2)
    net.add(LRN("norm2", "norm2", size=5, alpha=1e-4, beta=0.75))
    net.add(Pooling("pool2", "pool2", average=False, kernel=(3, 3), stride=(2, 2)))
    net.inner_product("fc6", 40)
    net.inner_product("fc7", 30)
    return net.network("alexnet")


def prototxt(network: Network) -> str:
    """Return the network's description in Caffe's text format, which OpenCV wants beside the weights."""
    net = caffemodel.describe(network.name, network.input)
    bottom = "data"
    for layer in network.layers:
        layer_writer.add(net.layer, layer, bottom, v1=False, blobs=False)
        bottom = layer.top
    return text_format.MessageToString(net)


def opencv(network: Network, path: Path, blob: str, images: np.ndarray) -> np.ndarray:
    """Return what OpenCV's Caffe importer computes at `blob` from the weights in `path`."""
    description = path.with_suffix(".prototxt")
    description.write_text(prototxt(until(network, blob)))
    net = cv2.dnn.readNetFromCaffe(str(description), str(path))
    net.setInput(images)
    found: np.ndarray = net.forward()
    return found.reshape(len(images), -1)


@pytest.mark.parametrize("v1", [False, True])
@pytest.mark.parametrize("blob", ["conv1", "norm1", "pool2", "fc6", "fc7", "prob"])
def test_small_networks_agree_with_opencv(tmp_path: Path, v1: bool, blob: str) -> None:
    network, path, images = small_network(), tmp_path / "net.caffemodel", 60 * values(5, 3, 35, 35)
    caffemodel.write(network, path, v1)
    expected = opencv(network, path, blob, images)
    for name in ("onnx", "numpy"):
        found = start(caffemodel.read(path, blob), "numpy" if name == "numpy" else "onnx").run(images)
        np.testing.assert_allclose(found, expected, atol=1e-4 * np.abs(expected).max())


@pytest.mark.parametrize("v1", [False, True])
@pytest.mark.parametrize("network", [vgg_shaped(), alexnet_shaped()], ids=lambda network: network.name)
def test_other_networks_agree_with_opencv(tmp_path: Path, network: Network, v1: bool) -> None:
    path, images = tmp_path / "net.caffemodel", 60 * values(3, *network.input)
    caffemodel.write(network, path, v1)
    expected = opencv(network, path, "fc7", images)
    for name in ("onnx", "numpy"):
        found = start(caffemodel.read(path, "fc7"), "numpy" if name == "numpy" else "onnx").run(images)
        np.testing.assert_allclose(found, expected, atol=1e-4 * np.abs(expected).max())


@pytest.mark.parametrize(
    "count",
    [
        1,
        MAX_CONVOLUTION_BATCH - 1,
        MAX_CONVOLUTION_BATCH,
        MAX_CONVOLUTION_BATCH + 1,
        3 * MAX_CONVOLUTION_BATCH,
    ],
)
def test_a_photo_has_its_vector_in_a_batch_of_any_size(count: int) -> None:
    network, images = small_network(), 60 * values(count, 3, 35, 35)
    onnx, expected = start(network, "onnx"), start(network, "numpy").run(images)
    near = 1e-5 * np.abs(expected).max()
    np.testing.assert_allclose(onnx.run(images), expected, atol=near)
    for number in range(count):
        np.testing.assert_allclose(onnx.run(images[number : number + 1]), expected[number:][:1], atol=near)


def test_numpys_memory_does_not_grow_with_the_batch() -> None:
    backend, images = start(small_network(), "numpy"), values(4 * MAX_BATCH, 3, 35, 35)
    peaks = []
    for count in (MAX_BATCH, 4 * MAX_BATCH):
        tracemalloc.start()
        backend.run(images[:count])
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.5 * peaks[0]


def test_a_network_splits_before_its_first_layer_of_a_kind() -> None:
    network = small_network()
    convolutions, dense = network.split(InnerProduct)
    assert [layer.name for layer in dense.layers] == ["fc6", "relu6", "fc7", "relu7", "fc8", "prob"]
    assert convolutions.layers + dense.layers == network.layers
    assert (convolutions.input, dense.input) == (network.input, convolutions.shapes[-1])
    assert convolutions.split(InnerProduct)[1].layers == dense.split(InnerProduct)[0].layers == ()


@pytest.mark.parametrize(("pad", "apart"), [(1, False), (2, True)])
def test_wide_padding_is_a_step_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pad: int, apart: bool
) -> None:
    def profiled(options: Callable[[], Any] = onnxruntime.SessionOptions) -> Any:
        made = options()
        made.enable_profiling, made.profile_file_prefix = True, str(tmp_path / "profile")
        return made

    monkeypatch.setattr("onnxruntime.SessionOptions", profiled)
    layer = Convolution("c", "c", values(16, 16, 5, 5), values(16), pad=(pad, pad))
    session = session_of(Network("one", (16, 9, 9), (layer,)))
    session.run(None, {"images": values(1, 16, 9, 9)})
    steps = json.loads(Path(session.end_profiling()).read_text())
    kinds = {step["args"]["op_name"] for step in steps if "op_name" in step.get("args", {})}
    assert "Conv" in kinds
    assert ("Pad" in kinds) == apart


def alexnet(seed: int) -> Network:
    """Return AlexNet, which normalises before it pools: CaffeNet with those two exchanged."""
    network = caffenet(seed)
    layers = list(network.layers)
    for place, layer in enumerate(layers):
        if isinstance(layer, LRN):
            layers[place - 1 : place + 1] = layer, layers[place - 1]
    return replace(network, name="AlexNet", layers=tuple(layers))


@pytest.fixture(scope="module", params=[caffenet, pytest.param(alexnet, marks=pytest.mark.long)])
def full_size(request: pytest.FixtureRequest) -> Iterator[Network]:
    yield request.param(1)
    gc.collect()


# The published files have layers of the old form (v1); both forms are tried on small networks above.
@pytest.mark.parametrize("v1", [pytest.param(False, marks=pytest.mark.long), True])
def test_networks_at_full_size_agree_with_opencv(tmp_path: Path, full_size: Network, v1: bool) -> None:
    path = tmp_path / "full.caffemodel"
    caffemodel.write(full_size, path, v1)
    images = 60 * values(7, 3, 227, 227)
    expected = opencv(full_size, path, "fc7", images)
    network = caffemodel.read(path, "fc7")
    path.unlink()  # 244 MB, which pytest would keep
    onnx = start(network, "onnx")
    assert onnx.dimensions == network.dimensions == 4096
    near = 1e-4 * expected.max()
    assert expected.max() > 1
    np.testing.assert_allclose(onnx.run(images), expected, atol=near)
    np.testing.assert_allclose(onnx.run(images[:1]), expected[:1], atol=near)
    many = np.resize(images, (64, 3, 227, 227))
    np.testing.assert_allclose(onnx.run(many), np.resize(expected, (64, 4096)), atol=near)
    np.testing.assert_allclose(start(network, "numpy").run(images), expected, atol=near)


def test_auto_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("store.chainer_compat.gpu_problem", lambda: None)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: object())
    assert choose("auto") == ("cupy", "a GPU is there")
    monkeypatch.setattr("store.chainer_compat.gpu_problem", lambda: "CuPy found no GPU: none")
    assert choose("auto") == ("onnx", "CuPy found no GPU: none")
    assert choose("numpy") == ("numpy", "as set")


@pytest.mark.skipif(gpu_problem() is None, reason="a GPU is there")
def test_cupy_without_a_gpu_says_what_to_do() -> None:
    with pytest.raises(UserError, match=r"features.backend is cupy, but .*features.backend=onnx"):
        start(small_network(), "cupy")


def test_onnx_runtime_sends_nobody_word_of_a_run(tmp_path: Path) -> None:
    """Since 1.32 it does on Linux, too, and keeps a number of the machine for that in the user's cache."""
    code = (
        "from featurize.backends.onnx import session_of\n"
        "from tests.featurize.small_networks import small_network\n"
        "session_of(small_network())\n"
    )
    home = {**os.environ, "HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    home.pop("ORT_DISABLE_TELEMETRY", None)
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=home, capture_output=True, timeout=200)
    assert done.returncode == 0, done.stderr
    assert [path.name for path in tmp_path.rglob("*") if "icrosoft" in path.name] == []
