"""Downloader middleware: obeys robots.txt and tdmrep.json, and ends the crawl where neither can be known."""

import asyncio
import logging
import time
from dataclasses import dataclass, replace
from typing import Self
from urllib.parse import urlsplit

from scrapy import Request, Spider
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from scrapy.http.request import NO_CALLBACK
from scrapy.robotstxt import RobotParser
from scrapy.utils.misc import build_from_crawler

from crawler.components.exceptions import (
    SCHEDULED,
    CrawlEnded,
    CutShort,
    Denied,
    HostNotAllowed,
    HostPaused,
)
from crawler.components.session import Session, session_of
from crawler.components.whole_body import asked_again
from crawler.network.transport import in_words, no_answer
from crawler.parsing.wholeness import robots_txt_is_cut, tdm_file_is_cut
from crawler.permission.optouts import ROBOT
from crawler.permission.robots_file import RobotsFile
from crawler.permission.signals import TDM_FILE
from crawler.permission.tdm_file import TdmFile
from crawler.retries.crawl_delay import slow_down
from crawler.retries.hosts import span
from crawler.retries.refusal import Refusal
from store.errors import SiteRefuses, UserError

_LOG = logging.getLogger(__name__)
_DAY = 24 * 3600.0


class RobotsParser(RobotParser):
    """robots.txt for Scrapy (its setting ROBOTSTXT_PARSER), which hands over the bytes as they were sent."""

    def __init__(self, file: RobotsFile) -> None:
        self.file = file

    @classmethod
    def from_crawler(cls, crawler: Crawler, robotstxt_body: bytes) -> Self:
        """Make the parser of one file."""
        return cls(RobotsFile.parse(robotstxt_body))

    def allowed(self, url: str | bytes, user_agent: str | bytes) -> bool:
        """Tell whether an address may be fetched by us, whatever other name we are asked about."""
        return self.file.refusal(url.decode() if isinstance(url, bytes) else url) is None


@dataclass(frozen=True)
class _Policy:
    """What a host says of all its addresses, from the day's robots.txt and tdmrep.json."""

    robots: RobotsFile
    tdm: TdmFile
    read_at: float


class RobotsMiddleware(RobotsTxtMiddleware):
    """Reads each host's robots.txt before anything else on it, and again every day.

    Scrapy's own takes a file that cannot be read for a yes, and never reads one again.
    """

    def __init__(self, crawler: Crawler, session: Session) -> None:
        super().__init__(crawler)
        self._session = session
        self._policies: dict[str, asyncio.Future[_Policy]] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Make the middleware of a crawl."""
        return cls(crawler, session_of(crawler))

    async def process_request(  # type: ignore[override]
        self, request: Request, spider: Spider | None = None
    ) -> Request | None:
        """Return None, so that the engine goes on, if the host lets the request pass.

        While its robots.txt cannot be read, return the request, for the scheduler to keep.

        Raises an exception otherwise; then the engine does not download it, and calls its errback.

        Raises:
            Denied: robots.txt or tdmrep.json forbids it.
            CrawlEnded: robots.txt cannot be read, or closes the whole site; so the crawl ends.
        """
        if request.meta.get("robots"):
            return None
        try:
            denied = await self.refusal(request.url, waits=not request.meta.get(SCHEDULED))
        except HostPaused:
            return request
        if denied:
            if self._closes_site(request):
                self._refuse(request, denied)
            raise denied
        return None

    async def refusal(self, url: str, *, waits: bool = True) -> Denied | None:
        """Return why an address may not be fetched; None if it may. Browsers' own requests are asked, too.

        Args:
            url: the address.
            waits: whether to wait where its host's robots.txt cannot be read now.

        Raises:
            HostPaused: it cannot be read now.
            CrawlEnded: it could not for so long that the crawl ends.
        """
        while True:
            try:
                return await self._refusal(url)
            except HostPaused:
                if not waits:
                    raise
                await self._session.hosts.wait(url)

    async def _refusal(self, url: str) -> Denied | None:
        host = _origin(url)
        policy = self._policies.get(host)
        if policy is None or (policy.done() and self._is_stale(policy)):
            policy = self._policies[host] = asyncio.ensure_future(self._read(host))
        # Shielded: all requests of a host wait for one policy, and one of them may be cancelled.
        found = policy.result() if policy.done() else await asyncio.shield(policy)
        as_ai = self._session.job.options.obey_ai_rules
        if words := found.robots.refusal(url, is_ai_crawler=as_ai):
            return Denied(words, f"{host}/robots.txt")
        words = found.tdm.refusal(url)
        return Denied(words, host + TDM_FILE) if words else None

    def _closes_site(self, request: Request) -> bool:
        """Tell whether nothing of the site is open; hosts of photos may be closed by themselves."""
        host = _origin(request.url)
        return "photo" not in request.meta and self._policies[host].result().robots.closes_all

    def _refuse(self, request: Request, denied: Denied) -> None:
        self._session.fail(
            SiteRefuses(
                f"{denied.source} closes the whole site to {ROBOT} ({denied.words}). What was fetched "
                f"is kept. Ask the site's owner; once robots.txt takes you in: {self._session.job.command}"
            )
        )

    @staticmethod
    def _is_stale(policy: asyncio.Future[_Policy]) -> bool:
        return policy.exception() is not None or time.monotonic() - policy.result().read_at > _DAY

    async def _read(self, host: str) -> _Policy:
        response = await self._robots_txt(f"{host}/robots.txt")
        # Any other answer, such as 404, means that there are no rules.
        body = response.body if response.status < 300 else b""
        parser = build_from_crawler(self._parserimpl, self.crawler, body)
        robots = parser.file if isinstance(parser, RobotsParser) else RobotsFile.parse(body)
        slow_down(self.crawler, self._session, robots.rules, host)
        if names := robots.closed_to_ai():
            self._session.warn(
                f"{host}/robots.txt closes the site to robots that gather for AI ({', '.join(names)}); crawl."
                "obey_ai_rules: true takes that as meant for this crawl, too"
            )
        tdm = TdmFile() if robots.refusal(host + TDM_FILE) else await self._tdm_file(host + TDM_FILE)
        return _Policy(robots, tdm, time.monotonic())

    async def _robots_txt(self, address: str) -> Response:
        request = Request(address, NO_CALLBACK, meta={"robots": True}, dont_filter=True)
        try:
            response = await self._download(request)
        except CrawlEnded:
            raise
        except HostNotAllowed as error:
            raise self._end_crawl(
                UserError,
                address,
                f"leads to {error.origin}, which is not a host of the site",
                f"If it is the same site, set crawl.site to {error.origin}",
            ) from error
        except Exception as error:
            why = no_answer(error, self._session.job)
            # At the first address of all it is the address or the network, and nobody wants to wait to see.
            if isinstance(error, CutShort) or not self._session.hosts.have_answered:
                raise self._end_crawl(UserError, address, f"cannot be read: {why}") from error
            raise self._held(address, Refusal.of_error(address, error, why)) from error
        refusal = Refusal.of(response)
        if refusal and refusal.status != 403:
            raise self._held(address, refusal)
        self._session.hosts.is_read(address)
        return response

    def _held(self, address: str, refusal: Refusal) -> IgnoreRequest:
        """Return why nothing is fetched now: the host is left alone, or all of them were for too long."""
        if self._session.hosts.is_held(replace(refusal, url=address)):
            return HostPaused()
        asking = f" and asks to be left alone for {span(refusal.asked)}" if refusal.asked else ""
        return self._end_crawl(refusal.error, address, refusal.words + asking)

    async def _download(self, request: Request) -> Response:
        """Return the answer, whole; what ends within a line, a character or a list is asked for again."""
        while True:
            response = await self.crawler.engine.download_async(request)
            partial = "partial" in response.flags
            is_cut = robots_txt_is_cut(response.body, may_be_partial=partial)
            if request.meta["robots"] == TDM_FILE:
                is_cut = tdm_file_is_cut(response.body)
            if response.status >= 300 or not is_cut:
                return response
            request = asked_again(request, "its end is missing", self.crawler)

    async def _tdm_file(self, address: str) -> TdmFile:
        """Return what tdmrep.json reserves; nothing where there is none."""
        meta = {"robots": TDM_FILE, "dont_retry": True, "handle_httpstatus_all": True}
        try:
            response = await self._download(Request(address, NO_CALLBACK, meta=meta, dont_filter=True))
        except CrawlEnded:
            raise
        except CutShort as error:
            why = no_answer(error, self._session.job)
            raise self._end_crawl(UserError, address, f"cannot be read: {why}") from error
        except Exception as error:
            _LOG.info("%s: %s", address, in_words(error))
            return TdmFile()
        return TdmFile.parse(response.body) if response.status == 200 else TdmFile()

    def _end_crawl(
        self,
        kind: type[UserError],
        address: str,
        reason: str,
        step: str = "Look at the address in a browser, come back later",
    ) -> CrawlEnded:
        self._session.fail(
            kind(
                f"{address} {reason}, and that means no: nothing is fetched without it. "
                f"{step}: {self._session.job.command}"
            )
        )
        return CrawlEnded()


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
