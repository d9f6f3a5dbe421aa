"""Crawls of the embedded site with canaries, of which something went wrong as a whole."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from crawler.canaries.canary import NAME
from crawler.canaries.keep import keep
from crawler.job import Job
from crawler.options import CrawlOptions, EmbeddedSite
from demo.serving.responses import Response
from store.errors import SiteRefuses, Unexpected, UserError
from tests.crawl_tables import rows
from tests.crawler.changed_site import Change, ChangedSite, changed_site, in_html, unchanged
from tests.crawler.stage import crawl

PHOTOS, CAPTIONS, SEED = 8, 3, 5
OPTIONS = CrawlOptions(
    embedded=EmbeddedSite(photos=PHOTOS, captions_per_photo=CAPTIONS, seed=SEED),
    delay=0,
    concurrency=4,
    pause=0.01,
)


def size(photos: int) -> EmbeddedSite:
    return EmbeddedSite(photos=photos, captions_per_photo=CAPTIONS, seed=SEED)


@pytest.fixture(scope="module")
def site() -> Iterator[ChangedSite]:
    with changed_site(PHOTOS, CAPTIONS, SEED) as served:
        yield served


@pytest.fixture(scope="module")
def kept(site: ChangedSite, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the file of five canaries, which an earlier crawl saw."""
    directory = tmp_path_factory.mktemp("earlier") / "demo" / "crawl"
    crawl(OPTIONS, directory, address=site.address, pipeline="demo")
    keep(Job(OPTIONS, directory), directory, 5)
    return directory / NAME


@pytest.fixture
def directory(kept: Path, site: ChangedSite, tmp_path: Path) -> Iterator[Path]:
    """Yield the folder of a new crawl with these canaries; afterwards the site is as it was."""
    directory = tmp_path / "demo" / "crawl"
    directory.mkdir(parents=True)
    shutil.copy(kept, directory / NAME)
    site.asked.clear()
    yield directory
    site.change = unchanged


def canaries(directory: Path) -> list[dict[str, object]]:
    found: list[dict[str, object]] = pq.read_table(directory / NAME).to_pylist()
    return found


def run(directory: Path, site: ChangedSite, change: Change, **options: object) -> None:
    site.change = change
    crawl(OPTIONS.model_copy(update=options), directory, address=site.address, pipeline="demo")


BAN = (
    "<!doctype html><html><head><title>403 Forbidden</title></head><body><h1>Access denied</h1></body></html>"
)
HOME = Response(302, b"", headers={"Location": "/"})


def deeper(html: str) -> str:
    return re.sub(
        '<div class="boke-stars">(.*?)</div>', r'<div class="rating"><p>\1</p></div>', html, flags=re.S
    )


def no_stars(html: str) -> str:
    return re.sub(r"</i> [\d,]+</a>", "</i> 0</a>", html)


def cut(html: str) -> str:
    """Cut captions after two characters: as text, and percent-encoded in `ng-init`."""
    html = re.sub("<div>([^<]{2})[^<]*</div></a>", r"<div>\1</div></a>", html)
    return re.sub("t='((?:%..|[^%']){2,6})[^']*'", r"t='\1'", html)


def elsewhere(html: str) -> str:
    return html.replace("//photo.bokete.test/", "//img.elsewhere.example/")


def renumbered(html: str) -> str:
    return re.sub(r"/boke/8(\d{7})", r"/boke/7\1", html)


WRONG: dict[str, tuple[Change, list[str]]] = {
    "a layout whose stars lie one level deeper": (in_html(deeper, "/odai/"), ["stars: expected at least"]),
    "stars that are read from another place": (in_html(no_stars, "/odai/"), ["stars: expected at least"]),
    "captions that are cut": (in_html(cut, "/odai/"), ["text: expected 「"]),
    "a ban page": (in_html(lambda _: BAN, "/odai/"), ["text: expected 「", "found none", "stars", "photo"]),
    "an empty page": (in_html(lambda _: "", "/odai/"), ["text: expected 「", "found none"]),
    "every odai leads home": (
        lambda target, response: HOME if target.startswith("/odai/") else response,
        ["address: expected http://bokete.test/odai/", "found http://bokete.test/boke/recent"],
    ),
    "photos on another host": (
        in_html(elsewhere),
        ["photo: expected http://photo.bokete.test/", "img.elsewhere.example", "crawl.image_hosts lacks"],
    ),
    "other numbers of boke": (in_html(renumbered), ["number: expected 8"]),
}
LONG = (
    "stars that are read from another place",
    "captions that are cut",
    "an empty page",
    "other numbers of boke",
)


@pytest.mark.parametrize(
    "what", [pytest.param(what, marks=pytest.mark.long) if what in LONG else what for what in WRONG]
)
def test_what_is_wrong_with_the_site_ends_a_crawl_within_five_requests_by_its_field(
    what: str, directory: Path, site: ChangedSite
) -> None:
    change, says = WRONG[what]
    with pytest.raises(Unexpected) as caught:
        run(directory, site, change)
    assert len(site.asked) <= 5, site.asked
    message = str(caught.value)
    for words in (
        *says,
        "http://bokete.test/odai/",
        "boke 8",
        "bokeru canaries --pipeline demo",
        "bokeru crawl",
    ):
        assert words in message
    assert not rows(directory, "pages")
    assert len(canaries(directory)) == 5
    assert not any(str(row["text"]) in message for row in canaries(directory)), (
        "forget could not reach it there"
    )


def test_a_crawl_of_a_site_that_is_as_it_was_asks_for_one_canary_first(
    directory: Path, site: ChangedSite
) -> None:
    run(directory, site, unchanged)
    pages = rows(directory, "pages")
    asked = [target for target in site.asked if "robots" not in target and "tdm" not in target]
    assert f"http://bokete.test{asked[0]}" in {row["url"] for row in canaries(directory)}
    assert len(asked) == 1 + len(pages) + PHOTOS
    assert len({row["url"] for row in pages}) == len(pages)
    assert {row["outcome"] for row in pages} == {"ok"}


@pytest.mark.long
def test_the_same_command_goes_on_once_the_fault_is_mended(directory: Path, site: ChangedSite) -> None:
    with pytest.raises(Unexpected):
        run(directory, site, WRONG["a ban page"][0])
    run(directory, site, unchanged)
    assert {row["outcome"] for row in rows(directory, "pages")} == {"ok"}


def test_max_pages_does_not_count_a_canary(directory: Path, site: ChangedSite) -> None:
    run(directory, site, unchanged, max_pages=1)
    assert len(rows(directory, "pages")) == 1


def gone(*numbers: object, status: int = 404) -> Change:
    addresses = {f"/odai/{number}" for number in numbers}
    return lambda target, response: Response(status, b"") if target in addresses else response


def odai(directory: Path) -> list[object]:
    return [row["odai_id"] for row in canaries(directory)]


@pytest.mark.long
def test_canaries_that_are_deleted_or_closed_are_dropped_with_a_notice(
    directory: Path, site: ChangedSite, capfd: pytest.CaptureFixture[str]
) -> None:
    """Three of five are gone: whichever comes first, one that agrees comes after three at most."""
    deleted, closed, *_ = odai(directory)
    both = gone(deleted), gone(closed, status=451)
    for _ in range(2):
        site.asked.clear()
        run(directory, site, lambda target, answer: both[1](target, both[0](target, answer)), max_pages=1)
    left = set(odai(directory))
    dropped = {deleted, closed} - left
    assert len(left) == 5 - len(dropped)
    said = capfd.readouterr().err
    assert said.count("is dropped: ") == len(dropped)


@pytest.mark.long
def test_all_canaries_gone_is_no_accident(directory: Path, site: ChangedSite) -> None:
    with pytest.raises(Unexpected, match="all 5 canaries that were asked for are gone"):
        run(directory, site, gone(*odai(directory)))
    with pytest.raises(SiteRefuses, match="all 5 canaries that were asked for are gone"):
        run(directory, site, gone(*odai(directory), status=451))
    assert len(canaries(directory)) == 5


@pytest.mark.long
def test_the_last_two_may_go_and_a_crawl_without_any_goes_on(
    directory: Path, site: ChangedSite, capfd: pytest.CaptureFixture[str]
) -> None:
    pq.write_table(pq.read_table(directory / NAME).slice(0, 2), directory / NAME)
    run(directory, site, gone(*odai(directory)), max_pages=1)
    assert canaries(directory) == []
    assert "no canary is left" in capfd.readouterr().err
    run(directory, site, unchanged)
    assert len(rows(directory, "images")) == PHOTOS


@pytest.mark.long
def test_one_field_of_one_boke_may_be_an_edit(
    directory: Path, site: ChangedSite, capfd: pytest.CaptureFixture[str]
) -> None:
    table = canaries(directory)
    schema = pq.read_schema(directory / NAME)
    only = table[:1]
    only[0]["text"] = "まったく別の文"
    pq.write_table(pa.Table.from_pylist(only, schema), directory / NAME)
    run(directory, site, unchanged, max_pages=2)
    assert "text: expected 「まったく別の文」" in capfd.readouterr().err
    assert len(rows(directory, "pages")) == 2


@pytest.mark.long
@pytest.mark.parametrize(("status", "ends_with"), [(500, 1), (401, 4)])
def test_trouble_and_refusals_of_the_server_end_as_they_do_without_canaries(
    status: int, ends_with: int, directory: Path, site: ChangedSite
) -> None:
    with pytest.raises(UserError) as caught:
        run(directory, site, lambda target, answer: answer if ".txt" in target else Response(status, b""))
    assert caught.value.exit_status == ends_with
    assert len(canaries(directory)) == 5


@pytest.mark.long
def test_a_canary_is_asked_for_every_thousand_pages_and_ends_a_crawl_that_went_wrong(tmp_path: Path) -> None:
    """The stars go after 700 requests; pages are valid all the time. Most of the range is 404."""
    photos = 240
    with changed_site(photos, CAPTIONS, SEED) as site:
        options = OPTIONS.model_copy(
            update={"start": (), "odai": ("5000000-5001679",), "embedded": size(photos)}
        )
        earlier, directory = tmp_path / "a" / "crawl", tmp_path / "b" / "crawl"
        crawl(
            options.model_copy(update={"odai": ("5000000-5000100",)}),
            earlier,
            address=site.address,
            pipeline="a",
        )
        job = Job(options, directory)
        keep(job, earlier, 4)
        site.asked.clear()
        later = in_html(no_stars, "/odai/")
        site.change = lambda target, answer: later(target, answer) if len(site.asked) > 700 else answer
        with pytest.raises(Unexpected, match="stars: expected at least") as caught:
            crawl(options, directory, address=site.address, pipeline="b")
    # Pages that were under way with the canary count, too.
    assert re.search(
        r"1,0[0-3]\d pages since the last canary that agreed may be read wrongly", str(caught.value)
    )
    assert 1000 <= len(rows(directory, "pages")) <= 1040
