"""One picture at many photos' addresses stands for photos that are not there: named, counted, left out."""

import json
from email.message import Message
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from crawler.job import Job
from crawler.memory.tables import Tables
from crawler.options import CrawlOptions
from store.errors import Unexpected
from tests.crawl_tables import NOW, photo, rows, write
from tests.crawler.answering import Answer, answering, odai_page, photo_path
from tests.crawler.stage import crawl

REMOVED = photo(99)
DIGEST = sha256(REMOVED).hexdigest()


def found(directory: Path, images: list[tuple[str, str]], **options: Any) -> dict[str, int]:
    """Return the stand-ins of a crawl of photos, each an address and its content's digest."""
    written = [
        {"url": url, "outcome": "ok", "sha256": digest, "fetched_at": NOW, "bytes": b"x"}
        for url, digest in images
    ]
    write(directory, [], written)
    with Tables(Job(CrawlOptions(**options), directory)) as tables:
        return tables.stand_ins()


def at(number: int, width: int = 600, host: str = "photo.bokete.test") -> str:
    return f"http://{host}{photo_path(number, width)}"


@pytest.mark.parametrize(("count", "expected"), [(7, {}), (8, {"r": 8}), (20, {"r": 20})])
def test_a_picture_at_eight_addresses_is_one(count: int, expected: dict[str, int], tmp_path: Path) -> None:
    others = [(at(100 + number), f"photo {number}") for number in range(20)]
    assert found(tmp_path, [(at(number), "r") for number in range(count)] + others) == expected


def test_widths_and_hosts_of_one_photo_are_one_address(tmp_path: Path) -> None:
    copies = [
        (at(1, width, host), "p") for width in (600, 400, 240) for host in ("a.test", "b.test", "c.test")
    ]
    assert found(tmp_path, copies) == {}


def test_a_photo_that_is_named_so_is_one_at_once(tmp_path: Path) -> None:
    images = [("http://photo.bokete.test/img/noimage.png", "n"), (at(1), "n"), (at(2), "p")]
    assert found(tmp_path, images) == {"n": 2}


def test_the_settings_say_from_how_many_and_what_is_a_photo_all_the_same(tmp_path: Path) -> None:
    digests = ["a" * 64, "b" * 64]
    images = [
        (at(place * 10 + number), digest) for place, digest in enumerate(digests) for number in range(3)
    ]
    assert found(tmp_path, images, stand_in_after=3) == dict.fromkeys(digests, 3)
    with Tables(Job(CrawlOptions(stand_in_after=3, not_stand_ins=(f" {'A' * 64}",)), tmp_path)) as tables:
        assert tables.stand_ins() == {"b" * 64: 3}
    for wrong in ("a" * 63, "", "removed.jpg"):
        with pytest.raises(ValidationError, match="is no sha256"):
            CrawlOptions(not_stand_ins=(wrong,))


def test_a_crawl_names_the_picture_with_its_count(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def answer(path: str, headers: Message) -> Answer | None:
        if path.startswith("/photo/"):
            number = int(path.rpartition("/")[2].partition("_")[0], 16)
            body = REMOVED if number <= 8 else photo(number)
            return Answer(body, headers={"Content-Type": "image/jpeg"})
        return odai_page(int(path.rpartition("/")[2])) if path.startswith("/odai/") else None

    with answering(answer) as site:
        options = CrawlOptions(site=site.address, start=(), odai=("1-12",), delay=0, image_hosts=())
        report = crawl(options, tmp_path, address=None, pipeline="p")
    assert report.stand_ins == {DIGEST: 8}
    assert json.loads((tmp_path / "report.json").read_text())["stand_ins"] == {DIGEST: 8}
    shown = capsys.readouterr().out
    assert f"one picture stands for 8 photos, and no dataset takes it ({DIGEST})" in shown


@pytest.mark.long
def test_a_photo_whose_address_leads_to_a_picture_that_is_named_so_is_missing(tmp_path: Path) -> None:
    def answer(path: str, headers: Message) -> Answer | None:
        if path.startswith("/photo/"):
            return Answer("", 302, {"Location": "/img/removed.jpg"})
        if path.startswith("/img/"):
            return Answer(REMOVED, headers={"Content-Type": "image/jpeg"})
        return odai_page(int(path.rpartition("/")[2])) if path.startswith("/odai/") else None

    with answering(answer) as site:
        options = CrawlOptions(site=site.address, start=(), odai=("1",), delay=0, image_hosts=())
        with pytest.raises(Unexpected, match=r"no photo came.*removed\.jpg, which stands for a photo"):
            crawl(options, tmp_path / "p", address=None, pipeline="p")
        keeping = options.model_copy(update={"not_stand_ins": (DIGEST,)})
        crawl(keeping, tmp_path / "q", address=None, pipeline="p")
    shown = {(row["outcome"], row["error"]) for row in rows(tmp_path / "p", "images")}
    assert shown == {("missing", f"it leads to {site.address}/img/removed.jpg, which stands for a photo")}
    assert [row["outcome"] for row in rows(tmp_path / "q", "images")] == ["ok"]
