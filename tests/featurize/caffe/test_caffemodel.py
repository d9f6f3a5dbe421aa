"""Reading .caffemodel files, those of strangers too."""

import contextlib
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from featurize.caffe import caffemodel
from featurize.caffe.layers import Convolution, InnerProduct
from featurize.caffe.network import Builder
from featurize.caffe.proto import NetParameter
from store.errors import DamagedFile, UserError
from tests.featurize.small_networks import small_network, small_weights, until

with tempfile.TemporaryDirectory() as _directory:
    WHOLE = small_weights(Path(_directory)).read_bytes()


@pytest.mark.parametrize("v1", [False, True])
def test_a_network_that_was_written_is_read_back(tmp_path: Path, v1: bool) -> None:
    written = until(small_network(), "fc7")
    caffemodel.write(small_network(), tmp_path / "net.caffemodel", v1)
    read = caffemodel.read(tmp_path / "net.caffemodel", "fc7")
    assert read.input == written.input
    assert read.shapes == written.shapes
    for one, other in zip(written.layers, read.layers, strict=True):
        assert vars(one).keys() == vars(other).keys()
        for name, value in vars(one).items():
            assert np.all(getattr(other, name) == value) or getattr(other, name) == pytest.approx(value)


def test_weights_are_not_copied(tmp_path: Path) -> None:
    for layer in caffemodel.read(small_weights(tmp_path), "fc7").layers:
        if isinstance(layer, Convolution | InnerProduct):
            assert not layer.weights.flags.owndata


@pytest.mark.parametrize(
    "content", [b"", b"<html><body>404</body></html>", b"PAR1" * 100, b"\x00" * 100, b"\x0a\x01a"]
)
def test_another_kind_of_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "net.caffemodel"
    path.write_bytes(content)
    with pytest.raises(DamagedFile, match=r"net.caffemodel is damaged"):
        caffemodel.read(path, "fc7")


@pytest.mark.parametrize("share", [0.01, 0.3, 0.6, 0.95])
def test_a_file_cut_short_is_refused(tmp_path: Path, share: float) -> None:
    path = small_weights(tmp_path)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(UserError, match=r"cut short|no blob 'fc7'"):
        caffemodel.read(path, "fc7")


@pytest.mark.parametrize("tail", [b"\0", b"garbage", b"\x58\x07"])
def test_a_file_with_more_than_a_network_is_refused(tmp_path: Path, tail: bytes) -> None:
    path = small_weights(tmp_path)
    path.write_bytes(path.read_bytes() + tail)
    with pytest.raises(DamagedFile):
        caffemodel.read(path, "fc7")


def test_a_file_that_holds_its_network_twice_is_refused(tmp_path: Path) -> None:
    path = small_weights(tmp_path)
    path.write_bytes(path.read_bytes() * 2)
    with pytest.raises(UserError, match="layer 'conv1' occurs 2 times"):
        caffemodel.read(path, "fc7")


def test_a_blob_that_does_not_exist_lists_those_that_do(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no blob 'fc9'.*one of: conv1, pool1, norm1"):
        caffemodel.read(small_weights(tmp_path), "fc9")


def edited(tmp_path: Path, edit: Callable[[dict[str, Any]], object], v1: bool = False) -> Path:
    """Write the small network with an edit to its messages, given by layer name; return its path."""
    path = tmp_path / "net.caffemodel"
    caffemodel.write(small_network(), path, v1)
    net = NetParameter.FromString(path.read_bytes())
    edit({layer.name: layer for layer in net.layer or net.layers})
    path.write_bytes(net.SerializeToString())
    return path


def setter(layer: str, place: str, value: object) -> Callable[[dict[str, Any]], None]:
    """Return an edit that sets one field: setter("conv1", "convolution_param.group", 3)."""

    def edit(layers: dict[str, Any]) -> None:
        *parents, name = place.split(".")
        message = layers[layer]
        for parent in parents:
            message = message.blobs[0] if parent == "blobs" else getattr(message, parent)
        if isinstance(value, list):
            message.ClearField(name)
            getattr(message, name).extend(value)
        else:
            setattr(message, name, value)

    return edit


@pytest.mark.parametrize(
    ("layer", "place", "value", "reason"),
    [
        ("norm1", "type", "BatchNorm", "is of type BatchNorm. Known are: Convolution"),
        ("conv1", "bottom", ["data", "data"], "2 inputs and 1 outputs"),
        ("conv1", "bottom", ["nowhere"], "it reads 'nowhere', which no layer before it writes"),
        ("conv1", "bottom", [], "0 inputs"),
        ("conv2", "convolution_param.group", 5, "12 filters do not divide into 5 groups"),
        ("conv2", "convolution_param.group", 0, "its group is 0"),
        ("conv2", "convolution_param.group", 1, "its filters see 4 channels in 1 groups, its input has 8"),
        ("conv1", "convolution_param.stride_h", 0, "its stride is 0"),
        ("conv1", "convolution_param.kernel_h", 4, r"its kernel is \(4, 5\), its weights have \(5, 5\)"),
        ("conv1", "convolution_param.num_output", 9, "it has 9 outputs, but weights for 8"),
        ("conv1", "convolution_param.axis", 2, "its axis is 2"),
        ("conv1", "convolution_param.bias_term", False, "2 blobs of weights, not 1"),
        ("conv1", "convolution_param.dilation", [50], "does not fit into its input"),
        ("conv1", "convolution_param.dilation", [1, 1, 1], "3 values of dilation"),
        ("conv1", "convolution_param.pad_h", 10**9, "at most 268,435,456"),
        ("pool1", "pooling_param.pool", 2, "it pools at random"),
        ("pool1", "pooling_param.stride_h", 0, "its stride is 0"),
        ("pool1", "pooling_param.pad_h", 3, "must be smaller than its kernel"),
        ("norm1", "lrn_param.norm_region", 1, "it normalises within channels"),
        ("norm1", "lrn_param.local_size", 4, "its local_size is 4, and must be odd"),
        ("fc6", "inner_product_param.axis", 2, "its axis is 2"),
        ("fc6", "blobs.shape.dim", [32, 191], "a blob of shape"),
        ("fc6", "blobs.shape.dim", [2**40, 2**40], "a blob of shape"),
        ("fc6", "blobs.shape.dim", [-32, -192], "a blob of shape"),
        ("fc6", "blobs.shape.dim", [], "a blob of shape"),
        ("fc6", "blobs.data", b"123", "holds 3 bytes"),
        ("fc7", "blobs.shape.dim", [4, 6, 32], r"weights of shape \(4, 6, 32\), not 2 dimensions"),
        ("fc7", "name", "fc6", "occurs 2 times"),
    ],
)
def test_a_layer_that_does_not_fit_is_refused_by_name(
    tmp_path: Path, layer: str, place: str, value: object, reason: str
) -> None:
    path = edited(tmp_path, setter(layer, place, value))
    name = "fc6" if place == "name" else layer
    with pytest.raises(UserError, match=rf"net\.caffemodel: layer '{name}'.*{reason}"):
        caffemodel.read(path, "fc7")


def test_weights_that_are_not_finite_are_refused(tmp_path: Path) -> None:
    def edit(layers: dict[str, Any]) -> None:
        blob = layers["fc6"].blobs[0]
        blob.data = np.full(len(blob.data) // 4, np.nan, "<f4").tobytes()

    with pytest.raises(UserError, match="layer 'fc6': weights that are not finite"):
        caffemodel.read(edited(tmp_path, edit), "fc7")


def test_an_unknown_v1_layer_is_refused_by_its_number(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="layer 'norm1' is of type number 99"):
        caffemodel.read(edited(tmp_path, setter("norm1", "type", 99), v1=True), "fc7")


def test_a_layer_beyond_the_blob_does_not_matter(tmp_path: Path) -> None:
    path = edited(tmp_path, setter("prob", "type", "SoftmaxWithLoss"))
    assert caffemodel.read(path, "fc7").dimensions == 24
    with pytest.raises(UserError, match="layer 'prob' is of type SoftmaxWithLoss"):
        caffemodel.read(path, "prob")


def test_dropout_and_split_pass_their_input_on(tmp_path: Path) -> None:
    def edit(layers: dict[str, Any]) -> None:
        layers["norm1"].type = "Dropout"
        layers["relu6"].type = "Split"

    names = [layer.name for layer in caffemodel.read(edited(tmp_path, edit), "fc7").layers]
    assert names == ["conv1", "relu1", "pool1", "conv2", "relu2", "pool2", "fc6", "fc7", "relu7"]


@pytest.mark.parametrize("v1", [False, True])
def test_doubles_and_transposed_weights_are_read(tmp_path: Path, v1: bool) -> None:
    expected = small_network().layers[-4]
    assert isinstance(expected, InnerProduct)

    def edit(layers: dict[str, Any]) -> None:
        layer = layers["fc7"]
        layer.inner_product_param.transpose = True
        shape = expected.weights.T.shape
        if v1:
            layer.blobs[0].height, layer.blobs[0].width = shape
        else:
            layer.blobs[0].shape.dim[:] = shape
        layer.blobs[0].ClearField("data")
        layer.blobs[0].double_data = expected.weights.T.astype("<f8").tobytes()

    network = caffemodel.read(edited(tmp_path, edit, v1), "fc7")
    found = network.layers[-2]
    assert isinstance(found, InnerProduct)
    np.testing.assert_array_equal(found.weights, expected.weights)


def without_input(path: Path, layer: dict[str, Any] | None = None) -> Path:
    """Remove the size of the input, and put a data `layer` in its place."""
    net = NetParameter.FromString(path.read_bytes())
    net.ClearField("input")
    net.ClearField("input_dim")
    if layer is not None:
        net.layers.add(**layer)
        net.layers.insert(0, net.layers.pop())
    path.write_bytes(net.SerializeToString())
    return path


def test_a_training_snapshot_states_its_crop(tmp_path: Path) -> None:
    path = tmp_path / "net.caffemodel"
    caffemodel.write(small_network(), path, v1=True)
    data = {"name": "data", "type": 5, "top": ["data", "label"], "transform_param": {"crop_size": 35}}
    assert caffemodel.read(without_input(path, data), "fc7").input == (3, 35, 35)


def test_a_size_that_the_file_leaves_open_must_be_set(tmp_path: Path) -> None:
    path = tmp_path / "net.caffemodel"
    caffemodel.write(small_network(), path, v1=True)
    without_input(path, {"name": "data", "type": 5, "top": ["data"]})
    with pytest.raises(UserError, match=r"the size of its input 'data'. Set it: --set features.size=227"):
        caffemodel.read(path, "fc7")
    assert caffemodel.read(path, "fc7", 35).dimensions == 24
    with pytest.raises(UserError, match="layer 'fc6': its weights take 192 values"):
        caffemodel.read(path, "fc7", 50)


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_a_file_with_flipped_bytes_is_read_or_refused(data: st.DataObject) -> None:
    content = bytearray(WHOLE)
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, 400))] = data.draw(st.integers(0, 255))
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "net.caffemodel"
        path.write_bytes(content)
        with contextlib.suppress(UserError):
            caffemodel.read(path, "fc7")


@pytest.mark.parametrize("v1", [False, pytest.param(True, marks=pytest.mark.long)])
def test_reading_takes_at_most_twice_the_file(tmp_path: Path, v1: bool) -> None:
    net = Builder((3, 16, 16), 1)
    for name, outputs in (("fc6", 40_000), ("fc7", 500)):  # 203 MB, most of it in one layer as in CaffeNet
        net.inner_product(name, outputs)
    path = tmp_path / "big.caffemodel"
    caffemodel.write(net.network("big"), path, v1)
    code = (
        "import re, sys; from pathlib import Path; from featurize.caffe import caffemodel\n"
        "status = Path('/proc/self/status')\n"
        "peak = lambda: 1024 * int(re.search(r'VmHWM:\\s+(\\d+)', status.read_text())[1])\n"
        "before = peak(); network = caffemodel.read(Path(sys.argv[1]), 'fc7'); print(peak() - before)"
    )
    result = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True, check=True)
    assert int(result.stdout) < 2.2 * path.stat().st_size
    path.unlink()  # 240 MB, which pytest would keep
