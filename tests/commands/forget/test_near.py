"""Near copies of a forgotten photo are named, and go with `--near`."""

import hashlib
import io
from pathlib import Path
from random import Random

import pytest
from PIL import Image

from benchmarks.near.drawn import COPIES, card, photo, saved
from commands.forget.command import forget
from commands.main import main
from dataset.build.stage import build
from dataset.options import DatasetOptions
from store.forget.content import Content, Request
from store.forget.near import near_copies
from store.forget.search import search
from store.photo.near.kept import KeptLooks
from store.photo.near.look import look
from store.photo.near.packed import packed
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


def build_dataset(place: Place) -> None:
    build(DatasetOptions(), [place.crawl], place.dataset, name=place.name)


def test_copies_that_no_phash_tells_are_found_once_a_build_has_seen_them(tmp_path: Path) -> None:
    """Source: cases/dataset.md: mirrored, framed and cut copies are 12 to 30 bits off."""
    place, random = Place(tmp_path / "data", "p"), Random(1)
    shown = [COPIES[kind](photo(1), random) for kind in ("as PNG", "mirrored", "framed", "turned")]
    cards = [saved(card(seed)) for seed in (1, 2)]
    pictures = dict(enumerate([*shown, *cards], 1))
    pages = [page(number, [boke(number, number, f"{number}番のボケ")]) for number in pictures]
    write(place.crawl, pages, [image(number, content) for number, content in pictures.items()])
    build_dataset(place)
    report = forget(place, Request(sha256=digest(shown[0])))
    assert set(report.near) == set(map(digest, shown[1:]))
    assert report.unseen == 0
    forget(place, Request(sha256=digest(shown[1])), near=True)
    receipts = place.directory.glob("receipts/*.json")  # the first one names the copies that stayed then
    assert search(place.data, Content(set(map(digest, shown))), receipts) == []
    assert forget(place, Request(sha256=digest(cards[0]))).near == {}
    assert search(place.crawl, Content({digest(cards[1])}))


def test_without_a_build_phashes_tell_and_that_is_said(place: Place) -> None:
    report = forget(place, Request(sha256=ORIGINAL))
    assert report.unseen == 3
    assert "by pHash alone" in str(report)


def test_a_copy_that_came_after_the_last_build_is_found_by_its_phash(place: Place) -> None:
    build_dataset(place)
    late = smaller() + b"\0"
    write(place.crawl, [page(4, [boke(4, 4, "あとから来たボケ")])], [image(4, late)])
    report = forget(place, Request(sha256=ORIGINAL))
    assert set(report.near) == {COPY, digest(late)}
    assert report.unseen == 1


def test_what_is_near_goes_by_group_and_by_bits(tmp_path: Path) -> None:
    kept = KeptLooks(tmp_path)
    stated = [
        "VALUES ('a', '00000000000000ff', 'g'), ('b', '00000000000000fe', NULL), ('c', 'f', 'g')",
        "VALUES ('d', 'ffffffffffffff00', 'h'), ('e', NULL, NULL), ('f', '00000000000000f0', NULL)",
    ]
    assert near_copies(stated, {"a"}, 3, kept).found == {"b", "c"}
    assert near_copies(stated, {"a"}, 4, kept).found == {"b", "c", "f"}
    assert near_copies(stated, {"e"}, 4, kept).found == set()


def test_of_photos_that_are_known_no_phash_is_asked(tmp_path: Path) -> None:
    kept = KeptLooks(tmp_path)
    with kept.writer() as writer:
        for name in "ab":
            writer.append({"sha256": name, **packed(look(Image.new("L", (64, 64), 200)))})
    same = ["VALUES ('a', '00000000000000ff', NULL), ('b', '00000000000000ff', NULL), ('c', 'f0', NULL)"]
    assert near_copies(same, {"a"}, 4, kept) == (set(), 0)
    assert near_copies(same, {"b"}, 4, kept).found == set()
