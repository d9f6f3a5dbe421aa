"""The spider: turns responses into rows. The scheduler knows what to fetch, a layout what a page says."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable
from datetime import UTC, datetime
from typing import Any, Self
from urllib.parse import urlsplit

from scrapy import Request, Spider
from scrapy.crawler import Crawler
from scrapy.exceptions import DownloadCancelledError, IgnoreRequest
from scrapy.http import Response
from scrapy.settings import SETTINGS_PRIORITIES, BaseSettings
from twisted.python.failure import Failure

from crawler.components.allowed_hosts import DOWNLOAD_SLOT
from crawler.components.browser import browser_meta
from crawler.components.exceptions import CrawlEnded, Denied
from crawler.components.headers import photo_headers
from crawler.components.session import Session
from crawler.components.unchanged import NOT_MODIFIED, if_changed, unchanged
from crawler.items import PHOTO_BROKEN, Answer, LeftOutRow, Page, PageRow, PhotoRow, Row
from crawler.layouts.next_2024 import INCOMPLETE
from crawler.memory.last_row import LastRow
from crawler.memory.tables import Kind
from crawler.network.transport import in_words
from crawler.options import CrawlOptions
from crawler.parsing import images
from crawler.parsing.answer import (
    MISSING_STATUSES,
    PARSING_SECONDS,
    REFUSED_BY_LAW,
    SMALL_PAGE,
    answer_row,
    outcome_row,
)
from crawler.parsing.parse import page_row
from crawler.parsing.wholeness import photo_is_cut
from crawler.permission.optouts import Header, opt_out
from crawler.retries.again import again
from crawler.scrapy_project.addon import PipelineAddon
from store.addresses import is_named_stand_in


class BoketeSpider(Spider):
    """Crawls bokete, or the embedded site.

    Args:
        session: the run that the spider is part of; `scrapy shell` has none.
    """

    name = "bokete"
    session: Session | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        """Make the spider, with the session given, whose settings its add-on brings."""
        session = kwargs.pop("session", None)
        spider = super().from_crawler(crawler, *args, **kwargs)
        spider.session = session
        return spider

    @classmethod
    def update_settings(cls, settings: BaseSettings) -> None:
        """Add the add-on that makes the settings of a crawl, whatever add-ons a project has."""
        super().update_settings(settings)
        # Above all else: Scrapy lets its process replace settings of a crawler at their own level.
        above = SETTINGS_PRIORITIES["cmdline"] + 1
        settings.set("ADDONS", {**settings.getdict("ADDONS"), PipelineAddon: 0}, priority=above)

    @classmethod
    def handles_request(cls, request: Request) -> bool:
        """Tell whether this is the spider for an address, for Scrapy's commands that name none."""
        return f".{urlsplit(request.url).hostname}".endswith((".bokete.jp", ".bokete.test"))

    async def start(self) -> AsyncIterator[Request]:
        """Yield no request: the engine then asks the scheduler, which knows where to start."""
        if self.session is None:
            self.logger.error("Nothing is crawled without a pipeline: scrapy crawl bokete -a pipeline=NAME")
        return
        yield

    async def parse(self, response: Response) -> AsyncIterator[Row | Request]:
        """Yield an address's row and the requests that it leads to, for `scrapy parse` and the shell.

        In a crawl the callbacks below are called, and the scheduler knows what they lead to.

        For `scrapy check`, a list on the embedded site:

        @url http://bokete.test/boke/recent
        @returns item 1 1
        @returns request 10
        @row ok angular_2020
        """
        is_photo = (response.headers.get("Content-Type") or b"").startswith(b"image/")
        found = self.parse_photo(response) if is_photo else self.parse_page(response)
        row = await found if isinstance(found, Awaitable) else found
        yield row
        if isinstance(row, PageRow):
            for link in row["links"]:  # type: ignore[attr-defined]
                yield self.request(link, "pages")
            if row["image_url"]:
                yield self.request(str(row["image_url"]), "images", response.url)

    def request(
        self, address: str, kind: Kind, shown_on: str | None = None, last: LastRow | None = None
    ) -> Request:
        """Return the request for a page or a photo, whose callback or errback returns its row.

        `meta["address"]` keeps the address of the row: redirects change the request's own.

        Args:
            shown_on: the page that shows the photo, where it is known; else the site itself is named.
            last: the page's newest row, where it is asked for again only if it has changed since.
        """
        options = self._options
        megabytes = options.max_photo_megabytes if kind == "images" else options.max_page_megabytes
        # No retries of Scrapy's own: `crawler.retries.again` is the rule.
        meta: dict[str, Any] = {
            "address": address,
            "download_maxsize": megabytes * 2**20,
            "dont_retry": True,
        }
        if kind == "pages":
            asked = Request(address, self.parse_page, errback=self.failed, meta=meta, dont_filter=True)
            # What a browser adds to a page may change while the page itself does not.
            return asked if last is None or options.render == "chromium" else if_changed(asked, last)
        meta["photo"] = True
        page = shown_on or (self.session.job.site if self.session else address)
        headers = photo_headers(page)
        return Request(
            address, self.parse_photo, headers=headers, errback=self.failed, meta=meta, dont_filter=True
        )

    def parse_page(self, response: Response) -> PageRow | Request | Awaitable[PageRow | Request]:
        """Return a page's row, for the item pipeline; or a request, for the scheduler.

        A request is returned where the site answers with an error page (it is made again after others), or
        where the rest of the page takes a browser. A large page is parsed in a thread: then the result is
        awaitable, and the crawl goes on meanwhile.

        For `scrapy check`, on the embedded site:

        @url http://bokete.test/odai/5000002
        @returns item 1 1
        @row ok angular_2020
        @filled odai_id image_url sha256 labels bokes
        """
        answer = _answer(response)
        if answer.status == NOT_MODIFIED:
            return unchanged(answer, response)
        if len(answer.body) <= SMALL_PAGE:
            return self._row_or_request(answer_row(answer), response)
        return self._parse_in_thread(answer, response)

    async def _parse_in_thread(self, answer: Answer, response: Response) -> PageRow | Request:
        """Parse a page beside the crawl; leave it, with its row saying so, where that takes too long."""
        try:
            found = await asyncio.wait_for(asyncio.to_thread(answer_row, answer), PARSING_SECONDS)
        except TimeoutError:
            size = len(answer.body) / 2**20
            reason = f"parsing its {size:.1f} megabytes takes more than {PARSING_SECONDS:g} seconds"
            return outcome_row(answer, "drift", reason)
        return self._row_or_request(found, response)

    def _row_or_request(self, found: PageRow, response: Response) -> PageRow | Request:
        if self._needs_browser(found, response) and response.request:
            meta = browser_meta(self._delay(), self._options.max_page_number)
            return response.request.replace(meta={**response.meta, **meta})
        # One that was parsed: what leads elsewhere, or has another status, is no error page of the site.
        is_error_page = found["outcome"] == "error" and found["sha256"] is not None
        once_more = self._again(response, "error page" if is_error_page else None)
        return found if once_more is None else once_more

    async def parse_photo(self, response: Response) -> PhotoRow | Request:
        """Return a photo's row; a photo that may take long to decode is decoded in a thread.

        A request is returned, for the scheduler, where what comes is no whole photo.

        For `scrapy check`:

        @url http://photo.bokete.test/photo/odai/600/00000000f44c5cb7cad68df40e8f8877_600.jpg
        @returns item 1 1
        @row ok
        @filled sha256 bytes width height format phash
        """
        address, now, status = _address(response), datetime.now(UTC), response.status
        if opted_out := opt_out(_headers(response), at=now):
            return images.row_without_photo(address, now, status, "denied", opted_out)
        if status == 200 and self._leads_to_stand_in(response):
            reason = f"it leads to {response.url}, which stands for a photo"
            return images.row_without_photo(address, now, status, "missing", reason)
        if status == 200:
            found = await self._photo(response, now)
            once_more = self._again(response, None if found.is_whole else "no whole photo")
            if once_more is None:
                return found
            self.crawler.signals.send_catch_log(PHOTO_BROKEN, row=found)
            return once_more
        outcome = "missing" if status in MISSING_STATUSES or response.meta.get("is_missing") else "error"
        outcome = "denied" if status == REFUSED_BY_LAW else outcome
        return images.row_without_photo(address, now, status, outcome, f"HTTP status {status}")

    async def _photo(self, response: Response, now: datetime) -> PhotoRow:
        address, content = _address(response), response.body
        if "partial" in response.flags and photo_is_cut(content):
            return images.row_without_photo(address, now, 200, "error", "the photo's end is missing")
        if images.decodes_quickly(content):
            return images.photo_row(content, address, now, 200)
        return await asyncio.to_thread(images.photo_row, content, address, now, 200)

    def _again(self, response: Response, fault: str | None) -> Request | None:
        """Return the request that asks once more for what came with a fault, if tries are left."""
        if self.session:
            self.session.hosts.judged(response.url, is_usable=fault is None)
        return again(response.request, fault, self) if fault and response.request else None

    @property
    def _options(self) -> CrawlOptions:
        return self.session.job.options if self.session else CrawlOptions()

    def _needs_browser(self, found: PageRow, response: Response) -> bool:
        rendered = response.meta.get("playwright")
        return self._options.render == "chromium" and INCOMPLETE in str(found["error"]) and not rendered

    def _delay(self) -> float:
        """Return the seconds between two requests, which robots.txt may have made longer."""
        slots = self.crawler.engine.downloader.slots if self.crawler.engine else {}
        slot = slots.get(DOWNLOAD_SLOT)
        return max(self._options.delay, slot.delay if slot else 0.0)

    def _leads_to_stand_in(self, response: Response) -> bool:
        """Tell whether a photo's address was redirected to a picture that says that there is no photo."""
        if response.url == _address(response) or not is_named_stand_in(response.url):
            return False
        return hashlib.sha256(response.body).hexdigest() not in self._options.not_stand_ins

    def closed(self, reason: str) -> None:
        """Keep the reason that the engine closed the spider for: `finished`, `shutdown`, or `failed`."""
        if self.session:
            self.session.close_reason = reason

    def failed(self, failure: Failure) -> Row | None:
        """Return the row of an address that got no response, from a request's errback.

        On None, the address gets no row: the crawl is ending, and the next one fetches it.
        """
        if isinstance(failure.value, CrawlEnded):
            return None
        request: Request = failure.request  # type: ignore[attr-defined]
        address, now, is_photo = request.meta["address"], datetime.now(UTC), "photo" in request.meta
        if isinstance(failure.value, Denied):
            table, denied = "images" if is_photo else "pages", failure.value
            return LeftOutRow(
                url=address, table=table, source=denied.source, rule=denied.words, left_out_at=now
            )
        reason = _reason(failure.value, request)
        if is_photo:
            return images.row_without_photo(address, now, None, "error", reason)
        return page_row(address, now, Page("error", reason), None)


def _reason(error: BaseException | None, request: Request) -> str:
    """Return why there is no response."""
    if isinstance(error, DownloadCancelledError):
        return f"the answer is larger than {request.meta['download_maxsize'] // 2**20} megabytes"
    if isinstance(error, IgnoreRequest):
        return str(error)
    return in_words(error) if error else "no answer"


def _address(response: Response) -> str:
    """Return the address of the row; requests that Scrapy's own commands make name none."""
    return str(response.meta.get("address", response.url))


def _answer(response: Response) -> Answer:
    """Return what a response says, as a page's row is made from it and the archive keeps it."""
    address, now = _address(response), datetime.now(UTC)
    return Answer(address, response.url, now, response.status, tuple(_headers(response)), response.body)


def _headers(response: Response) -> list[Header]:
    return [
        (name.decode("latin-1"), value.decode("latin-1"))
        for name, values in response.headers.items()
        for value in values
    ]
