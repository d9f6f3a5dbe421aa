"""The pages of `bokeru web --export` are followed by forget as exports are."""

import hashlib
from pathlib import Path

import pytest

from commands.forget.command import forget
from dataset.build.stage import build
from dataset.export.pages import record_pages
from dataset.options import DatasetOptions
from store.errors import UserError
from store.forget.content import Content, Request
from store.forget.search import search
from store.place import Place
from tests import crawl_tables
from tests.crawl_tables import boke, image, page, write

TEXT = "誰も書かない一度きりのボケ"
PHOTO = hashlib.sha256(crawl_tables.photo(1)).hexdigest()
CONTENT = Content({PHOTO}, texts={TEXT})


@pytest.fixture
def place(tmp_path: Path) -> Place:
    place = Place(tmp_path / "data", "p")
    pages = [page(1, [boke(1, 1, TEXT)]), page(2, [boke(2, 2, "別の写真の別のボケ")])]
    write(place.crawl, pages, [image(1), image(2)])
    build(DatasetOptions(dev_fraction=0.0), [place.crawl], place.dataset, name="p")
    return place


def copy(place: Place, directory: Path) -> Path:
    """Write what a copy consists of: a photo is saved anew, so only its name tells it."""
    record_pages(place.dataset, directory)
    for name in ("photos", "static"):
        (directory / name).mkdir(parents=True)
    (directory / "photos" / f"{PHOTO}.jpg").write_bytes(b"a smaller JPEG")
    (directory / "static" / "style.css").write_text("body {}")
    (directory / "index.html").write_text(f"<p>{TEXT}")
    (directory / "index.ja.html").write_text(f"<p>{TEXT}")
    return directory


@pytest.mark.parametrize("name", ["p/web", "shown"])
def test_in_the_data_folder_they_go_and_files_of_others_stay(place: Place, name: str) -> None:
    directory = copy(place, place.data / name)
    (directory / "CNAME").write_text("boke.example")
    assert forget(place, Request(sha256=PHOTO)).changed["export"] == 1
    assert [path.name for path in directory.rglob("*")] == ["CNAME"]
    assert search(place.data, CONTENT) == []
    assert forget(place, Request(sha256=PHOTO)).changed["export"] == 0


def test_elsewhere_they_are_named(place: Place, tmp_path: Path) -> None:
    directory = copy(place, tmp_path / "out")
    report = forget(place, Request(sha256=PHOTO))
    assert report.exports == [directory]
    assert f"exported before: {directory}. Delete it, and export again" in str(report)
    assert report.receipt
    assert str(directory) in report.receipt.read_text()
    assert (directory / "index.html").exists()


def test_those_of_0_1_which_no_list_names_are_left_over_until_they_are_gone(place: Place) -> None:
    directory = copy(place, place.directory / "web")
    (place.directory / "exports.json").unlink()
    for gone in ("index.html", "index.ja.html", f"photos/{PHOTO}.jpg"):
        with pytest.raises(UserError, match="Still held by"):
            forget(place, Request(sha256=PHOTO))
        (directory / gone).unlink()
    forget(place, Request(sha256=PHOTO))
