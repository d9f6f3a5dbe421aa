"""Pages a second of this project's crawler and of a bare Scrapy spider, measured in turns."""

import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from scrapy import Request, Spider
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.http import Response
from scrapy.settings import Settings

from benchmarks.crawl.processes import in_a_process, served
from benchmarks.crawl.sites import recorded
from crawler.components.session import Session
from crawler.items import PageRow
from crawler.job import Job
from crawler.options import CrawlOptions
from crawler.parsing.markup import Document
from crawler.parsing.parse import read
from crawler.run import crawl
from demo.routes import HOST

ROOT = Path(__file__).parents[2]


LIMITS = {"all": 0.7, "none": 0.85}
"""The least share of the bare spider's pages a second, with the archive and without."""


def speed(rounds: int, kilobytes: int, archives: Sequence[str]) -> dict[str, object]:
    """Return the pages a second of the bare spider and of this crawler, in turns, and the median ratios.

    Args:
        archives: the values of `crawl.archive` to measure, each in every round.
    """
    bare_rates: list[float] = []
    our_rates: dict[str, list[float]] = {archive: [] for archive in archives}
    with served(partial(recorded, kilobytes)) as (address, _):
        for _round in range(rounds):
            # In turns, so that a slow moment of the machine meets all.
            bare_rates.append(in_a_process(bare, address))
            for archive, rates in our_rates.items():
                with tempfile.TemporaryDirectory() as directory:
                    rates.append(in_a_process(ours, address, directory, archive))
    return {
        "kilobytes_a_page": kilobytes,
        "pages_per_second_bare": [round(rate, 1) for rate in bare_rates],
    } | {
        f"archive_{archive}": {
            "pages_per_second": [round(rate, 1) for rate in rates],
            "ratio": round(median(rate / base for rate, base in zip(rates, bare_rates, strict=True)), 3),
            "limit": LIMITS.get(archive),
        }
        for archive, rates in our_rates.items()
    }


def before(checkout: Path, rounds: int, kilobytes: int) -> dict[str, object]:
    """Return the pages a second of another checkout's crawler and of this one's, in turns, and the ratio."""
    figures: list[tuple[float, float]] = []
    with served(partial(recorded, kilobytes)) as (address, _):
        for _round in range(rounds):
            figures.append((_rate_of(checkout, address), _rate_of(ROOT, address)))
    return {
        "kilobytes_a_page": kilobytes,
        "pages_per_second_before": [round(old, 1) for old, _ in figures],
        "pages_per_second_now": [round(new, 1) for _, new in figures],
        "ratio": round(median(new / old for old, new in figures), 3),
        "limit": 0.95,
    }


def _rate_of(checkout: Path, address: str) -> float:
    """Return the pages a second that a checkout's crawler reaches, in a process that imports its modules."""
    # First on the path: an editable install would bring this checkout's modules.
    code = (
        "import os, sys; sys.path.insert(0, os.getcwd())\n"
        "from benchmarks.crawl.speed import ours; print(ours(*sys.argv[1:]))"
    )
    with tempfile.TemporaryDirectory() as directory:
        command = [sys.executable, "-c", code, address, directory]
        answer = subprocess.run(command, cwd=checkout, stdout=subprocess.PIPE, encoding="utf-8", check=True)
    return float(answer.stdout.split()[-1])


class BareSpider(Spider):
    """A minimal spider: follows the same links and parses the same pages, but stores nothing."""

    name = "bare"
    parsed_at: list[float] = []  # noqa: RUF012

    async def start(self) -> AsyncIterator[Request]:
        """Request the list."""
        yield self._request(f"http://{HOST}/boke/recent", self.parse)

    def parse(self, response: Response, **_: object) -> Iterator[Request]:
        """Parse a page, and request its links and photos."""
        self.parsed_at.append(time.perf_counter())
        page = read(Document(response.body, response.url, datetime.now(UTC)))[1]
        for link in page.links:
            yield self._request(link, self.parse)
        for photo in {page.image_url, *(boke.image_url for boke in page.bokes)} - {None}:
            yield self._request(str(photo), self.photo)

    def photo(self, response: Response) -> None:
        """Drop a photo."""

    def _request(self, url: str, callback: Callable[..., Any]) -> Request:
        meta = {"proxy": self.address, "download_slot": "crawl"}  # type: ignore[attr-defined]
        return Request(url, callback, meta=meta)


def bare(address: str) -> float:
    """Return the pages a second of the bare spider, with the statistics that Scrapy keeps by itself."""
    settings = Settings(
        {"CONCURRENT_REQUESTS": 8, "CONCURRENT_REQUESTS_PER_DOMAIN": 8, "LOG_LEVEL": "ERROR",
         "CONCURRENT_ITEMS": 1, "TELNETCONSOLE_ENABLED": False, "REMOTE_CONTROL_ENABLED": False,
         "HTTPPROXY_ENABLED": False}
    )  # fmt: skip
    process = AsyncCrawlerProcess(settings)
    process.crawl(BareSpider, address=address)
    process.start()
    return rate(BareSpider.parsed_at)


def ours(address: str, directory: str, archive: str | None = None) -> float:
    """Return the pages a second of this project's crawler, photos hashed and stored.

    Args:
        archive: `crawl.archive`; None for a checkout that has no such setting, or for its default.
    """
    parsed_at: list[float] = []
    append = Session.append

    def append_and_note(self: Session, row: Any) -> Any:
        written = append(self, row)
        if isinstance(row, PageRow):
            parsed_at.append(time.perf_counter())
        return written

    Session.append = append_and_note  # type: ignore[method-assign]
    archived: dict[str, Any] = {} if archive is None else {"archive": archive}
    crawl(Job(CrawlOptions(delay=0, concurrency=8, **archived), Path(directory), address))
    return rate(parsed_at)


def rate(times: list[float]) -> float:
    """Return the rate of events a second, from the first to the last."""
    return (len(times) - 1) / (times[-1] - times[0])
