"""Downloader middleware: leaves a host that refuses or is silent alone, longer each time, then gives up."""

import asyncio
import time
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import DownloadCancelledError, IgnoreRequest
from scrapy.http import Response
from scrapy.http.request import NO_CALLBACK

from crawler.components.browser import BrowserAnswer
from crawler.components.exceptions import CrawlEnded
from crawler.components.session import Session, session_of
from crawler.network.transport import no_answer
from crawler.retries.retry_after import retry_after
from store.errors import SiteRefuses, UserError

REFUSALS = (403, 429, 503)
MAX_TRIES = 3
"""How often an address is tried that is refused, or gets an error page, while its host answers others."""
_MAX_PAUSE = 3600.0
"""Seconds: a crawl that is asked to wait longer ends, and is started again by whoever runs it."""


@dataclass
class _Host:
    """What a host did so far.

    Args:
        resume_at: the moment (time.monotonic) from which it may be asked again.
        pauses: how often it was left alone.
        refusals: how often it refused since its last answer.
        answers: how often it answered.
    """

    resume_at: float = 0.0
    pauses: int = 0
    refusals: int = 0
    answers: int = 0


class PolitenessMiddleware:
    """Holds back every request to a host that is left alone.

    Requests for robots.txt pass: they ask whether the host answers again. `meta["refused"]` counts how often
    an address was refused.
    """

    def __init__(self, crawler: Crawler, session: Session) -> None:
        self._crawler, self._session = crawler, session
        self._hosts: dict[str, _Host] = defaultdict(_Host)
        self._probes: dict[str, asyncio.Future[bool]] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Make the middleware of a crawl."""
        return cls(crawler, session_of(crawler))

    async def process_request(self, request: Request) -> None:
        """Wait until the host may be asked again, then return None, so that the engine downloads the request.

        Raises:
            CrawlEnded: the crawl ends meanwhile. The engine does not download the request, and calls its
                errback.
        """
        if request.meta.get("robots"):
            return
        await self.wait(request.url)
        request.meta["pauses"] = self._hosts[urlsplit(request.url).netloc].pauses

    async def wait(self, url: str) -> None:
        """Wait until an address's host may be asked again. The browser's own requests wait here, too.

        Raises:
            CrawlEnded: the crawl ends meanwhile.
        """
        host = self._hosts[urlsplit(url).netloc]
        while (left := host.resume_at - time.monotonic()) > 0:
            await self._sleep(min(left, 0.5))

    async def process_response(self, request: Request, response: Response) -> Request | Response:
        """Return the response, for the spider, or a request, for the scheduler, to try the address again.

        A host that refuses is left alone for a while. A photo that is refused again with 403, while its host
        answered others in between, is missing: file hosts say 403 instead of 404 if nobody may list them.
        """
        if request.meta.get("robots"):
            return response
        host = self._hosts[urlsplit(request.url).netloc]
        refusal = response if response.status in REFUSALS else _refusal_in_browser(request)
        if refusal is None:
            host.refusals = 0
            host.answers += 1
            return response
        answers = request.meta.setdefault("answers", host.answers)
        request.meta["is_missing"] = (
            response.status == 403 and "photo" in request.meta and answers < host.answers
        )
        # Several requests may be under way when a host refuses: they cause one pause, not one each.
        if request.meta["pauses"] == host.pauses:
            self._pause(host, request, refusal)
        tries = request.meta.get("refused", 0) + 1
        if (tries >= MAX_TRIES or request.meta["is_missing"]) and not self._session.failure:
            return response
        return request.replace(meta={**request.meta, "refused": tries})

    def _pause(self, host: _Host, request: Request, response: Response) -> None:
        options = self._session.job.options
        host.refusals += not request.meta["is_missing"]
        headers = response.headers
        asked = retry_after(headers.getlist("Retry-After"), headers.get("Date"), datetime.now(UTC))
        wait = max(asked, options.pause * 2 ** max(host.refusals - 1, 0))
        if host.refusals >= options.patience or wait > _MAX_PAUSE:
            # 503 is trouble on its side, which the next try may not meet; the others are a decision.
            kind = UserError if response.status == 503 else SiteRefuses
            times = f", {host.refusals} times in a row" if host.refusals > 1 else ""
            long = f" and asks to be left alone for {asked / 60:,.0f} minutes" if asked > _MAX_PAUSE else ""
            self._give_up(kind, request, f"answers {response.status}{times}{long}", asked)
        host.pauses += 1
        host.resume_at = time.monotonic() + wait
        if not self._session.failure:
            reason = f"it answers {response.status}" + (f" and asks for {asked:,.0f} s" if asked else "")
            self._session.paused(urlsplit(request.url).netloc, wait, reason)

    def _give_up(self, kind: type[UserError], request: Request, what: str, asked: float = 0) -> None:
        when = f"in {asked / 60:,.0f} minutes, as it asks" if asked else "in some hours"
        parts, job = urlsplit(request.url), self._session.job
        self._session.fail(
            kind(
                f"{parts.scheme}://{parts.netloc} {what} (last: {parts.path}). All that was fetched is kept. "
                f"Come back {when}, perhaps with a longer crawl.delay (now {job.options.delay:g}):"
                f" {job.command}"
            )
        )

    async def process_exception(self, request: Request, exception: Exception) -> None:
        """Return None, so that the engine calls the errback, if the host still answers other requests.

        If it does not, wait until it does: an address must not get a row with an error because its host is
        down.

        Raises:
            CrawlEnded: the host stayed silent for so long that the crawl ends.
        """
        if request.meta.get("robots") or isinstance(exception, IgnoreRequest | DownloadCancelledError):
            return
        address = "{0.scheme}://{0.netloc}/robots.txt".format(urlsplit(request.url))
        probe = self._probes.get(address)
        if probe is None or probe.done():
            probe = self._probes[address] = asyncio.ensure_future(self._answers(address))
        # Shielded: requests that fail at the same time share a probe, and one of them may be cancelled.
        if not await asyncio.shield(probe):
            self._give_up(UserError, request, f"does not answer ({no_answer(exception, self._session.job)})")
            raise CrawlEnded

    async def _answers(self, address: str) -> bool:
        """Tell whether a host answers at all, by asking for its robots.txt up to `crawl.patience` times."""
        options = self._session.job.options
        for number in range(options.patience):
            request = Request(
                address, NO_CALLBACK, meta={"robots": True, "dont_retry": True}, dont_filter=True
            )
            try:
                await self._crawler.engine.download_async(request)
            except Exception:
                if number + 1 < options.patience:
                    await self._sleep(min(options.pause * 2**number, _MAX_PAUSE))
            else:
                return True
        return False

    async def _sleep(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            if self._session.failure or not self._crawler.engine.running:
                raise CrawlEnded
            await asyncio.sleep(min(left, 0.5))


def _refusal_in_browser(request: Request) -> Response | None:
    """Return the refusal that the page met in the browser, as a response; each counts once.

    The page is then asked for again, as if it had been refused itself: some of its boke are missing.
    """
    answers: list[BrowserAnswer] = request.meta.get("browser_answers", [])
    refused = next((answer for answer in answers if answer.status in REFUSALS), None)
    answers.clear()  # the request that tries again has the same list
    if refused is None:
        return None
    headers = {"Retry-After": refused.retry_after} if refused.retry_after else {}
    return Response(refused.url, refused.status, headers)
