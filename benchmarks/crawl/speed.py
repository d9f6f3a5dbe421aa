"""Pages a second of this project's crawler and of a bare Scrapy spider, measured in turns."""

import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
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


def speed(rounds: int, kilobytes: int) -> dict[str, object]:
    """Return the pages a second of both spiders, in turns, and the median of their ratios."""
    figures: list[tuple[float, float]] = []
    with served(partial(recorded, kilobytes)) as (address, _):
        for _round in range(rounds):
            with tempfile.TemporaryDirectory() as directory:
                # In turns, so that a slow moment of the machine meets both.
                figures.append((in_a_process(bare, address), in_a_process(ours, address, directory)))
    return {
        "pages_per_second_bare": [round(bare, 1) for bare, _ in figures],
        "pages_per_second_ours": [round(ours, 1) for _, ours in figures],
        "ratio": round(median(ours / bare for bare, ours in figures), 3),
        "limit": 0.85,
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
        answer = subprocess.run(command, cwd=checkout, stdout=subprocess.PIPE, text=True, check=True)
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
        return Request(url, callback, meta={"proxy": self.address, "download_slot": "crawl"})  # type: ignore[attr-defined]


def bare(address: str) -> float:
    """Return the pages a second of the bare spider."""
    settings = Settings(
        {"CONCURRENT_REQUESTS": 8, "CONCURRENT_REQUESTS_PER_DOMAIN": 8, "LOG_LEVEL": "ERROR",
         "CONCURRENT_ITEMS": 1, "TELNETCONSOLE_ENABLED": False, "REMOTE_CONTROL_ENABLED": False,
         "HTTPPROXY_ENABLED": False}
    )  # fmt: skip
    process = AsyncCrawlerProcess(settings)
    process.crawl(BareSpider, address=address)
    process.start()
    return rate(BareSpider.parsed_at)


def ours(address: str, directory: str) -> float:
    """Return the pages a second of this project's crawler, photos hashed and stored."""
    parsed_at: list[float] = []
    append = Session.append

    def append_and_note(self: Session, row: Any) -> Any:
        written = append(self, row)
        if isinstance(row, PageRow):
            parsed_at.append(time.perf_counter())
        return written

    Session.append = append_and_note  # type: ignore[method-assign]
    crawl(Job(CrawlOptions(delay=0, concurrency=8), Path(directory), address))
    return rate(parsed_at)


def rate(times: list[float]) -> float:
    """Return the rate of events a second, from the first to the last."""
    return (len(times) - 1) / (times[-1] - times[0])
