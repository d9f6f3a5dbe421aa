"""Photos that tell where they were taken: what is given away of them is the picture and its rights alone."""

import hashlib
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from commands.verify import verify
from crawler.parsing.images import photo_row
from dataset import read
from dataset.build.stage import build
from dataset.export.formats import FORMATS, export
from dataset.options import DatasetOptions
from store.photo.decode import decode
from store.place import Place
from store.schema import features
from store.shards import ShardWriter
from store.whole_file import write_json
from tests import crawl_tables
from tests import speaking_photos as speaking
from tests.web.small_pipeline import KEY, D, train, vector
from web.export import export as write_web_copy

PHOTOS = {
    **{kind: make(seed=seed) for seed, (kind, make) in enumerate(speaking.FORMATS.items())},
    "progressive": speaking.jpeg(seed=7, progressive=True),
}
FORBIDDEN = speaking.jpeg(speaking.xmp("DMI-PROHIBITED-AIMLTRAINING"), seed=8)
FIRST = 900
RIGHTS = {name: text for name, text in speaking.STATED.items() if name != "data_mining"}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Crawl, build, train, export and copy eight photos among others."""
    place = Place(tmp_path_factory.mktemp("speaking") / "data", "demo")
    crawl_tables.crawl(place.crawl, 12, 3)
    pages, images = [], []
    for number, content in enumerate([*PHOTOS.values(), FORBIDDEN], FIRST):
        bokes = [crawl_tables.boke(number * 1000 + n, number, f"犬が{number}回{n}") for n in range(3)]
        pages.append(crawl_tables.page(number, bokes))
        images.append(photo_row(content, crawl_tables.image_url(number), crawl_tables.NOW, 200))
    crawl_tables.write(place.crawl, pages, images)
    build(DatasetOptions(dev_fraction=0.25), [place.crawl], place.dataset, name="demo")
    with ShardWriter(place.features / KEY, "vectors", features(D)) as shards:
        for sha256 in read.photos(place.dataset)["sha256"].to_pylist():
            shards.append({"sha256": sha256, "outcome": "ok", "vector": vector(sha256.encode())})
    write_json(place.features / KEY / "settings.json", {})
    train(place)
    out = place.data.parent / "out"
    for form in FORMATS:
        export(place.dataset, out / form, form)
    write_web_copy(place.data, "demo", out / "web")
    return place


def rows(place: Place) -> dict[str, dict[str, Any]]:
    paths = read.shards(place.dataset)
    return {row["sha256"]: row for path in paths for row in pq.read_table(path).to_pylist()}


@pytest.mark.parametrize("kind", PHOTOS)
def test_the_row_has_the_picture_and_its_rights(place: Place, kind: str) -> None:
    content = PHOTOS[kind]
    row = rows(place)[hashlib.sha256(content).hexdigest()]
    assert row["rights"] == RIGHTS
    assert row["credit"] == speaking.CREDIT
    assert row["image_sha256"] == hashlib.sha256(row["image"]["bytes"]).hexdigest() != row["sha256"]
    np.testing.assert_array_equal(decode(row["image"]["bytes"]).image, decode(content).image)


def test_the_one_that_forbids_training_is_nowhere(place: Place) -> None:
    [denied] = [row for row in crawl_tables.rows(place.crawl, "images") if row["outcome"] == "denied"]
    assert denied["error"] == "plus:DataMining: DMI-PROHIBITED-AIMLTRAINING"
    assert hashlib.sha256(FORBIDDEN).hexdigest() not in rows(place)
    left_out = read.statistics(place.dataset)["filters"]
    assert left_out["opt_outs"] == 3, left_out
    assert "cut out of the files" in (place.dataset / "README.md").read_text()


def test_no_file_that_is_given_away_has_a_secret(place: Place) -> None:
    files = [
        path
        for folder in (place.dataset, place.data.parent / "out")
        for path in folder.rglob("*")
        if path.is_file()
    ]
    assert {path.suffix for path in files} >= {".parquet", ".tar", ".json", ".html", ".jpg", ".webp", ".avif"}
    assert sum(any(s in content for s in speaking.SECRETS) for content in PHOTOS.values()) == len(PHOTOS)
    for path in files:
        content = path.read_bytes()
        if path.suffix == ".parquet":  # pages are compressed
            content += repr(pq.read_table(path).to_pylist()).encode()
        assert [secret for secret in speaking.SECRETS if secret in content] == [], path


def test_a_photo_that_says_nothing_is_as_it_was_fetched(place: Place) -> None:
    plain = [row for row in rows(place).values() if row["rights"] is None]
    assert len(plain) == 12
    assert all(row["sha256"] == row["image_sha256"] for row in plain)


def test_verify_finds_nothing_wrong(place: Place) -> None:
    assert [str(problem) for problem in verify(place.dataset)] == []
