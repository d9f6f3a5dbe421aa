"""Caches of vectors as the published code has them, and runs that draw from them."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.experiments.recipe.preprocessing import prepared
from benchmarks.experiments.recipe.vectors import fc6, fc7_of, vectors
from featurize import read
from featurize.backends.chainer_network import ChainerBackend
from featurize.caffe import caffemodel
from featurize.extract import extract
from featurize.options import FeatureOptions
from store.photo.decode import decode
from store.place import Place
from tests.featurize.small_networks import photo, small_network, until, write_dataset

PHOTOS = [photo(seed, 300, 260 + 100 * (seed % 2)) for seed in range(5)]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Place, str, list[str]]:
    """Return a pipeline with a dataset, a small network of photos of 227 x 227, and the photos' sha256s."""
    data = tmp_path_factory.mktemp("data")
    weights = data / "small.caffemodel"
    caffemodel.write(small_network(size=227), weights)
    place = Place(data, "small")
    return place, str(weights), write_dataset(place.dataset, PHOTOS)


def of(place: Place, directory: Path, photos: list[str]) -> np.ndarray:
    return read.vectors(directory, photos, place)


def test_without_dropout_and_fed_as_caffe_they_are_the_stages_own(made: tuple[Place, str, list[str]]) -> None:
    place, weights, photos = made
    own = extract(FeatureOptions(weights=weights), place.dataset, place.features, place.weights)
    ours = vectors(place, weights, its_preprocessing=False, dropout=False)
    np.testing.assert_allclose(of(place, ours, photos), of(place, own, photos), rtol=1e-4, atol=1e-3)


def test_fed_as_there_they_are_the_networks_values_of_what_is_fed(made: tuple[Place, str, list[str]]) -> None:
    """Chainer's functions compute the same network."""
    place, weights, photos = made
    images = np.stack([prepared(decode(content).image) for content in PHOTOS])
    expected = ChainerBackend(until(small_network(size=227), "fc7")).run(images)
    found = of(place, vectors(place, weights, its_preprocessing=True, dropout=False), photos)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-3)


def test_a_photo_has_one_draw_of_its_own(made: tuple[Place, str, list[str]]) -> None:
    place, weights, photos = made
    drawn = vectors(place, weights, its_preprocessing=False, dropout=True)
    found, before = of(place, drawn, photos), sorted(drawn.glob("*.parquet"))
    inputs = of(place, fc6(place, weights, its_preprocessing=False), photos)
    layer = fc7_of(Path(weights))
    expected = [
        layer.drawn(value[None], int(sha256, 16))[0] for value, sha256 in zip(inputs, photos, strict=True)
    ]
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    assert sorted(vectors(place, weights, its_preprocessing=False, dropout=True).glob("*.parquet")) == before
