"""A .caffemodel's own data layer: scale and mean are obeyed, the rest is asked about.

The bytes are written field by field, by the numbers of Caffe's caffe.proto: `transform_param` is field 100
of a layer and 36 of one of the old layout, which also has the deprecated fields of `data_param`, field 11.
"""

import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from featurize import weights
from featurize.caffe import caffemodel
from featurize.encoder import open_encoder
from featurize.extract import Extractor, key
from featurize.fetch import KnownWeights, file_sha1
from featurize.options import FeatureOptions
from store.errors import UsageError
from tests.featurize.small_networks import photo, small_network

PHOTO = photo(1)
MEAN = (103.94, 116.78, 123.68)


def number(field: int, value: int) -> bytes:
    return bytes([field << 3]) + bytes([value])


def text(field: int, content: bytes) -> bytes:
    tag, head = field << 3 | 2, b""
    while tag > 127:
        head, tag = head + bytes([tag & 127 | 128]), tag >> 7
    assert len(content) < 128
    return head + bytes([tag, len(content)]) + content


def real(field: int, value: float) -> bytes:
    return bytes([field << 3 | 5]) + struct.pack("<f", value)


CROP = number(3, 35)


def new_layout(said: bytes) -> bytes:
    layer = text(1, b"data") + text(2, b"Data") + text(4, b"data") + text(100, CROP + said)
    return text(1, b"net") + text(100, layer)


def old_layout(said: bytes) -> bytes:
    return text(1, b"net") + text(
        2, text(4, b"data") + number(5, 5) + text(3, b"data") + text(36, CROP + said)
    )


def deprecated(said: bytes) -> bytes:
    """The fields of `data_param` have other numbers than those of `transform_param`: scale 2, mean_file 3."""
    renamed = said.replace(bytes([1 << 3 | 5]), bytes([2 << 3 | 5]), 1) if said[:1] == b"\r" else said
    renamed = bytes([3 << 3 | 2]) + said[1:] if said[:1] == bytes([4 << 3 | 2]) else renamed
    layer = text(4, b"data") + number(5, 5) + text(3, b"data") + text(11, number(5, 35) + renamed)
    return text(1, b"net") + text(2, layer)


def write(path: Path, layout: Callable[[bytes], bytes], said: bytes) -> Path:
    """Write the small network after a data layer of a layout."""
    caffemodel.write(small_network(), path, v1=layout is not new_layout)
    described = caffemodel.describe("small", (3, 35, 35), v1=layout is not new_layout).SerializeToString()
    whole = path.read_bytes()
    assert whole.startswith(described)
    path.write_bytes(layout(said) + whole[len(described) :])
    return path


def vector(path: Path, **settings: object) -> np.ndarray:
    options = FeatureOptions.model_validate({"weights": str(path), **settings})
    (found,) = Extractor(options, path.parent).vectors([PHOTO])
    return np.asarray(found)


each_layout = pytest.mark.parametrize("layout", [new_layout, old_layout, deprecated])


@each_layout
def test_a_data_layer_that_states_its_size_alone_changes_nothing(
    tmp_path: Path, layout: Callable[[bytes], bytes]
) -> None:
    path, plain = write(tmp_path / "small.caffemodel", layout, b""), tmp_path / "p" / "small.caffemodel"
    plain.parent.mkdir()
    caffemodel.write(small_network(), plain)
    np.testing.assert_array_equal(vector(path), vector(plain))
    assert caffemodel.stated(path) == caffemodel.stated(plain) == {}


@each_layout
def test_a_scale_is_obeyed(tmp_path: Path, layout: Callable[[bytes], bytes]) -> None:
    path = write(tmp_path / "s.caffemodel", layout, real(1, 0.017))
    plain = write(tmp_path / "p.caffemodel", layout, b"")
    found = vector(path)
    by_hand = vector(plain, deviation=(1 / 0.017,) * 3)
    np.testing.assert_allclose(found, by_hand, rtol=1e-4, atol=1e-6)
    assert not np.allclose(found, vector(plain), rtol=0.1)
    np.testing.assert_array_equal(vector(path, deviation=(1.0, 1.0, 1.0)), vector(plain))


@pytest.mark.parametrize("name", ["s.CAFFEMODEL", "weights.bin"])
def test_a_data_layer_is_heard_whatever_the_file_is_called(tmp_path: Path, name: str) -> None:
    named, usual = (write(tmp_path / one, new_layout, real(1, 0.017)) for one in (name, "s.caffemodel"))
    np.testing.assert_array_equal(vector(named), vector(usual))


@pytest.mark.parametrize("layout", [new_layout, old_layout])
@pytest.mark.parametrize("values", [MEAN, MEAN[:1]])
def test_a_mean_is_obeyed(
    tmp_path: Path, layout: Callable[[bytes], bytes], values: tuple[float, ...]
) -> None:
    path = write(tmp_path / "m.caffemodel", layout, b"".join(real(5, value) for value in values))
    plain = write(tmp_path / "p.caffemodel", layout, b"")
    by_hand = vector(plain, mean=values * (3 // len(values)))
    np.testing.assert_allclose(vector(path), by_hand, rtol=1e-4, atol=1e-4)
    assert "mean as m.caffemodel states" in about(path)
    set_by_user = (1.0, 2.0, 3.0)
    np.testing.assert_array_equal(vector(path, mean=set_by_user), vector(plain, mean=set_by_user))


def about(path: Path, **settings: object) -> str:
    options = FeatureOptions.model_validate({"weights": str(path), **settings})
    return open_encoder(options, path.parent).about.feeding


@each_layout
def test_a_file_of_means_is_asked_about(tmp_path: Path, layout: Callable[[bytes], bytes]) -> None:
    path = write(tmp_path / "f.caffemodel", layout, text(4, b"data/mean.binaryproto"))
    with pytest.raises(UsageError, match=r"states mean_file 'data/mean.binaryproto'.*Set its mean"):
        vector(path)
    plain = write(tmp_path / "p.caffemodel", layout, b"")
    np.testing.assert_array_equal(vector(path, mean=MEAN), vector(plain, mean=MEAN))


def test_a_file_of_means_is_not_asked_about_where_the_file_is_the_published_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "f.caffemodel", deprecated, text(4, b"data/mean.binaryproto"))
    published = KnownWeights("net", "net.caffemodel", "http://127.0.0.1:9/", file_sha1(path))
    monkeypatch.setattr(weights, "CAFFENET", published)
    np.testing.assert_array_equal(vector(path), vector(write(tmp_path / "p.caffemodel", deprecated, b"")))


@pytest.mark.parametrize("layout", [new_layout, old_layout])
def test_grey_photos_are_asked_about(tmp_path: Path, layout: Callable[[bytes], bytes]) -> None:
    path = write(tmp_path / "g.caffemodel", layout, number(7, 1))
    with pytest.raises(UsageError, match=r"force_gray .*features: \{preprocess: caffe\}"):
        vector(path)
    assert len(vector(path, preprocess="caffe")) == 24


def test_what_a_file_states_is_in_the_key_and_kept(tmp_path: Path) -> None:
    path = write(tmp_path / "s.caffemodel", new_layout, real(1, 0.5))
    options = FeatureOptions(weights=str(path))
    same = FeatureOptions(weights=str(path), deviation=(2.0, 2.0, 2.0))
    plain = FeatureOptions(weights=str(path), deviation=(1.0, 1.0, 1.0))
    assert key(options, tmp_path) == key(same, tmp_path) != key(plain, tmp_path)
    assert open_encoder(options, tmp_path).about.settings["deviation"] == [2.0, 2.0, 2.0]


def test_another_preset_than_a_file_states_is_doubted(tmp_path: Path) -> None:
    path = write(tmp_path / "s.caffemodel", new_layout, real(1, 0.5))
    options = FeatureOptions(weights=str(path), preprocess="imagenet")
    (doubt,) = open_encoder(options, tmp_path).about.doubts
    assert "states scale in its data layer, which features.preprocess imagenet does not obey" in doubt
