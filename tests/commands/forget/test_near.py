"""Near copies of a forgotten photo are named, and go with `--near`."""

import hashlib
import io
from pathlib import Path

import pytest
from PIL import Image

from commands.forget.command import forget
from commands.main import main
from store.forget.content import Content, Request
from store.forget.near import near_copies
from store.forget.search import search
from store.place import Place
from tests import crawl_tables
from tests.commands.commandline import write_config
from tests.crawl_tables import boke, image, page, write

PHOTO = crawl_tables.photo(1, 300)
TEXTS = ["元の写真にだけあるボケ", "縮めた写真にだけあるボケ", "ほかの写真にだけあるボケ"]


def smaller() -> bytes:
    file = io.BytesIO()
    with Image.open(io.BytesIO(PHOTO)) as picture:
        picture.resize((210, 210)).save(file, "JPEG", quality=70)
    return file.getvalue()


def digest(photo: bytes) -> str:
    return hashlib.sha256(photo).hexdigest()


ORIGINAL, COPY = digest(PHOTO), digest(smaller())
LEFT = Content({ORIGINAL, COPY}, texts=set(TEXTS[:2]))


@pytest.fixture
def place(tmp_path: Path) -> Place:
    place = Place(tmp_path / "data", "p")
    pages = [page(number, [boke(number, number, text)]) for number, text in enumerate(TEXTS, 1)]
    write(place.crawl, pages, [image(1, PHOTO), image(2, smaller()), image(3)])
    return place


def test_a_near_copy_is_named_and_stays(place: Place) -> None:
    report = forget(place, Request(sha256=ORIGINAL))
    assert list(report.near) == [COPY]
    assert f"a near copy stays: {COPY}" in str(report)
    assert f"--sha256 {COPY}" in str(report)
    assert search(place.crawl, Content({COPY}, texts={TEXTS[1]}))


def test_near_takes_it_along(place: Place) -> None:
    assert forget(place, Request(odai=1), near=True).near == {}
    assert search(place.data, LEFT) == []
    assert search(place.crawl, Content(texts={TEXTS[2]}))


def test_near_takes_it_along_later_too(place: Place) -> None:
    forget(place, Request(sha256=ORIGINAL))
    forget(place, Request(sha256=ORIGINAL), near=True)
    assert search(place.crawl, LEFT) == []


def test_near_goes_with_something_named(
    place: Place, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    where = [
        "--pipeline",
        "demo",
        "--config",
        str(write_config(tmp_path / "c.yaml")),
        "--data",
        str(place.data),
    ]
    assert main(["forget", *where, "--near"]) == 2
    assert "--near goes with" in capfd.readouterr().err


def test_what_is_near_goes_by_group_and_by_bits() -> None:
    stated = [
        "VALUES ('a', '00000000000000ff', 'g'), ('b', '00000000000000fe', NULL), ('c', 'f', 'g')",
        "VALUES ('d', 'ffffffffffffff00', 'h'), ('e', NULL, NULL), ('f', '00000000000000f0', NULL)",
    ]
    assert near_copies(stated, {"a"}, 3) == {"b", "c"}
    assert near_copies(stated, {"a"}, 4) == {"b", "c", "f"}
    assert near_copies(stated, {"e"}, 4) == set()
