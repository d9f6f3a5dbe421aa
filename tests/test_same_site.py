"""The same site, crawled in another order and with another concurrency: the same rows, sides and model."""

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from crawler.options import CrawlOptions
from dataset import read
from dataset.build.sides import NAME as SIDES
from dataset.build.stage import build
from dataset.options import DatasetOptions
from demo.site import running
from featurize.extract import extract
from featurize.options import FeatureOptions
from tests.crawler.stage import crawl
from tests.train.toy_training import options
from train.evaluation.evaluate import evaluate
from train.fit import fit

ORDERS: dict[str, dict[str, Any]] = {
    "newest": {"concurrency": 1},
    "oldest": {"concurrency": 8, "start": ("/odai/2", "/boke/recent")},
}


def built(place: Path, order: str, photos: int, captions: int) -> Path:
    """Crawl the embedded site and build its dataset; return the pipeline's folder."""
    site = {"photos": photos, "captions_per_photo": captions, "seed": 3}
    values = {"embedded": site, "delay": 0, "archive": "none", "order": order, **ORDERS[order]}
    settings = CrawlOptions.model_validate(values, strict=False)
    with running(photos, captions, 3) as address:
        crawl(settings, place / "crawl", address=address, pipeline="p")
    build(DatasetOptions(dev_fraction=0.3), [place / "crawl"], place / "dataset", name="p")
    return place


def rows(dataset: Path) -> list[dict[str, Any]]:
    """Return the rows by sha256, without dates: the site says how long ago a boke was posted."""
    found = []
    for path in read.shards(dataset):
        for row in pq.read_table(path).to_pylist():
            captions = [{**caption, "posted": None} for caption in row["captions"]]
            found.append({**row, "captions": captions, "split": path.name.split("-")[0]})
    return sorted(found, key=lambda row: str(row["sha256"]))


def assert_same(one: Path, other: Path) -> None:
    assert rows(one / "dataset") == rows(other / "dataset") != []
    for name in ("dataset/vocabulary.json", "dataset/statistics.json", f"crawl/{SIDES}"):
        assert (one / name).read_bytes() == (other / name).read_bytes(), name


def test_the_same_rows_on_the_same_sides(tmp_path: Path) -> None:
    one, other = (built(tmp_path / order / "p", order, 5, 3) for order in ORDERS)
    assert_same(one, other)


@pytest.mark.long
def test_the_same_model_bit_for_bit(tmp_path: Path) -> None:
    """Odai of several pages, and more photos than a batch of them holds."""
    places = [built(tmp_path / order / "p", order, 40, 30) for order in ORDERS]
    assert_same(*places)
    settings = FeatureOptions.model_validate({"weights": "untrained", "batch_size": 16}, strict=False)
    made = []
    for place in places:
        features = extract(settings, place / "dataset", place.parent / "features", place.parent / "weights")
        run = fit(options(sampling="one-per-epoch"), place / "dataset", features, place / "runs")
        evaluate(run, place / "dataset", features)
        made.append([(run / name).read_bytes() for name in ("model/model.safetensors", "samples.json")])
    assert made[0] == made[1]
