from pathlib import Path

import crawl_tables
import pytest

from dataset import read
from dataset.build import build
from dataset.errors import DamagedFile, MissingStage, UserError
from dataset.options import DatasetOptions

OPTIONS = DatasetOptions(dev_fraction=0.3)


@pytest.fixture
def crawl(tmp_path: Path) -> Path:
    return crawl_tables.crawl(tmp_path / "p" / "crawl")


@pytest.fixture
def dataset(crawl: Path) -> Path:
    directory = crawl.with_name("dataset")
    build(OPTIONS, [crawl], directory, name="p")
    return directory


def test_every_photo_is_in_one_split_with_its_captions(dataset: Path) -> None:
    train, dev = read.captions(dataset, "train"), read.captions(dataset, "dev")
    assert len(train) + len(dev) == 20 * 4
    assert not set(train["sha256"].to_pylist()) & set(dev["sha256"].to_pylist())
    assert len(dev) > 0


def test_bytes_come_back_as_crawled(dataset: Path) -> None:
    crawled = {row["sha256"]: row["bytes"] for row in map(crawl_tables.image, range(1, 21))}
    assert dict(read.photo_bytes(dataset)) == crawled


def test_a_fresh_dataset_is_not_built_again(dataset: Path) -> None:
    assert not build(OPTIONS, [dataset.with_name("crawl")], dataset, name="p")


def test_without_a_crawl_the_message_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(MissingStage, match="bokeru crawl --pipeline p"):
        build(OPTIONS, [tmp_path / "p" / "crawl"], tmp_path / "p" / "dataset", name="p")


def test_a_cut_shard_leaves_the_old_dataset(dataset: Path) -> None:
    crawl = crawl_tables.crawl(dataset.with_name("crawl"), 2, first=50)
    shard = sorted((crawl / "images").iterdir())[0]
    shard.write_bytes(shard.read_bytes()[:-100])
    with pytest.raises(DamagedFile, match=r"images-.* is damaged"):
        build(OPTIONS, [crawl], dataset, name="p")
    assert len(read.photos(dataset)) == 20


def test_a_dataset_without_photos_names_what_took_them(crawl: Path) -> None:
    with pytest.raises(UserError, match="min_stars"):
        build(DatasetOptions(min_stars=1000), [crawl], crawl.with_name("dataset"), name="p")
