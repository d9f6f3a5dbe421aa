"""A week later a crawl finds what is new, with few requests; its dataset is that of one crawl then."""

from pathlib import Path
from typing import Any

import pytest

from crawler.options import CrawlOptions, EmbeddedSite
from dataset import read
from dataset.build.stage import build
from dataset.options import DatasetOptions
from demo.growth import GrowingSite
from demo.site import running
from tests.crawl_tables import rows
from tests.crawler.ageing import age
from tests.crawler.stage import crawl, is_complete

CAPTIONS, SEED, WEEK = 5, 4, 7.0


def visit(directory: Path, photos: int, day: float, layout: str = "angular_2020", **more: Any) -> int:
    """Crawl the site as it is on a day; return how many rows that made, each by a request."""
    options = CrawlOptions(
        embedded=EmbeddedSite(photos=photos, captions_per_photo=CAPTIONS, seed=SEED, day=day),
        delay=0,
        concurrency=8,
        **more,
    )
    before = sum(len(rows(directory, table)) for table in ("pages", "images"))
    with running(photos, CAPTIONS, SEED, layout=layout, day=day) as address:
        crawl(options, directory, address=address, pipeline="demo")
    assert is_complete(options, directory), "a crawl repeated at once has nothing due"
    return sum(len(rows(directory, table)) for table in ("pages", "images")) - before


def dataset(crawled: Path) -> tuple[dict[int, tuple[Any, ...]], set[str]]:
    """Return the captions of the crawl's dataset by their numbers, dates aside, and its photos."""
    directory = crawled.parent / f"{crawled.name}-dataset"
    build(DatasetOptions(), [crawled], directory, name="p")
    names = ["boke_id", "odai_id", "text", "stars", "raters", "category", "sha256"]
    captions = read.captions(directory).select(names)
    found = {row["boke_id"]: tuple(row.values()) for row in captions.to_pylist()}
    return found, set(captions["sha256"].to_pylist())


@pytest.mark.long
@pytest.mark.parametrize("layout", ["bootstrap_2018", "angular_2020"])
def test_a_week_later_a_small_site_costs_a_few_requests(layout: str, tmp_path: Path) -> None:
    check(tmp_path, 100, layout, share=0.25)


@pytest.mark.long
def test_a_week_later_a_site_of_a_thousand_odai_costs_a_tenth_of_the_requests(tmp_path: Path) -> None:
    check(tmp_path, 1000, "angular_2020", share=0.1)


def check(directory: Path, photos: int, layout: str, share: float) -> None:
    old, new = (GrowingSite(photos, CAPTIONS, SEED, day) for day in (0.0, WEEK))
    gained = [photo for photo in range(photos - photos // 20, photos) if changed(old, new, photo)]
    assert new.photos - old.photos == photos * 3 // 100
    assert len(gained) >= photos // 50, "20 of the 50 youngest of a thousand"
    first = visit(directory / "both", photos, 0.0, layout)
    age(directory / "both", WEEK)
    second = visit(directory / "both", photos, WEEK, layout)
    assert second < share * first, (second, first)
    visit(directory / "once", photos, WEEK, layout)
    both, once = dataset(directory / "both"), dataset(directory / "once")
    assert len(once[0]) == new.bokes
    assert both == once


def changed(old: GrowingSite, new: GrowingSite, photo: int) -> bool:
    return [boke.stars for boke in old.odai_bokes(photo, 1)] != [
        boke.stars for boke in new.odai_bokes(photo, 1)
    ]
