"""A photo is forgotten by its bytes as they were fetched, and as a dataset has them, without metadata."""

import hashlib
from pathlib import Path

import pytest

from commands.forget.command import forget
from dataset import read
from dataset.build.stage import build
from dataset.options import DatasetOptions
from store.errors import UserError
from store.forget.content import Content, Request
from store.forget.forgotten import Forgotten
from store.forget.search import search
from store.photo.metadata.cut import bare
from store.place import Place
from tests import speaking_photos as speaking
from tests.crawl_tables import boke, image, page, write

PHOTO = speaking.jpeg(seed=1)
SAME = PHOTO + b"another tail"
"""The same but for what is cut out."""
BARE = bare(PHOTO).content


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


FETCHED, CUT = digest(PHOTO), digest(BARE)


def made(folder: Path, *photos: bytes) -> Place:
    """Build a dataset of the photos of odai 1, 2, …, each with one caption, and one of another."""
    place = Place(folder / "data", "p")
    numbered = dict(enumerate(photos, 1)) | {9: speaking.png(seed=9)}
    pages = [page(n, [boke(n, n, f"お題{n}番だけにあるボケ")]) for n in numbered]
    write(place.crawl, pages, [image(n, content) for n, content in numbered.items()])
    build(DatasetOptions(), [place.crawl], place.dataset, name="p")
    return place


def left(place: Place) -> list[Path]:
    """Return the files that hold the photo's bytes or digest, of either kind."""
    return search(place.data, Content({FETCHED, CUT}))


def texts(place: Place) -> list[str]:
    return sorted(read.captions(place.dataset)["text"].to_pylist())


@pytest.mark.parametrize("asked", [FETCHED, CUT], ids=["as fetched", "as in the dataset"])
def test_either_digest_takes_the_photo_out(asked: str, tmp_path: Path) -> None:
    place = made(tmp_path, PHOTO)
    assert CUT in read.photos(place.dataset)["image_sha256"].to_pylist()
    assert FETCHED != CUT
    forget(place, Request(sha256=asked))
    assert left(place) == []
    assert texts(place) == ["お題9番だけにあるボケ"]
    passing = Forgotten.load(place.directory).filter()
    assert {passing.image(image(5, content))["outcome"] for content in (PHOTO, BARE)} == {"denied"}


def test_copies_by_other_names_are_found_by_their_bytes(tmp_path: Path) -> None:
    place = made(tmp_path, PHOTO)
    copies = {place.data / "mine" / "cut.jpg": BARE, place.data / "mine" / "holiday.jpg": PHOTO}
    (place.data / "mine").mkdir()
    for path, content in copies.items():
        path.write_bytes(content)
    for request in (Request(sha256=FETCHED), None):
        with pytest.raises(UserError, match=r"cut\.jpg.*holiday\.jpg"):
            forget(place, request)
    for path in copies:
        path.unlink()
    forget(place)
    assert left(place) == []


def test_what_was_fetched_without_metadata_is_the_same_photo(tmp_path: Path) -> None:
    place = made(tmp_path, PHOTO, BARE)
    forget(place, Request(sha256=FETCHED))
    assert left(place) == []
    assert texts(place) == ["お題9番だけにあるボケ"]


def test_of_an_odai_the_photo_stays_where_another_shows_the_same_picture(tmp_path: Path) -> None:
    place = made(tmp_path, PHOTO, SAME)
    assert read.photos(place.dataset)["image_sha256"].to_pylist().count(CUT) == 2
    forget(place, Request(odai=1))
    assert search(place.data, Content({FETCHED})) == []
    assert read.photos(place.dataset)["image_sha256"].to_pylist().count(CUT) == 1
    assert texts(place) == ["お題2番だけにあるボケ", "お題9番だけにあるボケ"]


def test_another_pipeline_that_has_it_without_metadata_is_named(tmp_path: Path) -> None:
    place, other = made(tmp_path, PHOTO), Place(tmp_path / "data", "other")
    write(other.crawl, [page(3, [boke(3, 3, "別の場所だけにあるボケ")])], [image(3, BARE)])
    report = forget(place, Request(sha256=FETCHED))
    assert f"--sha256 {CUT}" in report.others["other"]
    forget(other, Request(sha256=CUT))
    forget(place)
    assert left(place) == []
