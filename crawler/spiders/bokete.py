"""The spider: turns answers into rows. What to fetch the scheduler knows, what a page says its layout."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import ExitStack
from datetime import UTC, datetime
from importlib.metadata import entry_points
from typing import Any, Self

from scrapy import Request, Spider, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import DownloadCancelledError, IgnoreRequest
from scrapy.http import Response
from twisted.python.failure import Failure

from crawler.components.browser import browser_meta
from crawler.components.exceptions import Denied, Ended
from crawler.components.session import Session
from crawler.items import Page, PageRow, PhotoRow
from crawler.job import Job
from crawler.layouts.next_2024 import INCOMPLETE
from crawler.memory.tables import Kind
from crawler.options import CrawlOptions
from crawler.parsing import images
from crawler.parsing.optouts import opt_out
from crawler.parsing.parse import parse, row

GONE = (404, 410)
TRIES = 3
"""How often an address is tried that is refused, or has trouble, on a host that answers others."""


class BoketeSpider(Spider):
    """Crawls bokete, or the embedded site.

    Args:
        session: the run that it is part of. `scrapy crawl bokete -a pipeline=NAME` makes one.
    """

    name = "bokete"
    custom_settings = {  # noqa: RUF012
        "SCHEDULER": "crawler.components.scheduler.FrontierScheduler",
        "ITEM_PIPELINES": {"crawler.components.rows.RowPipeline": 300},
        "DOWNLOADER_MIDDLEWARES": {
            "scrapy.downloadermiddlewares.offsite.OffsiteMiddleware": None,  # ReachMiddleware knows the hosts
            "scrapy.downloadermiddlewares.httpauth.HttpAuthMiddleware": None,
            "crawler.components.reach.ReachMiddleware": 50,
            "crawler.components.robots.RobotsMiddleware": 100,
            "crawler.components.politeness.PolitenessMiddleware": 110,
        },
    }

    session: Session | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        """Make the spider; without a session, but with a pipeline's name, open one."""
        session, pipeline = kwargs.pop("session", None), kwargs.pop("pipeline", None)
        spider = super().from_crawler(crawler, *args, **kwargs)
        if session is None and pipeline is not None:
            stack = ExitStack()
            session = _open(pipeline, stack)
            crawler.signals.connect(stack.close, signals.spider_closed, weak=False)
        if session is not None:
            spider.session = session
            for name, value in session.job.scrapy_settings().items():
                crawler.settings.set(name, value, priority="spider")
        return spider

    async def start(self) -> AsyncIterator[Request]:
        """Yield nothing: the scheduler knows where to start."""
        return
        yield

    def request(self, address: str, kind: Kind) -> Request:
        """Return the request for a page or a photo."""
        options = self._options
        megabytes = options.max_photo_megabytes if kind == "images" else options.max_page_megabytes
        meta: dict[str, Any] = {"address": address, "download_maxsize": megabytes * 2**20}
        if kind == "images":
            meta["photo"] = True
        callback = self.parse_photo if kind == "images" else self.parse_page
        return Request(address, callback, errback=self.failed, meta=meta, dont_filter=True)

    def parse_page(self, response: Response) -> PageRow | Request:
        """Return a page's row; where the site has trouble, the request to fetch it again after the others."""
        address, now, status = response.meta["address"], datetime.now(UTC), response.status
        if status != 200 and status not in GONE:
            return row(address, now, Page("error", f"HTTP status {status}"), status)
        kind = (response.headers.get("Content-Type") or b"").decode("latin-1")
        found = parse(
            response.body, response.url, now, kind, status=status, robots_tags=_robots_tags(response)
        )
        found["url"] = address
        if status in GONE:
            found.update(outcome="missing", error=f"HTTP status {status}")
        if self._needs_browser(found, response) and response.request:
            options = self._options
            meta = browser_meta(options.delay, options.max_page_number)
            return response.request.replace(meta={**response.meta, **meta})
        tries = response.meta.get("refused", 0) + 1
        if found["outcome"] == "error" and tries < TRIES and response.request:
            return response.request.replace(meta={**response.request.meta, "refused": tries})
        return found

    async def parse_photo(self, response: Response) -> PhotoRow:
        """Return a photo's row; what may take long to decode is decoded beside the crawl, not before it."""
        address, now, status = response.meta["address"], datetime.now(UTC), response.status
        if opted_out := opt_out(_robots_tags(response)):
            return images.empty(address, now, status, "denied", opted_out)
        if status == 200:
            if images.is_quick(response.body):
                return images.examine(response.body, address, now, status)
            return await asyncio.to_thread(images.examine, response.body, address, now, status)
        outcome = "missing" if status in GONE or response.meta.get("is_gone") else "error"
        return images.empty(address, now, status, outcome, f"HTTP status {status}")

    @property
    def _options(self) -> CrawlOptions:
        return self.session.job.options if self.session else CrawlOptions()

    def _needs_browser(self, found: PageRow, response: Response) -> bool:
        rendered = response.meta.get("playwright")
        return self._options.render == "chromium" and INCOMPLETE in str(found["error"]) and not rendered

    def closed(self, reason: str) -> None:
        """Note why the crawl ended."""
        if self.session:
            self.session.closed_as = reason

    def failed(self, failure: Failure) -> PageRow | PhotoRow | None:
        """Return the row of an address that gave no answer; None where the crawl's end is to blame."""
        if isinstance(failure.value, Ended):
            return None
        outcome = "denied" if isinstance(failure.value, Denied) else "error"
        request: Request = failure.request  # type: ignore[attr-defined]
        reason = _reason(failure.value, request)
        address, now = request.meta["address"], datetime.now(UTC)
        if request.callback == self.parse_photo:
            return images.empty(address, now, None, outcome, reason)
        return row(address, now, Page(outcome, reason), None)


def _reason(error: BaseException | None, request: Request) -> str:
    """Return why there is no answer: in this crawler's or Scrapy's words, else with the exception's name."""
    if isinstance(error, DownloadCancelledError):
        return f"the answer is larger than {request.meta['download_maxsize'] // 2**20} megabytes"
    if isinstance(error, IgnoreRequest):
        return str(error)
    return f"{type(error).__name__}: {error}".rstrip(": ")


def _robots_tags(response: Response) -> list[str]:
    return [value.decode("latin-1") for value in response.headers.getlist("X-Robots-Tag")]


def _open(pipeline: str, stack: ExitStack) -> Session:
    """Open the session of a pipeline, which only the package above this one can read."""
    (entry,) = entry_points(group="bokeru.crawl", name="job")
    options, directory, address = stack.enter_context(entry.load()(pipeline))
    return stack.enter_context(Session(Job(options, directory, address, pipeline)))
