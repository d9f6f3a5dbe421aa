"""What Bokeru writes opens in the libraries that people would point at it, with the photos as they are.

The photos: upright JPEGs, one that EXIF turns, a PNG and a WebP. `datasets` applies EXIF's orientation, so a
row's width and height are those of the picture that it shows (EXIF 2.3, tag 0x0112: 6 is a quarter turn).
"""

import gc
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import mlcroissant
import pandas as pd
import polars as pl
import pyarrow.dataset
import pyarrow.parquet as pq
import pytest
import webdataset
from PIL import Image, ImageOps
from pycocotools.coco import COCO

from dataset import read
from dataset.build.stage import build
from dataset.export.formats import FORMATS, export
from dataset.options import DatasetOptions
from store.photo.description import describe
from store.schema import CAPTIONS, PHOTOS, SCORES
from store.shards import ShardWriter
from tests import crawl_tables

ROOT = Path(__file__).parents[3]
PHOTO_COUNT = 16
TURNED, PNG, WEBP = 3, 4, 5
SUFFIXES = {"JPEG": ".jpg", "PNG": ".png", "WEBP": ".webp"}


def content(number: int) -> bytes:
    """Draw one photo: noise, so that none is a near duplicate of another."""
    image = Image.effect_noise((60 + number, 40), 90).convert("RGB")
    exif = Image.Exif()
    exif[0x0112] = 6 if number == TURNED else 1
    file = io.BytesIO()
    image.save(file, {PNG: "PNG", WEBP: "WEBP"}.get(number, "JPEG"), exif=exif)
    return file.getvalue()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build a dataset, `dataset`, and beside it an export of each format, by its name."""
    folder = tmp_path_factory.mktemp("opens") / "p"
    numbers = range(PHOTO_COUNT)
    bokes = [[crawl_tables.boke(10 * n + k, n, f"笑い{n} {k}") for k in range(3)] for n in numbers]
    pages = [crawl_tables.page(n, found) for n, found in zip(numbers, bokes, strict=True)]
    rows = []
    for number in numbers:
        photo = content(number)
        found = describe(photo)
        row = {name: getattr(found, name) for name in ("sha256", "width", "height", "format", "phash")}
        rows.append({**crawl_tables.image(number), "bytes": photo, **row})
    crawl = crawl_tables.write(folder / "crawl", pages, rows)
    with ShardWriter(folder / "scores" / "x", "scores", SCORES) as writer:
        for row in rows[1:]:  # one has none
            writer.append({"sha256": row["sha256"], "outcome": "ok", "scores": {"x.a": 0.5, "x.b": 1.0}})
    with ShardWriter(folder / "scores" / "y", "scores", SCORES) as writer:
        for row, boke in zip(rows[2:], bokes[2:], strict=True):
            scored = {"sha256": row["sha256"], "text": boke[0]["text"]}
            writer.append({**scored, "outcome": "ok", "scores": {"y": 0.25}})
    build(DatasetOptions(dev_fraction=0.4), [crawl], folder / "dataset", name="p")
    for form in FORMATS:
        export(folder / "dataset", folder / form, form)
    return folder


LOAD = """
import json, sys
import datasets
found = {}
for name in sys.argv[3:]:
    folder, _, config = name.partition(":")
    loaded = datasets.load_dataset(f"{sys.argv[1]}/{folder}", *filter(None, [config]), cache_dir=sys.argv[2])
    rows = [row for split in loaded.values() for row in split]
    pictures = [value for row in rows for value in row.values() if hasattr(value, "getexif")]
    found[name] = {
        "rows": {split: len(rows) for split, rows in loaded.items()},
        "pictures": [list(picture.size) for picture in pictures],
        "sizes": [
            [row["width"], row["height"]]
            for row in (row.get("json") or row for row in rows)
            if "width" in row
        ],
        "columns": loaded["train"].column_names,
    }
print(json.dumps([datasets.__version__, found]))
"""
LOADED = ("dataset", "dataset:captions", *FORMATS)


def loaded(python: Path | str, place: Path, cache: Path) -> tuple[str, dict[str, dict[str, Any]]]:
    """Load all with `datasets` in another process: it may not reach out, and its import takes seconds."""
    offline = {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "PATH": os.defpath, "HOME": str(cache)}
    code = [str(python), "-c", LOAD, str(place), str(cache), *LOADED]
    done = subprocess.run(code, env=offline, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    version, found = json.loads(done.stdout.splitlines()[-1])
    return version, found


def assert_opens(place: Path, found: dict[str, dict[str, Any]]) -> None:
    photos = {split: len(read.photos(place / "dataset", split)) for split in read.SPLITS}
    captions = {split: len(read.captions(place / "dataset", split)) for split in read.SPLITS}
    assert sum(photos.values()) == PHOTO_COUNT
    per_caption = ("dataset:captions", "pairs")
    assert {name: one["rows"] for name, one in found.items()} == {
        name: captions if name in per_caption else photos for name in LOADED
    }
    for name in LOADED:
        assert len(found[name]["pictures"]) == (0 if name in per_caption else PHOTO_COUNT), name
        assert found[name]["pictures"] == found[name]["sizes"], name
    assert [40, 60 + TURNED] in found["dataset"]["sizes"]  # as it is shown, not as it is stored
    assert found["dataset"]["columns"] == PHOTOS.names
    assert found["dataset:captions"]["columns"] == CAPTIONS.names


def test_datasets_opens_the_dataset_and_every_export(place: Path, tmp_path: Path) -> None:
    version, found = loaded(sys.executable, place, tmp_path)
    assert int(version.split(".")[0]) >= 5
    assert_opens(place, found)


@pytest.mark.long
def test_datasets_3_does_so_too(place: Path, tmp_path: Path) -> None:
    """`make test-long` makes its environment: two versions do not fit into one."""
    version, found = loaded(ROOT / ".venv-datasets3/bin/python", place, tmp_path)
    assert version == "3.6.0"
    assert_opens(place, found)


@pytest.mark.parametrize(("folder", "columns"), [("data", PHOTOS), ("captions", CAPTIONS)])
def test_readers_of_folders_open_the_shards(place: Path, folder: str, columns: pyarrow.Schema) -> None:
    path = place / "dataset" / folder
    count = PHOTO_COUNT * (1 if folder == "data" else 3)
    assert len(pd.read_parquet(path)) == count
    assert pyarrow.dataset.dataset(path).count_rows() == count
    assert pyarrow.dataset.dataset(path).schema.names == columns.names
    assert pl.scan_parquet(path).select(pl.len()).collect().item() == count
    [(found,)] = duckdb.execute(f"SELECT count(*) FROM '{path}/*.parquet'").fetchall()
    assert found == count


def test_the_slim_table_has_the_captions(place: Path) -> None:
    for split in read.SPLITS:
        [path] = (place / "dataset/captions").glob(f"{split}-*")
        slim = pq.read_table(path)
        assert slim.to_pylist() == read.captions(place / "dataset", split).select(CAPTIONS.names).to_pylist()


def files(place: Path) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of every photo that was exported."""
    for form in ("pairs", "coco", "imagefolder"):
        for path in (place / form).rglob("*"):
            if path.is_file() and path.suffix not in (".md", ".json", ".jsonl", ".parquet"):
                yield path.name, path.read_bytes()


def test_every_file_has_the_ending_of_what_it_is(place: Path) -> None:
    found = list(files(place))
    assert len(found) == 3 * PHOTO_COUNT
    for name, photo in found:
        assert Path(name).suffix == SUFFIXES[str(Image.open(io.BytesIO(photo)).format)]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # it leaves tars open
def test_webdataset_opens_its_tars(place: Path) -> None:
    photos = 0
    for path in sorted((place / "webdataset").glob("*.tar")):
        samples = webdataset.WebDataset(str(path), shardshuffle=False).decode("pil")
        for picture, row, text in samples.to_tuple("jpg;png;webp", "json", "txt"):
            photos += 1
            assert text == row["captions"][0]["text"]
            assert ImageOps.exif_transpose(picture).size == (row["width"], row["height"])
    gc.collect()
    assert photos == PHOTO_COUNT


def test_pycocotools_opens_the_annotations(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shown: list[tuple[int, int]] = []
    for split in read.SPLITS:
        coco = COCO(str(place / "coco" / "annotations" / f"captions_{split}.json"))
        for image in coco.loadImgs(coco.getImgIds()):
            picture = Image.open(place / "coco" / "images" / split / image["file_name"])
            shown.append((image["width"], image["height"]))
            assert ImageOps.exif_transpose(picture).size == shown[-1]
            assert len(coco.getAnnIds(image["id"])) == 3
    assert (40, 60 + TURNED) in shown
    assert len(shown) == PHOTO_COUNT


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # rdflib's and pandas', inside mlcroissant
def test_mlcroissant_reads_the_slim_table(place: Path) -> None:
    described = mlcroissant.Dataset(jsonld=str(place / "dataset" / "croissant.json"))
    records = list(described.records("captions"))
    for split in read.SPLITS:
        texts = read.captions(place / "dataset", split)["text"].to_pylist()
        found = [record for record in records if record["captions/split"].decode() == split]
        assert [record["captions/text"].decode() for record in found] == texts
    assert [record["splits/name"] for record in described.records("splits")] == list(read.SPLITS)
