"""Which drawing of the embedded site a crawl holds: named, kept, and never mixed with another."""

import json
from pathlib import Path
from typing import Any

import pytest

from crawler.job import Job
from crawler.memory.drawing import NAME, check, drawing, drawing_of, keep
from crawler.memory.tables import Tables
from crawler.options import EMBEDDED_VERSION, CrawlOptions, EmbeddedSite
from store.errors import DamagedFile, UserError
from store.register.stages import Stage
from tests.crawl_tables import boke, image, page, write


def job(tmp_path: Path, **site: Any) -> Job:
    return Job(CrawlOptions(embedded=EmbeddedSite(photos=3, **site)), tmp_path / "p" / "crawl", pipeline="p")


def crawled(tmp_path: Path) -> None:
    write(tmp_path / "p" / "crawl", [page(1, [boke(1, 1, "犬だ")])], [image(1)])


def checked(job: Job) -> None:
    with Tables(job) as tables:
        check(job, tables)


def test_it_is_all_that_decides_what_is_shown() -> None:
    assert drawing(EmbeddedSite(photos=3, seed=7, dependence=0.5)) == {
        "version": EMBEDDED_VERSION, "photos": 3, "captions_per_photo": 5, "seed": 7, "day": None,
        "dependence": 0.5, "evaluation_photos": 0, "evaluation_captions": 5,
    }  # fmt: skip
    assert drawing(EmbeddedSite(day=1)) == drawing(EmbeddedSite(day=2)) != drawing(EmbeddedSite())


def test_a_crawl_keeps_its_drawing(tmp_path: Path) -> None:
    of = job(tmp_path)
    of.directory.mkdir(parents=True)
    assert keep(of) == of.directory / NAME
    assert keep(of) is None
    assert drawing_of(of.directory) == drawing(of.options.embedded)
    crawled(tmp_path)
    checked(of)
    listed = json.loads((of.directory / "manifest.json").read_text())["files"]
    assert NAME in [entry["name"] for entry in listed]
    assert of.directory / NAME in [
        path for kind, path in Stage("crawl", of.directory).files() if kind.mirrored
    ]


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"seed": 8}, "seed 0, and here 8"), ({"dependence": 0.5}, "dependence 1.0, and here 0.5"),
        ({"captions_per_photo": 2}, "captions_per_photo 5, and here 2"),
        ({"evaluation_photos": 9}, "evaluation_photos 0, and here 9"),
        ({"day": 3.0}, "day null, and here a number"),
    ],
)  # fmt: skip
def test_another_one_is_named_with_the_way_on(tmp_path: Path, other: dict[str, Any], words: str) -> None:
    of = job(tmp_path)
    crawled(tmp_path)
    keep(of)
    with pytest.raises(UserError, match="holds another drawing of the embedded site") as error:
        checked(job(tmp_path, **other))
    assert error.value.exit_status == 1
    assert words in str(error.value)
    assert "bokeru crawl --pipeline p" in str(error.value)


def test_another_version_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    crawled(tmp_path)
    keep(job(tmp_path))
    monkeypatch.setattr("crawler.memory.drawing.EMBEDDED_VERSION", EMBEDDED_VERSION + 1)
    with pytest.raises(UserError, match=f"version {EMBEDDED_VERSION}, and here {EMBEDDED_VERSION + 1}"):
        checked(job(tmp_path))


def test_a_crawl_that_tells_none_is_of_an_earlier_version(tmp_path: Path) -> None:
    crawled(tmp_path)
    with pytest.raises(UserError, match=f"one of an earlier version, and this is version {EMBEDDED_VERSION}"):
        checked(job(tmp_path))


def test_what_was_imported_is_of_no_drawing(tmp_path: Path) -> None:
    elsewhere = page(1, [], url="https://example.org/odai/1")
    write(tmp_path / "p" / "crawl", [elsewhere], [])
    checked(job(tmp_path))


def test_another_site_has_none(tmp_path: Path) -> None:
    crawled(tmp_path)
    other = Job(CrawlOptions(site="http://bokete.test"), tmp_path / "p" / "crawl")
    checked(other)
    assert keep(other) is None


def test_a_drawing_that_cannot_be_read_is_damage(tmp_path: Path) -> None:
    of = job(tmp_path)
    crawled(tmp_path)
    (of.directory / NAME).write_text("[")
    with pytest.raises(DamagedFile, match=NAME):
        checked(of)
