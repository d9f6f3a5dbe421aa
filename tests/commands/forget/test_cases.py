"""`bokeru forget` where content is tied to a photo by nothing but its address, and where something stays."""

import hashlib
from pathlib import Path

import pytest

from commands.forget.command import forget
from commands.forget.scope import held
from dataset import read
from dataset.build.stage import build
from dataset.importers import oogiri_go
from dataset.options import DatasetOptions
from store.errors import UserError
from store.forget.content import Content, Request
from store.forget.search import search
from store.place import Place
from tests import crawl_tables
from tests.crawl_tables import boke, image_url, page, write
from tests.dataset.importers.cans import oogiri_go as oogiri_folder
from tests.dataset.importers.cans import sample

TEXT = "番号のない一度きりのボケ"


def photo(odai: int) -> str:
    return hashlib.sha256(crawl_tables.photo(odai)).hexdigest()


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A crawl and a dataset of three photos; a list shows a boke of photo 1 without any number."""
    place = Place(tmp_path / "data", "p")
    crawl_tables.crawl(place.crawl, 3)
    entry = boke(None, None, TEXT, image_url=image_url(1))
    listed = page(0, [entry], url=f"{crawl_tables.SITE}/boke/recent", odai_id=None, image_url=None)
    write(place.crawl, [listed], [])
    build(DatasetOptions(dev_fraction=0.0), [place.crawl], place.dataset, name="p")
    return place


def test_a_boke_without_numbers_goes_with_its_photo(place: Place) -> None:
    assert TEXT in read.captions(place.dataset)["text"].to_pylist()
    forget(place, Request(sha256=photo(1)))
    assert search(place.data, Content({photo(1)}, texts={TEXT})) == []
    assert len(read.photos(place.dataset)) == 2
    assert not any(forget(place, Request(sha256=photo(1))).changed.values())


def test_a_boke_without_numbers_goes_with_its_odai(place: Place) -> None:
    forget(place, Request(odai=1))
    assert search(place.data, Content({photo(1)}, texts={TEXT})) == []


def test_a_boke_goes_from_where_it_is_shown_without_its_number(place: Place) -> None:
    (text,) = {
        row["text"]
        for each in crawl_tables.rows(place.crawl, "pages")
        for row in each["bokes"]
        if row["boke_id"] == 1000
    }
    entry = boke(None, None, text, image_url=image_url(1))
    write(
        place.crawl, [page(0, [entry], url=f"{crawl_tables.SITE}/boke/hot", odai_id=None, image_url=None)], []
    )
    forget(place, Request(boke=1000))
    assert search(place.crawl, Content(texts={text})) == []
    write(
        place.crawl, [page(0, [entry], url=f"{crawl_tables.SITE}/boke/hot", odai_id=None, image_url=None)], []
    )
    forget(place, Request(boke=1000))  # as if something had brought it back
    assert search(place.crawl, Content(texts={text})) == []


def test_a_sample_whose_image_is_no_number_goes_with_its_photo(tmp_path: Path) -> None:
    place = Place(tmp_path / "data", "p")
    folder = oogiri_folder(tmp_path / "oogiri", [sample(1), {**sample(1), "image": "abc", "text": TEXT}])
    (folder / "images" / "abc.jpg").write_bytes(crawl_tables.photo(9))
    oogiri_go.read(folder, place.crawl)
    build(DatasetOptions(dev_fraction=0.0), [place.crawl], place.dataset, name="p")
    forget(place, Request(sha256=photo(9)))
    assert search(place.data, Content({photo(9)}, texts={TEXT})) == []
    oogiri_go.read(folder, place.crawl)
    assert search(place.data, Content({photo(9)}, texts={TEXT})) == []


def test_a_forgotten_photo_that_is_imported_at_another_address_brings_no_caption_back(
    place: Place, tmp_path: Path
) -> None:
    forget(place, Request(sha256=photo(1)))
    folder = oogiri_folder(tmp_path / "oogiri", [{**sample(1), "text": TEXT}, sample(2)], (0, 1))
    oogiri_go.read(folder, place.crawl)
    assert search(place.data, Content({photo(1)}, texts={TEXT})) == []
    assert any(
        boke["text"] == "答え2" for row in crawl_tables.rows(place.crawl, "pages") for boke in row["bokes"]
    )


def test_while_it_runs_nothing_is_imported(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("store.processes.lock.PATIENCE", 0.1)
    folder = oogiri_folder(tmp_path / "oogiri", [sample(1)])
    with held(place), pytest.raises(UserError, match="another process"):
        oogiri_go.read(folder, place.crawl)
