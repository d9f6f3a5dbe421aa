"""Photos that are in dev whatever the split's hash says: `dataset.dev_odai`."""

import io
import json
import shutil
from pathlib import Path

import pytest
from PIL import Image
from pydantic import ValidationError

from commands.verify import verify
from dataset import read
from dataset.build.stage import build
from dataset.checks.sides import SideCheck
from dataset.options import DatasetOptions
from tests import crawl_tables
from tests.crawl_tables import boke, image, page, write


@pytest.fixture
def crawl(tmp_path: Path) -> Path:
    return crawl_tables.crawl(tmp_path / "p" / "crawl", photos=6)


def built(crawl: Path, options: DatasetOptions) -> Path:
    directory = crawl.with_name("dataset")
    build(options, [crawl], directory, name="p")
    return directory


def saved_anew(content: bytes) -> bytes:
    """Return a near copy of a photo."""
    buffer = io.BytesIO()
    with Image.open(io.BytesIO(content)) as image:
        image.save(buffer, "JPEG", quality=60)
    return buffer.getvalue()


def test_what_is_no_range_is_refused() -> None:
    with pytest.raises(ValidationError, match="neither a number nor a range"):
        DatasetOptions(dev_odai=("odai 3",))


def test_photos_of_odai_that_are_named_are_in_dev_and_stay_there(crawl: Path) -> None:
    """The crawl's photo n is of odai n; the split's hash puts nothing into dev."""
    rows = read.photos(built(crawl, DatasetOptions(dev_fraction=0)), columns=["odai_ids"]).to_pylist()
    numbers = sorted(odai for row in rows for odai in row["odai_ids"])
    assert len(numbers) > 4
    named = numbers[1], numbers[2], numbers[-1]
    dataset = built(crawl, DatasetOptions(dev_fraction=0, dev_odai=(f"{named[0]}-{named[1]}", str(named[2]))))
    assert dev_odai(dataset) == sorted(named), "though an earlier build had them in train"
    assert verify(crawl.parent) == []
    shutil.rmtree(dataset)
    dataset = built(crawl, DatasetOptions(dev_fraction=0, dev_odai=(str(named[2]),)))
    assert dev_odai(dataset) == sorted(named), "recorded sides hold, as ever"
    assert verify(crawl.parent) == []


def dev_odai(dataset: Path) -> list[int]:
    rows = read.photos(dataset).to_pylist()
    return sorted(odai for row in rows if row["split"] == "dev" for odai in row["odai_ids"])


def test_a_near_copy_of_a_photo_that_is_named_is_not_in_train(tmp_path: Path) -> None:
    pages = [page(n, [boke(n, n, f"{n}だ")]) for n in range(1, 5)]
    images = [image(1), image(2), image(3), image(4, saved_anew(crawl_tables.photo(3)))]
    crawl = write(tmp_path / "p" / "crawl", pages, images)
    assert dev_odai(built(crawl, DatasetOptions(dev_fraction=0, dev_odai=("4",)))) == [3, 4]


def test_a_side_against_dev_odai_is_found(crawl: Path) -> None:
    options = DatasetOptions(dev_fraction=0)
    dataset = built(crawl, options)
    path = dataset / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["settings"]["dev_odai"] = ["1"]
    check = SideCheck(dataset, manifest)
    row = next(row for row in read.photos(dataset).to_pylist() if row["odai_ids"] == [1])
    found = list(check.check(path, "train", row))
    assert [problem.text for problem in found] == [
        f"{path}: photo {row['sha256']} is in train, but dataset.dev_odai names an odai that shows it"
    ]
    assert not list(check.check(path, "dev", row))
