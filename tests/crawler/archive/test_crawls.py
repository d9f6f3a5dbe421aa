"""Crawls keep what they fetch, with the rows that were made from it, whatever ends them."""

import gzip
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest

from commands.verify import verify
from crawler.archive import stage
from crawler.job import Job
from crawler.options import CrawlOptions, EmbeddedSite
from demo.site import running
from tests.crawler.answering import Answer, answering
from tests.crawler.archive.crawled import answers, archive, check, keys, pages
from tests.crawler.stage import is_complete
from tests.crawler.test_resume import start
from tests.small_disk import SmallDisk

SEED = 3
OPTIONS = CrawlOptions(
    embedded=EmbeddedSite(photos=10, captions_per_photo=2, seed=SEED),
    delay=0,
    concurrency=4,
    shard_rows=5,
    shard_seconds=0.05,
    min_free_gb=0.0,
    max_drift=1.0,
)
FAULTS = ("broken-html", "nul-bytes", "emoji", "vanish", "opt-out-meta", "unanswered")


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    with running(10, 2, SEED, faults=FAULTS) as address:
        yield address


def test_every_answer_is_kept_with_its_row_and_read_again_as_it_was(site: str, tmp_path: Path) -> None:
    directory = tmp_path / "demo" / "crawl"
    start(directory, site, OPTIONS).join(60)
    check(directory)
    outcomes = {row["outcome"] for row in pages(directory)}
    assert {"ok", "missing", "denied"} <= outcomes
    before = pages(directory)
    changes = stage.reparse(Job(OPTIONS, directory))
    assert (changes.records, changes.changed, changes.restored) == (len(keys(directory)), 0, 0)
    assert pages(directory) == before
    assert verify(directory) == []


@pytest.mark.parametrize("kills", [4, pytest.param(20, marks=pytest.mark.long)])
def test_a_kill_loses_or_keeps_both_row_and_record(kills: int, site: str, tmp_path: Path) -> None:
    seed = random.randrange(10**6)
    moment, count = random.Random(seed), 0
    while count < kills:
        directory = tmp_path / str(count)
        while count < kills and not is_complete(OPTIONS, directory):
            process = start(directory, site, OPTIONS)
            process.join(moment.uniform(0.05, 0.8))
            count += process.is_alive()
            process.kill()
            process.join()
        start(directory, site, OPTIONS).join(60)
        assert is_complete(OPTIONS, directory), f"seed {seed}"
        check(directory)
        urls = [row["url"] for row in pages(directory)]
        assert len(urls) == len(set(urls)), f"seed {seed}: no row is doubled"


@pytest.mark.parametrize("kept", ["drift", "none"])
def test_less_is_kept_where_the_settings_say_so(kept: Literal["drift", "none"], tmp_path: Path) -> None:
    pages_of_site = {"/boke/recent": "<html><body><p>new markup</p></body></html>"}
    with answering(lambda path, _: Answer(pages_of_site[path]) if path in pages_of_site else None) as site:
        options = CrawlOptions(
            site=site.address, start=("/boke/recent", "/odai/1"), delay=0, archive=kept, max_drift=1.0
        )
        directory = tmp_path / "p" / "crawl"
        start(directory, None, options).join(60)
    assert {row["outcome"] for row in pages(directory)} == {"drift", "missing"}
    drift = {key for key in keys(directory) if key[0].endswith("recent")}
    assert set(answers(directory)) == (drift if kept == "drift" else set())
    assert bool(archive(directory)) == (kept == "drift")


def test_nothing_secret_and_nothing_that_opts_out_is_kept(tmp_path: Path) -> None:
    headers = {
        "Content-Type": "text/html; charset=utf-8",
        "Set-Cookie": "session=SECRET",
        "X-Odd": "caf\xe9 \xff",
    }
    refused = headers | {"X-Robots-Tag": "noai"}

    def page(path: str, _: object) -> Answer | None:
        if path == "/odai/2":
            return Answer("<html><body>OPTED-OUT</body></html>", headers=refused)
        return (
            Answer("<html><body>unknown</body></html>", headers=headers) if path.startswith("/odai") else None
        )

    with answering(page) as site:
        address = site.address.replace("//", "//me:SECRET@")
        options = CrawlOptions(site=address, start=(), odai=("1-3",), delay=0, max_drift=1.0)
        directory = tmp_path / "p" / "crawl"
        start(directory, None, options).join(60)
        assert "Authorization" in site.headers("/odai")
    check(directory)
    (path,) = archive(directory)
    content = gzip.decompress(path.read_bytes())
    assert b"SECRET" not in content
    assert b"OPTED-OUT" not in content
    assert b"caf\xe9 \xff" in content
    assert b"user-agent: bokeru/" in content


@pytest.mark.parametrize(
    "body", [b"", b"<html><body>" + b"x" * 16_000_000 + b"</body></html>", b"\xff\xfe\x00"]
)
def test_odd_bodies_are_kept_as_they_are(body: bytes, tmp_path: Path) -> None:
    with answering(lambda path, _: Answer(body) if path == "/odai/1" else None) as site:
        options = CrawlOptions(
            site=site.address, start=(), odai=("1",), delay=0, max_drift=1.0, max_page_megabytes=32
        )
        directory = tmp_path / "p" / "crawl"
        start(directory, None, options).join(60)
    check(directory)
    (answer,) = answers(directory).values()
    assert answer.body == body


def test_a_full_disk_keeps_rows_and_records_together(site: str, small_disk: SmallDisk) -> None:
    directory = small_disk(150) / "p" / "crawl"
    start(directory, site, OPTIONS).join(60)
    assert not is_complete(OPTIONS, directory)
    check(directory)
    small_disk(20_000)
    start(directory, site, OPTIONS).join(60)
    assert is_complete(OPTIONS, directory)
    check(directory)
