"""A dataset with something of everything that can be asked for, and its rows as Parquet has them."""

import io
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from fastapi.testclient import TestClient
from PIL import Image

from dataset.build.stage import build
from dataset.options import DatasetOptions
from store.place import Place
from store.schema import EVALUATED, SCORES
from store.shards import ShardWriter
from tests import crawl_tables
from tests.crawl_tables import boke, image, page
from web.app import create

RUN = "20260101-000000-000000"
Rows = list[dict[str, Any]]


def time(year: int, month: int = 1, day: int = 1, hour: int = 0) -> datetime:
    return datetime(year, month, day, hour, tzinfo=UTC)


BOKES: dict[int, list[dict[str, Any]]] = {
    1: [
        boke(11, 1, "=HYPERLINK(1)", stars=5, posted=time(2013, 6, 30, 23), category="バカ"),
        boke(12, 1, "犬だよ", stars=120, posted=time(2014, 1, 1)),
    ],
    2: [boke(21, 2, "＋１点", stars=0, posted=time(2020, 2, 29, 12))],
    3: [boke(31, 3, 'これが"猫"、\nです', stars=40, posted=None)],
    4: [
        boke(41, 4, "ＮＨＫの犬", stars=None, posted=time(2026, 1, 2)),
        boke(42, 4, "もう犬には戻れない", stars=3),
    ],
    5: [boke(51, 5, "ふつう", stars=1, posted=time(2019, 12, 31, 23))],
    6: [boke(60 + n, 6, f"猫{'！' * n}", stars=n, category="例え") for n in range(8)],
    7: [boke(71, 7, "-1", stars=1000, posted=time(2021, 5, 5)), boke(72, 7, "@全員", stars=2)],
    8: [boke(81, 8, "' quoted", stars=7, category="ブラック")],
}
"""Photos 1 and 8, and 2 and 5, are near copies of each other; 6 is one of them, too."""
ALIKE = {8: 1, 2: 5, 6: 5}
LABELS = {1: ["犬"], 2: ["犬", "人"], 3: ["猫"], 4: ["犬"], 5: [], 6: ["猫", "猫"], 7: ["人"], 8: ["It's"]}


def recompressed(seed: int, quality: int) -> bytes:
    """Return the photo of another odai in other bytes."""
    buffer = io.BytesIO()
    Image.open(io.BytesIO(crawl_tables.photo(seed))).save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


def make(data: Path) -> Place:
    """Build the dataset, with two scores and the evaluation of a run."""
    place = Place(data, "it's")
    pages = [
        page(n, bokes, labels=LABELS[n], category="動物" if n % 2 else None) for n, bokes in BOKES.items()
    ]
    images = [image(n, recompressed(ALIKE[n], 60 + n)) if n in ALIKE else image(n) for n in BOKES]
    crawl = crawl_tables.write(place.crawl, pages, images)
    light = [(row["sha256"], None, {"light": 0.1 * n}) for n, row in enumerate(images[:5], 1)]
    kanji = [
        (images[n - 1]["sha256"], one["text"], {"kanji": len(str(one["text"])) / 8})
        for n in (1, 4, 7)
        for one in BOKES[n]
    ]
    for sha256, text, scores in (*light, *kanji):
        with ShardWriter(place.directory / "scores" / next(iter(scores)), "scores", SCORES) as writer:
            writer.append({"sha256": sha256, "text": text, "outcome": "ok", "scores": scores})
    options = DatasetOptions(tokenizer="characters", dev_fraction=0.4, dev_odai=("3",))
    build(options, [crawl], place.dataset, name=place.name)
    measured = [
        {
            "split": row["split"],
            "sha256": row["sha256"],
            "nats": 3.0 * n,
            "tokens": 2.0,
        }
        for n, row in enumerate(rows(place))
        if n != 2
    ]
    (place.runs / RUN).mkdir(parents=True)
    pq.write_table(pa.Table.from_pylist(measured, EVALUATED), place.runs / RUN / "evaluation.parquet")
    return place


def rows(place: Place) -> Rows:
    """Return the photos in the dataset's order, train first, each with its split."""
    found = []
    for split in ("train", "dev"):
        for path in sorted((place.dataset / "data").glob(f"{split}-*.parquet")):
            found += [
                {**row, "split": split} for row in pq.read_table(path).drop_columns("image").to_pylist()
            ]
    return found


@pytest.fixture(scope="session")
def looked(tmp_path_factory: pytest.TempPathFactory) -> Place:
    return make(tmp_path_factory.mktemp("looked [through]"))


@pytest.fixture(scope="session")
def photos(looked: Place) -> Rows:
    return rows(looked)


@pytest.fixture(scope="module")
def client(looked: Place) -> Iterator[TestClient]:
    with TestClient(create(looked.data, looked.name)) as client:
        yield client


def found(client: TestClient, query: str) -> list[str]:
    """Return the photos that the API finds, in its order."""
    answer = client.get(f"/api/pipelines/it's/photos?{query}&per_page=200")
    assert answer.status_code == 200, answer.text
    return [photo["sha256"] for photo in answer.json()["photos"]]
