"""The pipeline that the benchmark of size makes: the same each time, and taken by every stage."""

import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from benchmarks.size import make, odai
from benchmarks.size.photos import jpeg, original
from commands.main import main
from store.photo.description import describe

PHOTOS = 100


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    make.make(folder, PHOTOS)
    return folder


def _table(folder: Path, name: str) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = pq.read_table(folder / "data" / make.NAME / "crawl" / name).to_pylist()
    return rows


def test_photos_decode_and_are_all_different(made: Path) -> None:
    rows = _table(made, "images")
    assert [row["outcome"] for row in rows] == ["ok"] * PHOTOS
    assert len({row["sha256"] for row in rows}) == PHOTOS


def test_only_copies_are_near_each_other() -> None:
    hashes = [int(describe(jpeg(1, number)).phash, 16) for number in range(PHOTOS)]
    near = {
        (one, other)
        for other in range(PHOTOS)
        for one in range(other)
        if (hashes[one] ^ hashes[other]).bit_count() <= 8
    }
    assert near == {(48, 49), (98, 99)}
    assert [number for number in range(PHOTOS) if original(number) != number] == [49, 99]


def test_captions_are_eleven_a_photo_and_skewed(made: Path) -> None:
    bokes = [boke for row in _table(made, "pages") for boke in row["bokes"]]  # type: ignore[attr-defined]
    assert len(bokes) == 11 * PHOTOS
    numbers = [boke["boke_id"] for boke in bokes]
    assert len(set(numbers)) == len(numbers)
    assert max(numbers) <= 114_843_616  # the site's highest in 2026
    stars = np.array([boke["stars"] for boke in bokes])
    assert 0.05 < np.mean(stars == 0) < 0.15  # 98,736 of 1,100,542 captions of ボケ缶 have none
    of_photos = odai.counts(1, 10_000)
    assert of_photos.sum() == 110_000
    assert of_photos.min() >= 1
    assert np.median(of_photos) < 9
    assert of_photos.max() > 150


def test_a_photo_in_a_hundred_has_two_odai(made: Path) -> None:
    of_photos: dict[object, set[object]] = {}
    for row in _table(made, "pages"):
        of_photos.setdefault(row["image_url"], set()).add(row["odai_id"])
    assert sorted(map(len, of_photos.values())) == [1] * (PHOTOS - 1) + [2]


def test_the_same_is_made_each_time(made: Path, tmp_path: Path) -> None:
    make.make(tmp_path, PHOTOS)
    crawls = [folder / "data" / make.NAME / "crawl" for folder in (made, tmp_path)]
    for name in ("pages/pages-000000000.parquet", "images/images-000000000.parquet"):
        assert (crawls[0] / name).read_bytes() == (crawls[1] / name).read_bytes()
    one, other = (
        pq.read_table(next(folder.glob("data/features/*/*.parquet"))) for folder in (made, tmp_path)
    )
    assert one.equals(other)


def test_it_is_not_made_over_another(made: Path) -> None:
    with pytest.raises(SystemExit, match="is there"):
        make.make(made, PHOTOS)


@pytest.mark.long
def test_every_stage_takes_it(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = ["--pipeline", make.NAME, "--config", f"{made}/pipelines.yaml", "--data", f"{made}/data"]
    assert main(["dataset", *place]) == 0
    assert main(["features", *place]) == 0
    assert "features: up to date" in capsys.readouterr().out
    assert main(["verify", str(made / "data" / make.NAME)]) == 0
    statistics = json.loads((made / "data" / make.NAME / "dataset" / "statistics.json").read_text())
    assert sum(split["captions"] for split in statistics["splits"].values()) == 11 * PHOTOS
    # Two copies, each in the group of its original.
    assert sum(split["groups"] for split in statistics["splits"].values()) == PHOTOS - 2
