"""Downloader middleware: asks again for what failed, and sends nothing to a host that is left alone."""

from typing import Self
from urllib.parse import urlsplit

from scrapy import Request, Spider
from scrapy.crawler import Crawler
from scrapy.exceptions import DownloadCancelledError, IgnoreRequest, ResponseDataLossError
from scrapy.http import Response
from scrapy.utils.asyncio import call_later

from crawler.components.allowed_hosts import DOWNLOAD_SLOT
from crawler.components.browser import BrowserAnswer
from crawler.components.exceptions import SCHEDULED, CrawlEnded, HostPaused
from crawler.components.session import Session, session_of
from crawler.network.transport import no_answer
from crawler.retries.again import again
from crawler.retries.refusal import Refusal

_A_LITTLE = 0.01
"""Seconds by which a timer may be early."""


class PolitenessMiddleware:
    """A request to a host that is left alone goes back to the scheduler; one that came from elsewhere waits.

    Requests for robots.txt pass: RobotsMiddleware takes note of their answers.
    """

    def __init__(self, crawler: Crawler, session: Session) -> None:
        self._crawler, self._session, self._hosts = crawler, session, session.hosts
        self._hosts.on_pause, self._hosts.has_ended = self._pause, self._has_ended

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Make the middleware of a crawl."""
        return cls(crawler, session_of(crawler))

    async def process_request(self, request: Request) -> Request | None:
        """Return None, so that the engine downloads the request, or the request itself, for the scheduler.

        Raises:
            CrawlEnded: the crawl ends.
        """
        if request.meta.get("robots"):
            return None
        if request.meta.get(SCHEDULED) and not self._hosts.is_open(request.url):
            return request
        await self._hosts.wait(request.url)
        request.meta["pauses"] = self._hosts.of(request.url).pauses
        return None

    def process_response(self, request: Request, response: Response) -> Request | Response:
        """Return the response, for the spider, or a request, for the scheduler, to try the address again."""
        if request.meta.get("robots"):
            return response
        refusal = Refusal.of(response) or _refusal_in_browser(request)
        if refusal is None:
            self._hosts.answered(request.url)
            return response
        return self._again(request, refusal) or response

    def process_exception(self, request: Request, exception: Exception) -> Request | None:
        """Return a request, to try the address again; on None, the engine calls the errback.

        Raises:
            CrawlEnded: the host stayed silent for so long that the crawl ends.
        """
        if isinstance(exception, HostPaused):
            return request
        if request.meta.get("robots") or isinstance(exception, IgnoreRequest | DownloadCancelledError):
            return None
        if isinstance(exception, ResponseDataLossError):  # an answer, if one of no use
            self._hosts.answered(request.url)
            return again(request, "cut", self._spider)
        why = no_answer(exception, self._session.job)
        found = self._again(request, Refusal.of_error(request.url, exception, why))
        if self._session.failure:
            raise CrawlEnded
        return found

    def _has_ended(self) -> bool:
        return self._session.failure is not None or not self._crawler.engine.running

    def _again(self, request: Request, refusal: Refusal) -> Request | None:
        """Return the request that asks again; None where the address gets its row.

        That needs tries that are over, and a host that answers others: an address gets no row with an error
        because its host is down.
        """
        is_own = self._hosts.failed(request, refusal)
        ends = self._session.failure is not None
        return again(request, refusal.reason, self._spider, may_give_up=is_own and not ends)

    @property
    def _spider(self) -> Spider:
        assert self._crawler.spider
        return self._crawler.spider

    def _pause(self, host: str, seconds: float) -> None:
        """Take back what waits for its turn to go to the host, and wake the engine when the pause is over."""
        engine = self._crawler.engine
        if slot := engine.downloader.slots.get(DOWNLOAD_SLOT):
            for entry in list(slot.queue):
                request, answer = entry
                if urlsplit(request.url).netloc == host and not request.meta.get("robots"):
                    slot.queue.remove(entry)
                    answer.errback(HostPaused())
        call_later(seconds + _A_LITTLE, self._wake)

    def _wake(self) -> None:
        # The engine asks the scheduler after each answer, else every five seconds; it has no public way.
        slot = self._crawler.engine._slot
        if slot is not None:
            slot.nextcall.schedule()


def _refusal_in_browser(request: Request) -> Refusal | None:
    """Return the refusal that the page met in the browser; each counts once.

    The page is then asked for again, as if it had been refused itself: some of its boke are missing.
    """
    answers: list[BrowserAnswer] = request.meta.get("browser_answers", [])
    refusals = (
        Refusal.of_status(answer.url, answer.status, answer.retry_after, answer.date) for answer in answers
    )
    refused = next(filter(None, refusals), None)
    answers.clear()  # the request that tries again has the same list
    return refused
