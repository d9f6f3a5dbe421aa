"""Photos of odd kinds come in by every door: each says the same of them, and shows the same picture."""

import base64
import hashlib
import html
import io
import json
import re
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image

from commands.verify import verify
from crawler.parsing.images import photo_row
from dataset import read
from dataset.export.formats import export
from dataset.importers import bokekan, oogiri_go
from featurize.encoder import NetworkEncoder
from featurize.feeding.presets import PRESETS
from featurize.feeding.resolve import Fed
from featurize.options import FeatureOptions
from featurize.preprocess import Recipe
from store.photo.description import perceptual_hash
from store.photo.metadata.cut import bare
from tests import crawl_tables
from tests.crawl_tables import NOW
from tests.dataset.importers import cans
from tests.photos.odd import SIZE, Odd, odd_photos, quarters
from tests.web import small_pipeline
from web.app import create

PHOTOS = odd_photos()
LOSSY = 8
"""The most, of 255, that a colour may move in a photo that is compressed with loss."""
each_photo = pytest.mark.parametrize("name", PHOTOS)
each_usable = pytest.mark.parametrize("name", [name for name, odd in PHOTOS.items() if not odd.reason])
each_refused = pytest.mark.parametrize("name", [name for name, odd in PHOTOS.items() if odd.reason])


@dataclass(frozen=True)
class Doors:
    """What came of the photos: rows of tables by name or by sha256, a running web app, folders of exports."""

    crawled: dict[str, dict[str, Any]]
    imported: dict[str, dict[str, dict[str, Any]]]
    dataset: Path
    built: dict[str, dict[str, Any]]
    exports: Path
    client: TestClient


class Quarters:
    """Stands where a network does: its vector is what it sees in the middle of the four quarters."""

    name, dimensions, threads = "quarters", 12, 1

    def run(self, images: np.ndarray) -> np.ndarray:
        side = images.shape[-1]
        places = np.array([side // 4, 3 * side // 4])
        return images[:, ::-1, places][..., places].transpose(0, 2, 3, 1).reshape(-1, 12)


def sha256(name: str) -> str:
    return hashlib.sha256(PHOTOS[name].content).hexdigest()


@pytest.fixture(scope="module")
def doors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doors]:
    folder = tmp_path_factory.mktemp("doors")
    crawled: dict[str, dict[str, Any]] = {
        name: {**photo_row(odd.content, crawl_tables.image_url(1000 + number), NOW, 200)}
        for number, (name, odd) in enumerate(PHOTOS.items())
    }
    pages = [
        crawl_tables.page(1000 + number, [crawl_tables.boke(10**6 + number, 1000 + number, f"ボケ{number}")])
        for number in range(len(PHOTOS))
    ]
    crawl_tables.write(folder / "data" / "demo" / "crawl", pages, list(crawled.values()))
    place = small_pipeline.make(folder / "data", count=12, captions=2)
    for format in ("pairs", "webdataset", "coco"):
        export(place.dataset, folder / "exports" / format, format)
    built = {row["sha256"]: row for row in read.photos(place.dataset).to_pylist()}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("web.content.library.Extractor", small_pipeline.Extractor)
        with TestClient(create(place.data, "demo")) as client:
            imported = _imported(folder)
            yield Doors(crawled, imported, place.dataset, built, folder / "exports", client)


def _imported(folder: Path) -> dict[str, dict[str, dict[str, Any]]]:
    """Return the rows of the photos by importer and name; the files are not named after their kind."""
    rows = [
        cans.boke_row(number, odai_photo_id=number, odai_photo_url=f"images/{number}.jpg")
        for number in range(len(PHOTOS))
    ]
    cans.can(folder / "can", cans.rows_as_csv(rows).encode(), photos=())
    samples = [cans.sample(number, image=str(number)) for number in range(len(PHOTOS))]
    cans.oogiri_go(folder / "go", samples, photos=())
    for number, odd in enumerate(PHOTOS.values()):
        (folder / "can" / "images" / f"{number}.jpg").write_bytes(odd.content)
        (folder / "go" / "images" / f"{number}").write_bytes(odd.content)
    found = {}
    for reader, source in ((bokekan.read, folder / "can"), (oogiri_go.read, folder / "go")):
        crawl = folder / "imported" / source.name / "crawl"
        reader(source, crawl)
        numbered = {int(re.split("[:/]", row["url"])[-1]): row for row in crawl_tables.rows(crawl, "images")}
        found[source.name] = {name: numbered[number] for number, name in enumerate(PHOTOS)}
    return found


def colours(image: Image.Image) -> np.ndarray:
    """Return the colours in the middle of the four quarters, (4, 3)."""
    width, height = image.size
    places = [(width * x // 4, height * y // 4) for y in (1, 3) for x in (1, 3)]
    return np.array([image.getpixel(place) for place in places])


def shown(content: bytes, odd: Odd) -> None:
    """Assert that a page's JPEG is the photo."""
    image = Image.open(io.BytesIO(content))
    assert image.format == "JPEG"
    scale = min(1, 600 / max(odd.size))
    assert np.abs(np.array(image.size) - np.array(odd.size) * scale).max() <= 1
    assert np.abs(colours(image) - odd.colours).max() <= LOSSY


@each_photo
def test_crawl_and_importers_say_the_same(doors: Doors, name: str) -> None:
    odd, crawled = PHOTOS[name], doors.crawled[name]
    said = ("outcome", "error", "width", "height", "format", "phash")
    for row in (crawled, *(imported[name] for imported in doors.imported.values())):
        assert {key: row[key] for key in said} == {key: crawled[key] for key in said}
    if odd.reason:
        assert crawled["outcome"] == "error"
        assert odd.reason in crawled["error"]
    else:
        assert (crawled["outcome"], crawled["error"], crawled["format"]) == ("ok", None, odd.format)
        assert (crawled["width"], crawled["height"]) == odd.size


@each_usable
def test_the_hash_is_that_of_the_picture_that_is_shown(doors: Doors, name: str) -> None:
    odd = PHOTOS[name]
    if odd.format in ("jpeg", "avif") or "no number" in name or odd.size != SIZE:
        return  # with other colours in a few pixels, a drawing of four colours has another hash
    drawn = Image.fromarray(quarters(odd.colours))
    assert doors.crawled[name]["phash"] == perceptual_hash(drawn)


@each_photo
def test_features_say_the_same_and_see_the_picture(doors: Doors, name: str) -> None:
    odd, crawled = PHOTOS[name], doors.crawled[name]
    for method in PRESETS:
        recipe = Recipe(method, 256, (0, 0, 0))
        how = Fed(FeatureOptions(), "a test")
        encoder = NetworkEncoder(Quarters(), recipe, "a test", FeatureOptions(), how)
        (row,) = encoder.rows([(sha256(name), odd.content)])
        assert row["error"] == crawled["error"]
        assert row["outcome"] == ("ok" if not odd.reason else "refused" if odd.limits else "error")
        if method == "caffe" and not odd.reason:
            assert np.abs(np.array(row["vector"]).reshape(4, 3) - odd.colours).max() <= LOSSY


@each_usable
def test_dataset_page_and_exports_have_it(doors: Doors, name: str) -> None:
    odd, crawled, key = PHOTOS[name], doors.crawled[name], sha256(name)
    row = doors.built[key]
    assert (row["width"], row["height"], row["phash"]) == (*odd.size, crawled["phash"])
    page = doors.client.get(f"/pipelines/demo/photos/{key}.jpg")
    assert page.headers["content-type"] == "image/jpeg", page.headers
    shown(page.content, odd)
    suffix = "jpg" if odd.format == "jpeg" else odd.format
    exported = bare(odd.content).content
    assert (doors.exports / "pairs" / "images" / f"{key}.{suffix}").read_bytes() == exported
    split = row["split"]
    with tarfile.open(doors.exports / "webdataset" / f"{split}-00000.tar") as tar:
        assert tar.extractfile(f"{key}.{suffix}").read() == exported  # type: ignore[union-attr]
    coco = json.loads((doors.exports / "coco" / "annotations" / f"captions_{split}.json").read_text())
    (image,) = [image for image in coco["images"] if image["sha256"] == key]
    assert (image["width"], image["height"], image["file_name"]) == (*odd.size, f"{key}.{suffix}")


@each_photo
def test_an_upload_says_the_same_and_shows_the_picture(doors: Doors, name: str) -> None:
    odd = PHOTOS[name]
    # Named as what it is not: names are not looked at.
    answer = doors.client.post("/pipelines/demo/try", files={"photo": ("a.heic", odd.content, "image/heic")})
    if odd.reason:
        assert answer.status_code == 422
        reason = doors.crawled[name]["error"] if odd.content else "No photo was sent"
        assert reason in html.unescape(answer.text)
    else:
        assert answer.status_code == 200
        assert f"{odd.size[0]} × {odd.size[1]} px" in answer.text
        (picture,) = re.findall('data:image/jpeg;base64,([^"]+)', answer.text)
        shown(base64.b64decode(picture), odd)


@each_refused
def test_no_dataset_has_it(doors: Doors, name: str) -> None:
    assert sha256(name) not in doors.built


def test_nothing_is_called_damaged(doors: Doors) -> None:
    assert [str(problem) for problem in verify(doors.dataset)] == []
    assert [str(problem) for problem in verify(doors.dataset.with_name("crawl"))] == []
