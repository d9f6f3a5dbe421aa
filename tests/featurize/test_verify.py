"""What `bokeru verify` computes again of a cache of vectors."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from featurize import verify
from featurize.extract import extract
from featurize.options import FeatureOptions, RandomOptions
from store.register.stages import Stage
from tests.featurize.small_networks import photo, write_dataset


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """Return a cache of random vectors of 100 photos: those need no network."""
    dataset = tmp_path / "p" / "dataset"
    write_dataset(dataset, [photo(seed) for seed in range(100)])
    options = FeatureOptions(weights="random", random=RandomOptions(dimensions=8))
    return extract(options, dataset, tmp_path / "features", tmp_path / "weights")


def problems(cache: Path, *, everything: bool = False) -> list[str]:
    return [str(one) for one in verify.check_inputs(Stage("features", cache), everything=everything)]


def change(cache: Path, rows: list[int]) -> None:
    """Give the photos in some rows each the vector of the one before."""
    (path,) = cache.glob("*.parquet")
    table = pq.read_table(path)
    values = table["vector"].to_pylist()
    for row in rows:
        values[row] = values[row - 1]
    kind = table.schema.field("vector").type
    pq.write_table(table.set_column(3, "vector", pa.array(values, kind)), path)


def test_vectors_as_they_were_computed_are_whole(cache: Path) -> None:
    assert problems(cache) == []
    assert problems(cache, everything=True) == []


@pytest.mark.parametrize("row", [0, 99])
def test_the_first_and_the_last_vector_are_computed_again(cache: Path, row: int) -> None:
    change(cache, [row])
    (found,) = problems(cache)
    assert "is not that of the photo" in found


def test_all_are_computed_again_where_that_is_asked_for(cache: Path) -> None:
    sampled = set(np.linspace(0, 99, verify.SAMPLE).round().astype(int).tolist())
    others = [row for row in range(100) if row not in sampled]
    change(cache, others)
    assert problems(cache) == [], "none of them is in the sample"
    assert len(problems(cache, everything=True)) == len(others)


def test_settings_that_are_none_are_told(cache: Path) -> None:
    (cache / "settings.json").write_text('{"weights": 3}')
    (found,) = problems(cache)
    assert "cannot be computed again" in found


def test_weights_that_are_not_here_are_not_fetched(cache: Path) -> None:
    (cache / "settings.json").write_text('{"weights": "caffenet"}')
    assert problems(cache) == []
