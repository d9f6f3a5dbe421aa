"""Nearest photos, and their contact sheet."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from featurize import cache
from featurize.extract import extract
from featurize.neighbours import TILE, nearest, neighbours
from featurize.options import FeatureOptions, RandomOptions
from featurize.read import vectors
from store.errors import UserError
from tests.featurize.small_networks import photo, sha256, write_dataset


def write_vectors(
    directory: Path, values: np.ndarray, shards: int = 3, names: list[str] | None = None
) -> list[str]:
    """Write a cache of several shards; return the photos' names, row i for values[i]."""
    names = names or [sha256(bytes([number // 256, number % 256])) for number in range(len(values))]
    for part in np.array_split(np.arange(len(values)), shards):
        with cache.writer(directory, values.shape[1], "float32") as writer:
            for row in part:
                writer.append({"sha256": names[row], "outcome": "ok", "error": None, "vector": values[row]})
    return names


def test_neighbours_are_those_of_a_plain_search(tmp_path: Path) -> None:
    values = np.random.default_rng(1).standard_normal((60, 8)).astype(np.float32) + 5
    names = write_vectors(tmp_path, values)
    found = nearest(tmp_path, names, queries=10, count=4)
    rows = [names.index(name) for name in found.sha256s]
    centred = values[rows] - values.mean(0)
    centred /= np.linalg.norm(centred, axis=1, keepdims=True)
    similarity = centred @ centred.T
    np.fill_diagonal(similarity, -np.inf)
    expected = np.argsort(-similarity, axis=1)[found.queries, :4]
    np.testing.assert_array_equal(found.nearest, expected)
    np.testing.assert_allclose(
        found.similarity, np.take_along_axis(similarity[found.queries], expected, 1), atol=1e-5
    )


def test_only_the_datasets_photos_count(tmp_path: Path) -> None:
    names = write_vectors(tmp_path, np.random.default_rng(1).standard_normal((20, 4)).astype(np.float32))
    found = nearest(tmp_path, names[:5], queries=99, count=99)
    assert set(found.sha256s) == set(names[:5])
    assert found.nearest.shape == (5, 4)


def test_a_photo_is_not_its_own_neighbour_even_among_equals(tmp_path: Path) -> None:
    names = write_vectors(tmp_path, np.ones((4, 3), np.float32))
    found = nearest(tmp_path, names, queries=4, count=3)
    assert all(query not in row for query, row in zip(found.queries, found.nearest, strict=True))


def test_without_vectors_the_command_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"vectors of 0 of these photos; neighbours need 2.*bokeru features"):
        nearest(tmp_path, ["0" * 64], queries=1, count=1)


def test_the_contact_sheet(tmp_path: Path) -> None:
    dataset = tmp_path / "demo" / "dataset"
    names = write_dataset(dataset, [photo(seed) for seed in range(6)])
    options = FeatureOptions(weights="random", random=RandomOptions(dimensions=16))
    directory = extract(options, dataset, tmp_path / "features", tmp_path / "weights")
    assert len(vectors(directory, names)) == 6
    for name in ("sheet.png", "sheet.jpg", "sheet.webp"):
        with Image.open(neighbours(directory, dataset, tmp_path / name, photos=3, count=2)) as sheet:
            assert sheet.width > 3 * TILE
            assert sheet.height > 3 * TILE
    with pytest.raises(UserError, match=r"must end in .png, .jpg or .webp"):
        neighbours(directory, dataset, tmp_path / "sheet.txt")
