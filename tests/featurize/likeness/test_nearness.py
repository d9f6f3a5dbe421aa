"""Which likeness counts as alike: told from train, whatever the scale of a network's vectors."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from featurize.likeness.leaks import Leaks, leaks
from featurize.likeness.nearness import UNMEASURED, NearestStrangers, Nearness, sample_of
from store.schema import PHOTOS
from store.shards import whole_parquet
from tests.featurize.small_networks import photo, sha256, write_dataset
from tests.featurize.test_neighbours import write_vectors

T, E = 40, 8


def unit(values: np.ndarray) -> np.ndarray:
    return np.asarray(values / np.linalg.norm(values, axis=1, keepdims=True), np.float32)


def strangers(spread: float, dimensions: int = 24, seed: int = 1) -> np.ndarray:
    """Return vectors (T + E, D) of strangers: the less they spread, the more alike they all are."""
    source = np.random.default_rng(seed)
    kinds = source.standard_normal((4, dimensions))  # what a network tells apart: four kinds of photos
    return kinds[np.arange(T + E) % 4] + spread * source.standard_normal((T + E, dimensions))


def found(folder: Path, values: np.ndarray, least: float | None = None) -> Leaks:
    train, dev = [photo(seed, 40) for seed in range(T)], [photo(seed, 40) for seed in range(T, T + E)]
    write_dataset(folder / "dataset", train)
    write_dataset(folder / "dataset", dev, name="dev")
    write_vectors(folder / "f", values.astype(np.float32), names=[sha256(one) for one in (*train, *dev)])
    return leaks(folder / "f", folder / "dataset", least=least, count=50)


@pytest.mark.parametrize("spread", [0.1, 0.3, 1.0, 10.0])
def test_near_copies_are_told_from_strangers_whatever_the_network(tmp_path: Path, spread: float) -> None:
    """With one likeness for all, every stranger of a kind would count where vectors spread little."""
    values = strangers(spread)
    copies = np.arange(3)
    values[T + copies] = values[copies] + 0.05 * spread * values[10 + copies] / np.abs(values).mean()
    seen = found(tmp_path, values)
    assert seen.photos == 3
    assert seen.typical is not None
    assert seen.least == pytest.approx(1 - (1 - seen.typical) / 5)


@pytest.mark.parametrize("spread", [0.1, 1.0, 10.0])
def test_vectors_of_strangers_are_not_alike(tmp_path: Path, spread: float) -> None:
    assert found(tmp_path, strangers(spread)).photos == 0


def test_the_scale_and_place_of_vectors_do_not_matter(tmp_path: Path) -> None:
    values = strangers(1.0)
    values[T] = values[0] + 0.01
    first, other = found(tmp_path / "a", values), found(tmp_path / "b", 1000 * values + 7)
    assert (first.photos, first.pairs) == (other.photos, other.pairs) == (1, 1)
    assert first.least == pytest.approx(other.least, abs=1e-4)


def test_a_likeness_that_is_given_counts(tmp_path: Path) -> None:
    seen = found(tmp_path, strangers(10.0), least=0.123)
    assert (seen.least, seen.typical) == (0.123, None)
    assert "a likeness of 0.123 or more counts" in list(seen.lines())


def test_known_copies_do_not_make_the_usual_distance_small() -> None:
    """Of a burst of photos in one group all are near each other: that says nothing of strangers."""
    values = unit(np.random.default_rng(1).standard_normal((60, 12)))
    copied = np.repeat(values, 3, axis=0)
    groups = np.repeat(np.arange(60), 3)
    rows = np.arange(180)
    likeness = values @ values.T
    np.fill_diagonal(likeness, -1)
    expected = np.median(likeness.max(axis=1))
    seen = NearestStrangers(copied, groups, rows)
    for start in range(0, 180, 50):
        seen.add(copied[start : start + 50], rows[start : start + 50])
    assert seen.nearness().typical == pytest.approx(expected, abs=1e-6)
    alone = NearestStrangers(copied, rows, rows)
    alone.add(copied, rows)
    assert alone.nearness().typical == pytest.approx(1, abs=1e-6)
    assert alone.nearness().least < 1  # a photo of dev may still be as near as the arithmetic lets it


def test_the_dataset_s_groups_count(tmp_path: Path) -> None:
    values = strangers(10.0)
    values[:T] = values[np.arange(T) // 4 * 4]  # ten photos, each four times
    one = found(tmp_path, values)
    assert one.typical == pytest.approx(1, abs=1e-5)  # without groups they look like strangers
    path = tmp_path / "dataset" / "data" / "train-00000-of-00001.parquet"
    rows = pq.read_table(path)
    grouped = rows.set_column(
        rows.column_names.index("group"), "group", pa.array([str(n // 4) for n in range(T)], pa.string())
    )
    with whole_parquet(path, PHOTOS) as writer:
        writer.write_table(grouped.cast(PHOTOS))
    other = leaks(tmp_path / "f", tmp_path / "dataset", count=50)
    assert other.typical is not None
    assert other.typical < 0.8


@pytest.mark.parametrize("count", [0, 1, 9])
def test_too_few_photos_tell_nothing(count: int) -> None:
    values = unit(np.eye(12)[:count])
    seen = NearestStrangers(values, np.arange(count), np.arange(count))
    seen.add(values, np.arange(count))
    assert seen.nearness() == Nearness(UNMEASURED)


def test_a_sample_stays_when_photos_are_added() -> None:
    names = [f"{number:05x}" for number in np.random.default_rng(1).permutation(3000)]
    assert len(sample_of(names)) == 1000
    assert {names[place] for place in sample_of(names)} == {f"{number:05x}" for number in range(1000)}
