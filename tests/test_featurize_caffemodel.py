from pathlib import Path

import numpy as np
import pytest
from featurize_small import small_network, small_weights

from dataset.errors import DamagedFile, UserError
from featurize import caffemodel
from featurize.layers import Convolution, InnerProduct


@pytest.mark.parametrize("v1", [False, True])
def test_what_is_written_is_read(tmp_path: Path, v1: bool) -> None:
    written = small_network().until("fc7")
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
    with pytest.raises(UserError, match="layer 'conv1' stands in it 2 times"):
        caffemodel.read(path, "fc7")


def test_no_such_blob_lists_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no blob 'fc9'.*one of: conv1, pool1, norm1"):
        caffemodel.read(small_weights(tmp_path), "fc9")
