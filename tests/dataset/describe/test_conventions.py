"""A built dataset opens, with the same counts, in the tools that people already use."""

import hashlib
import json
import random
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import mlcroissant
import pandas as pd
import polars as pl
import pyarrow.parquet as pq
import pytest

from dataset import read
from dataset.build.stage import build
from dataset.options import DatasetOptions
from store.schema import PHOTOS
from tests import crawl_tables


def counts(dataset: Path) -> dict[str, int]:
    splits = read.statistics(dataset)["splits"]
    return {split: figures["photos"] for split, figures in splits.items()}


LOAD = """
import json, sys
from datasets import load_dataset
found = load_dataset(sys.argv[1], cache_dir=sys.argv[2])
photo = found["train"][0]
print(json.dumps({
    "counts": {split: len(rows) for split, rows in found.items()},
    "picture": [type(photo["image"]).__module__, *photo["image"].size],
    "size": [photo["width"], photo["height"]],
    "caption": photo["captions"][0]["text"],
    "columns": found["train"].column_names,
}))
"""


def loaded(dataset: Path, cache: Path) -> dict[str, Any]:
    """Load with `datasets` in its own process: it may not reach out, and its import takes seconds."""
    environment = {
        "HF_HUB_OFFLINE": "1",
        "HF_DATASETS_OFFLINE": "1",
        "PATH": "/usr/bin:/bin",
        "HOME": str(cache),
    }
    code = [sys.executable, "-c", LOAD, str(dataset), str(cache)]
    done = subprocess.run(code, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_datasets_loads_a_dataset_without_dev(tmp_path: Path) -> None:
    crawl = crawl_tables.crawl(tmp_path / "p" / "crawl", 3)
    build(DatasetOptions(dev_fraction=0.0), [crawl], crawl.with_name("dataset"), name="p")
    assert loaded(crawl.with_name("dataset"), tmp_path / "cache")["counts"]["train"] == 3


@pytest.mark.parametrize("split", ["train", "dev"])
def test_duckdb_pandas_and_polars_count_the_same(dataset: Path, split: str) -> None:
    pattern = f"{dataset}/data/{split}-*.parquet"
    [(photos, captions)] = duckdb.execute(f"SELECT count(*), sum(len(captions)) FROM '{pattern}'").fetchall()
    frame = pd.concat(pd.read_parquet(path) for path in sorted(dataset.glob(f"data/{split}-*.parquet")))
    rows = pl.read_parquet(pattern)
    figures = read.statistics(dataset)["splits"][split]
    assert photos == len(frame) == len(rows) == figures["photos"] == counts(dataset)[split]
    assert (
        captions
        == frame["captions"].map(len).sum()
        == rows["captions"].list.len().sum()
        == figures["captions"]
    )


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # rdflib's and pandas', inside mlcroissant
def test_mlcroissant_validates_the_metadata_and_reads_records(dataset: Path) -> None:
    described = mlcroissant.Dataset(jsonld=str(dataset / "croissant.json"))
    assert not described.metadata.ctx.issues.errors
    # Nobody knows whom to cite for these captions, and a build has no date: the same one has the same bytes.
    unknown = [re.search(r"/(\w+)\" is recommended", told) for told in described.metadata.ctx.issues.warnings]
    assert {name and name[1] for name in unknown} == {"citeAs", "datePublished"}
    record = next(iter(described.records("photos")))
    assert record["photos/sha256"].decode() in read.photos(dataset)["sha256"].to_pylist()


def test_the_metadata_names_every_column(dataset: Path) -> None:
    metadata = json.loads(pq.read_schema(read.shards(dataset)[0]).metadata[b"huggingface"])
    assert list(metadata["info"]["features"]) == PHOTOS.names
    assert metadata["info"]["features"]["image"] == {"_type": "Image"}


def test_row_groups_are_small_enough_to_preview(tmp_path: Path) -> None:
    pages = [crawl_tables.page(n, [crawl_tables.boke(n, n, "一")]) for n in range(250)]
    images = [{**crawl_tables.image(n % 10), "url": crawl_tables.image_url(n)} for n in range(250)]
    for n, row in enumerate(images):
        content = random.Random(n).randbytes(12_000 if n < 125 else 100)
        row |= {"bytes": content, "sha256": hashlib.sha256(content).hexdigest(), "phash": None}
    crawl = crawl_tables.write(tmp_path / "p" / "crawl", pages, images)
    build(DatasetOptions(dev_fraction=0), [crawl], tmp_path / "p" / "dataset", name="p")
    metadata = pq.read_metadata(read.shards(tmp_path / "p" / "dataset", "train")[0])
    rows = [metadata.row_group(group).num_rows for group in range(metadata.num_row_groups)]
    assert rows == [100, 150]  # tiny photos share a row group


READ = """
import duckdb, sys
def so_far():
    return int(open("/proc/self/io").read().split("rchar: ")[1].split()[0])
duckdb.execute("SET enable_progress_bar = false")
before = so_far()
labels = f"SELECT unnest(labels) AS label FROM '{sys.argv[1]}'"
duckdb.execute(f"SELECT label, count(*) FROM ({labels}) GROUP BY label")
print(so_far() - before)
"""


@pytest.mark.long
def test_captions_are_counted_without_a_look_at_the_photos(tmp_path: Path) -> None:
    """Of all bytes: DuckDB read 24% and more of them for it while captions lay between photos only."""
    pages = [crawl_tables.page(n, [crawl_tables.boke(n, n, "一")]) for n in range(1_000)]
    images = [{**crawl_tables.image(n % 10), "url": crawl_tables.image_url(n)} for n in range(1_000)]
    for n, row in enumerate(images):
        content = random.Random(n).randbytes(20_000)
        row |= {"bytes": content, "sha256": hashlib.sha256(content).hexdigest(), "phash": None}
    crawl = crawl_tables.write(tmp_path / "p" / "crawl", pages, images)
    dataset = tmp_path / "p" / "dataset"
    build(DatasetOptions(dev_fraction=0), [crawl], dataset, name="p")
    code = [sys.executable, "-c", READ, f"{dataset}/captions/*.parquet"]
    read_bytes = int(subprocess.run(code, capture_output=True, text=True, check=True).stdout)
    assert read_bytes < 0.02 * sum(path.stat().st_size for path in (dataset / "data").iterdir())


def test_the_card_tells_the_counts_and_every_column(dataset: Path) -> None:
    card = (dataset / "README.md").read_text()
    assert "36 captions (boke) of 12 photos (odai)" in card
    assert card.startswith("---\n")
    assert [name for name in PHOTOS.names if f"`{name}`" not in card] == []


def test_the_statistics_add_up(dataset: Path) -> None:
    figures = read.statistics(dataset)
    captions = sum(split["captions"] for split in figures["splits"].values())
    assert captions == 36
    for name in ("characters", "tokens", "stars"):
        assert sum(count for _, count in figures[name]["histogram"]) == captions
    assert sum(count for _, count in figures["captions_per_photo"]["histogram"]) == 12
    assert figures["vocabulary"]["size"] == len(read.vocabulary(dataset))
    assert figures["vocabulary"]["unknown_rate"]["train"] == 0.0


def test_the_charts_are_one_svg_with_japanese(dataset: Path) -> None:
    from xml.etree import ElementTree

    text = (dataset / "statistics.svg").read_text()
    assert ElementTree.fromstring(text).tag.endswith("svg")
    assert "シュール" in text
    wanted = ("Captions per photo", "Stars", "log scale", "Characters", "Tokens", "category", "label")
    assert [title for title in (*wanted, "Vocabulary", "Duplicates", "by filter") if title not in text] == []


def test_every_file_of_the_manifest_is_there(dataset: Path) -> None:
    files = {entry["name"]: entry["rows"] for entry in read.manifest(dataset)["files"] if "rows" in entry}
    shards = [path for folder in ("data", "captions") for path in (dataset / folder).iterdir()]
    assert files == {f"{path.parent.name}/{path.name}": pq.read_metadata(path).num_rows for path in shards}
