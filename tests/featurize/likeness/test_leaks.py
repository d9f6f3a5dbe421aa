"""Near copies across the split by vectors: those of a plain comparison, however blocks are cut."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from commands.main import main
from featurize.extract import key as key_of
from featurize.likeness.leaks import BLOCK, Leaks, leaks
from featurize.neighbours import TILE
from featurize.options import FeatureOptions
from store.errors import UserError
from tests.commands.commandline import write_config
from tests.featurize.small_networks import photo, sha256, write_dataset
from tests.featurize.test_neighbours import write_vectors

TRAIN, DEV = [photo(seed) for seed in range(9)], [photo(seed) for seed in range(9, 14)]


def made(folder: Path) -> Path:
    """Write a dataset of 9 photos in train and 5 in dev."""
    write_dataset(folder / "dataset", TRAIN)
    write_dataset(folder / "dataset", DEV, name="dev")
    return folder / "dataset"


def some_vectors(copies: int = 2) -> np.ndarray:
    """Return vectors (14, 32) of the photos of train and dev; the first of dev are nearly those of train."""
    values = np.random.default_rng(1).standard_normal((14, 32)).astype(np.float32) + 5
    values[9 : 9 + copies] = values[:copies] + 0.01 * np.arange(1, copies + 1)[:, None] * values[3]
    return values


def cache_of(folder: Path, values: np.ndarray) -> Path:
    write_vectors(folder, values, names=[sha256(content) for content in (*TRAIN, *DEV)])
    return folder


def plain(values: np.ndarray, least: float) -> list[tuple[str, str, float]]:
    """Return the pairs by comparing all with all."""
    centred = values - values.mean(0)
    centred /= np.linalg.norm(centred, axis=1, keepdims=True)
    likeness = centred[9:] @ centred[:9].T
    found = [(likeness[d, t], d, t) for d in range(5) for t in range(9) if likeness[d, t] >= least]
    return [(sha256(DEV[d]), sha256(TRAIN[t]), float(value)) for value, d, t in sorted(found, reverse=True)]


@pytest.mark.parametrize(("block", "least"), [(1, 0.9), (300, 0.1), (300, -1.0), (BLOCK, 0.9)])
def test_pairs_are_those_of_a_plain_comparison(block: int, least: float, tmp_path: Path) -> None:
    values = some_vectors()
    found = leaks(cache_of(tmp_path / "f", values), made(tmp_path), least=least, count=50, block=block)
    expected = plain(values, least)
    assert [(pair.dev, pair.train) for pair in found.nearest] == [pair[:2] for pair in expected]
    assert [pair.likeness for pair in found.nearest] == pytest.approx(
        [pair[2] for pair in expected], abs=1e-5
    )
    photos = len({pair[0] for pair in expected})
    assert (found.pairs, found.photos, found.dev, found.train) == (len(expected), photos, 5, 9)


def test_only_the_nearest_are_named_and_all_are_counted(tmp_path: Path) -> None:
    found = leaks(cache_of(tmp_path / "f", some_vectors()), made(tmp_path), least=-1.0, count=3, block=1)
    assert found.pairs == 45
    assert [pair.dev for pair in found.nearest][:2] == [sha256(DEV[0]), sha256(DEV[1])]
    assert "and 42 pairs more" in "\n".join(found.lines())


def test_photos_without_a_vector_are_told(tmp_path: Path) -> None:
    dataset, names = made(tmp_path), [sha256(content) for content in (*TRAIN[:5], *DEV[:2])]
    values = np.random.default_rng(1).standard_normal((7, 8)).astype(np.float32)
    write_vectors(tmp_path / "f", values, names=names)
    found = leaks(tmp_path / "f", dataset, least=0.99, count=3)
    assert found == Leaks(2, 5, without_vectors=7, photos=0, pairs=0, nearest=(), least=0.99, typical=None)
    assert list(found.lines())[-1] == "7 photos have no vector, and were not compared"


def test_without_any_vector_the_command_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="bokeru features"):
        leaks(tmp_path / "none", made(tmp_path), least=0.9, count=3)


@pytest.mark.parametrize(("copies", "status"), [(2, 1), (0, 0)])
def test_the_command_names_the_pairs_draws_them_and_ends_with_1(
    copies: int, status: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made(tmp_path / "data" / "demo")
    config = write_config(tmp_path / "c.yaml", features={"weights": "random"})
    where = ["--pipeline", "demo", "--config", str(config), "--data", str(tmp_path / "data")]
    assert main(["leaks", *where]) == 1
    assert "bokeru features" in capsys.readouterr().err
    assert main(["leaks", *where, "--out", "leaks.txt"]) == 1
    sheet = tmp_path / "leaks.webp"
    key = key_of(FeatureOptions(weights="random"), tmp_path)
    cache_of(tmp_path / "data" / "features" / key, some_vectors(copies))
    assert main(["leaks", *where, "--out", str(sheet), "--json"]) == status
    said = capsys.readouterr()
    assert json.loads(said.out)["photos"] == copies
    assert sheet.exists() == bool(copies)
    if copies:
        assert f"--sha256 {sha256(DEV[0])}" in said.err
        with Image.open(sheet) as picture:
            assert 2 * TILE < picture.width < 3 * TILE
            assert 2 * TILE < picture.height < 3 * TILE
