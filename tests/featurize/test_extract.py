"""The features stage: which photos get vectors, and when nothing is left to do."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from featurize.extract import Extractor, extract, key
from featurize.feeding.saved import saved_options
from featurize.options import FeatureOptions
from featurize.preprocess import PARTS
from featurize.read import vectors
from featurize.verify import check
from store.errors import DamagedFile, UserError
from store.register import stages as register
from store.register.verify import check_manifest
from tests.featurize.small_networks import photo, sha256, small_weights, write_dataset


class Stage:
    """The features stage in a folder of its own, with a small network."""

    def __init__(self, root: Path) -> None:
        self.dataset, self.features, self.weights = (
            root / "demo" / "dataset",
            root / "features",
            root / "weights",
        )
        self.options = FeatureOptions(weights=str(small_weights(root)), batch_size=4)

    def run(self) -> Path:
        return extract(self.options, self.dataset, self.features, self.weights)


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


def test_every_photo_gets_its_vector(stage: Stage) -> None:
    photos = [photo(seed) for seed in range(11)]
    names = write_dataset(stage.dataset, photos, rows=3)
    found = vectors(stage.run(), names)
    alone = np.concatenate([Extractor(stage.options, stage.weights).vectors([one]) for one in photos])
    np.testing.assert_allclose(found, alone, atol=1e-4 * alone.max())
    assert found.shape == (11, 24)


def test_a_second_run_computes_nothing_and_opens_no_network(
    stage: Stage, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write_dataset(stage.dataset, [photo(1), photo(2)])
    stage.run()
    monkeypatch.setattr("featurize.engine.open_engine", None)
    stage.run()
    assert "features: up to date" in capsys.readouterr().out


def test_a_grown_dataset_computes_only_what_is_new(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    old = write_dataset(stage.dataset, [photo(1), photo(2)])
    before = vectors(stage.run(), old)
    new = write_dataset(stage.dataset, [photo(3), photo(2)], name="dev")
    after = vectors(stage.run(), old + new)
    assert "1 computed, 3 were there" in capsys.readouterr().out
    np.testing.assert_array_equal(before, after[:2])


def test_an_undecodable_photo_is_a_row_with_its_reason(
    stage: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = photo(2)[:300]
    names = write_dataset(stage.dataset, [photo(1), broken, b"", b"GIF89a"])
    directory = stage.run()
    assert "1 computed, 0 were there, 3 cannot be decoded" in capsys.readouterr().out
    assert vectors(directory, names[:1]).shape == (1, 24)
    reason = (
        rf"3 of 4 photos have no vector, the first is {sha256(broken)} \(damaged or cut short: .*[Tt]runcated"
    )
    with pytest.raises(UserError, match=reason):
        vectors(directory, names)


def test_a_dataset_without_photos(stage: Stage) -> None:
    write_dataset(stage.dataset, [])
    with pytest.raises(UserError, match=r"holds no photos. Build it with: bokeru dataset --pipeline demo"):
        stage.run()


@pytest.mark.parametrize("share", [0.0, 0.5, 0.99])
def test_a_cut_cache_shard_is_named(stage: Stage, share: float) -> None:
    names = write_dataset(stage.dataset, [photo(1), photo(2)])
    (shard,) = stage.run().glob("*.parquet")
    whole = shard.read_bytes()
    shard.write_bytes(whole[: int(len(whole) * share)])
    (shard.parent / "manifest.json").unlink()  # as 0.1 left it: with one, the vectors are made again
    with pytest.raises(DamagedFile, match=shard.name):
        vectors(shard.parent, names)
    with pytest.raises(DamagedFile, match="Delete it and run its stage again"):
        stage.run()
    shard.unlink()
    assert len(vectors(stage.run(), names)) == 2


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-9])


def flipped(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))


@pytest.mark.parametrize("damage", [cut, flipped, Path.unlink])
@pytest.mark.parametrize("name", ["*.parquet", "settings.json", "manifest.json"])
def test_what_is_missing_or_changed_is_made_again(
    stage: Stage, capsys: pytest.CaptureFixture[str], damage: Callable[[Path], object], name: str
) -> None:
    names = write_dataset(stage.dataset, [photo(1), photo(2)])
    cache = stage.run()
    before, settings = vectors(cache, names), (cache / "settings.json").read_bytes()
    (path,) = cache.glob(name)
    damage(path)
    capsys.readouterr()
    assert ("2 computed" in capsys.readouterr().out) is False
    stage.run()
    assert ("2 computed, 0 were there" in capsys.readouterr().out) == (name == "*.parquet")
    np.testing.assert_array_equal(vectors(cache, names), before)
    assert (cache / "settings.json").read_bytes() == settings
    if (name, damage) != ("manifest.json", Path.unlink):  # 0.1 left none, and a kill may have
        assert [str(problem) for problem in check_manifest(register.Stage("features", cache))] == []


def test_force_computes_the_photos_of_the_dataset_again_and_no_others(
    stage: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    other = write_dataset(stage.dataset.with_name("other"), [photo(3)])
    names = write_dataset(stage.dataset, [photo(1), photo(2)])
    extract(stage.options, stage.dataset.with_name("other"), stage.features, stage.weights)
    before = vectors(stage.run(), [*names, *other])
    capsys.readouterr()
    cache = extract(stage.options, stage.dataset, stage.features, stage.weights, force=True)
    assert "2 computed" in capsys.readouterr().out
    np.testing.assert_array_equal(vectors(cache, [*names, *other]), before)
    assert [str(problem) for problem in check(register.Stage("features", cache))] == []


def test_the_key_tells_networks_apart(stage: Stage, tmp_path: Path) -> None:
    options, weights = stage.options, stage.weights
    names = {key(options, weights), key(options.model_copy(update={"layer": "fc6"}), weights)}
    names.add(key(options.model_copy(update={"size": 30}), weights))
    small_weights(tmp_path, seed=2)
    names.add(key(options, weights))
    assert len(names) == 4
    assert all(name.startswith(("small-fc7-", "small-fc6-")) for name in names)


def test_the_backend_and_the_batch_do_not_change_the_key(stage: Stage) -> None:
    other = stage.options.model_copy(update={"backend": "numpy", "batch_size": 1})
    assert key(other, stage.weights) == key(stage.options, stage.weights)


def test_weights_that_cannot_be_used_leave_no_cache(stage: Stage) -> None:
    write_dataset(stage.dataset, [photo(1)])
    options = stage.options.model_copy(update={"layer": "fc9"})
    with pytest.raises(UserError, match="no blob 'fc9'"):
        extract(options, stage.dataset, stage.features, stage.weights)
    assert not [path for path in stage.features.iterdir() if path.is_dir()]


def test_the_settings_lie_beside_the_vectors(stage: Stage) -> None:
    write_dataset(stage.dataset, [photo(1)])
    settings = (stage.run() / "settings.json").read_text()
    kept = saved_options(json.loads(settings))
    open_parts = dict.fromkeys(("layer", "preprocess", "size", *PARTS))
    assert kept.model_copy(update=open_parts) == stage.options
    assert (kept.layer, kept.preprocess, kept.size) == ("fc7", "caffe", 35)
    assert kept.mean == (104.007, 116.669, 122.679)  # facts of CaffeNet, in Caffe's order: B, G, R
    assert kept.crop == 35 / 256


def test_no_such_weights(stage: Stage) -> None:
    options = FeatureOptions(weights="nowhere.caffemodel")
    with pytest.raises(
        UserError, match=r"'nowhere.caffemodel', and there is no such file. It takes: untrained"
    ):
        key(options, stage.weights)


def test_bytes_that_are_not_a_photo_are_named_by_their_number(stage: Stage) -> None:
    with pytest.raises(UserError, match=r"photo 2 of 2 cannot be used: not a photo in a known format \(JPEG"):
        Extractor(stage.options, stage.weights).vectors([photo(1), b"not a photo"])
