"""Weights that are no longer those of the vectors: new photos are not captioned with them, and it is said."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from featurize import verify
from featurize.caffe import caffemodel
from featurize.extract import Extractor, extract
from featurize.feeding.saved import DIGEST, saved_options
from featurize.options import FeatureOptions
from store.errors import UserError
from store.register.stages import Stage
from store.whole_file import read_object, write_json
from tests.featurize import families
from tests.featurize.backends.test_onnx_models import external
from tests.featurize.small_networks import photo, small_network, write_dataset

PHOTOS = [photo(1), photo(2)]


def resnet(folder: Path, seed: int) -> Path:
    return families.resnet(folder / "m.onnx", seed)


def beside(folder: Path, seed: int) -> Path:
    return external(folder / "m.onnx", seed)


def caffe(folder: Path, seed: int) -> Path:
    caffemodel.write(small_network(seed), folder / "m.caffemodel")
    return folder / "m.caffemodel"


KINDS = pytest.mark.parametrize("write", [resnet, beside, caffe])
Write = Callable[[Path, int], Path]


def made(folder: Path, write: Write) -> Path:
    """Return the cache of the vectors of two photos, by a weights file that is then another one."""
    write_dataset(folder / "demo" / "dataset", PHOTOS)
    method = "caffe" if write is caffe else "imagenet"
    options = FeatureOptions.model_validate({"weights": str(write(folder, 1)), "preprocess": method})
    return extract(options, folder / "demo" / "dataset", folder / "features", folder / "weights")


@KINDS
def test_new_photos_get_no_vectors_of_other_weights(tmp_path: Path, write: Write) -> None:
    settings = read_object(made(tmp_path, write) / "settings.json")
    asked, weights = saved_options(settings), tmp_path / "weights"
    before = Extractor(asked, weights, settings[DIGEST]).vectors(PHOTOS)
    write(tmp_path, 2)
    with pytest.raises(UserError, match=r"m\.\w+ is not the file that made the vectors.*earlier one back"):
        Extractor(asked, weights, settings[DIGEST])
    assert np.abs(before - Extractor(asked, weights).vectors(PHOTOS)).max() > 1e-3
    write(tmp_path, 1)
    np.testing.assert_array_equal(before, Extractor(asked, weights, settings[DIGEST]).vectors(PHOTOS))


@KINDS
def test_verify_says_that_it_is_the_weights_and_not_the_vectors(tmp_path: Path, write: Write) -> None:
    cache = Stage("features", made(tmp_path, write))
    assert not list(verify.check_inputs(cache))
    write(tmp_path, 2)
    (found,) = map(str, verify.check_inputs(cache))
    assert "cannot be computed again" in found
    assert "is not the file that made the vectors" in found


def test_what_no_digest_was_kept_of_is_taken_as_it_is(tmp_path: Path) -> None:
    cache = made(tmp_path, resnet)
    settings = read_object(cache / "settings.json")
    del settings[DIGEST]
    write_json(cache / "settings.json", settings)
    resnet(tmp_path, 2)
    extractor = Extractor(saved_options(settings), tmp_path / "weights", settings.get(DIGEST))
    assert extractor.vectors(PHOTOS).shape == (2, families.DIMENSIONS)
