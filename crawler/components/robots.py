"""Downloader middleware: obeys robots.txt; one that cannot be read forbids everything (RFC 9309)."""

import asyncio
import time
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

from protego import Protego
from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.extensions.throttle import AutoThrottle
from scrapy.http.request import NO_CALLBACK

from crawler.components.allowed_hosts import DOWNLOAD_SLOT
from crawler.components.exceptions import CrawlEnded, Denied, HostNotAllowed
from crawler.components.session import Session, session_of
from crawler.components.transport import in_words
from crawler.parsing.optouts import ROBOT
from store.errors import SiteRefuses, UserError

_MAX_BYTES = 500 * 1024
"""What is read of a robots.txt: RFC 9309 asks for at least as much."""
_DAY = 24 * 3600.0


@dataclass(frozen=True)
class _Policy:
    rules: Protego
    read_at: float


class RobotsMiddleware:
    """Reads each host's robots.txt before anything else on it, and again every day."""

    def __init__(self, crawler: Crawler, session: Session) -> None:
        self._crawler, self._session = crawler, session
        self._policies: dict[str, asyncio.Future[_Policy]] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Make the middleware of a crawl."""
        return cls(crawler, session_of(crawler))

    async def process_request(self, request: Request) -> None:
        """Return None, so that the engine goes on, if robots.txt allows the request.

        Raises an exception otherwise; then the engine does not download it, and calls its errback.

        Raises:
            Denied: robots.txt forbids it.
            CrawlEnded: robots.txt cannot be read, so the crawl ends.
        """
        if request.meta.get("robots"):
            return
        parts = urlsplit(request.url)
        host = f"{parts.scheme}://{parts.netloc}"
        policy = self._policies.get(host)
        if policy is None or (policy.done() and self._is_stale(policy)):
            policy = self._policies[host] = asyncio.ensure_future(self._read(f"{host}/robots.txt"))
        # Shielded: all requests of a host wait for one policy, and one of them may be cancelled.
        rules = (policy.result() if policy.done() else await asyncio.shield(policy)).rules
        if not rules.can_fetch(request.url, ROBOT):
            raise Denied(f"{host}/robots.txt forbids it")

    @staticmethod
    def _is_stale(policy: asyncio.Future[_Policy]) -> bool:
        return policy.exception() is not None or time.monotonic() - policy.result().read_at > _DAY

    async def _read(self, address: str) -> _Policy:
        request = Request(address, NO_CALLBACK, meta={"robots": True}, dont_filter=True)
        try:
            response = await self._crawler.engine.download_async(request)
        except HostNotAllowed as error:
            raise self._end_crawl(
                UserError,
                address,
                f"leads to {error.origin}, which is not a host of the site",
                f"If it is the same site, set crawl.site to {error.origin}",
            ) from error
        except Exception as error:
            raise self._end_crawl(UserError, address, f"cannot be read: {in_words(error)}") from error
        if response.status == 429:
            raise self._end_crawl(SiteRefuses, address, "answers 429")
        if response.status >= 500:
            raise self._end_crawl(UserError, address, f"answers {response.status}")
        # Any other answer, such as 404, means that there are no rules.
        text = response.body[:_MAX_BYTES].decode("utf-8", "replace") if response.status < 300 else ""
        rules = Protego.parse(text)
        self._slow_down(rules)
        return _Policy(rules, time.monotonic())

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

    def _slow_down(self, rules: Protego) -> None:
        """Raise the delay between requests to what robots.txt asks for; it never lowers it."""
        rate = rules.request_rate(ROBOT)
        delay = max(rules.crawl_delay(ROBOT) or 0, rate.seconds / max(rate.requests, 1) if rate else 0)
        slot = self._crawler.engine.downloader.slots.get(DOWNLOAD_SLOT)
        if slot is not None and delay > slot.delay:
            slot.delay = delay
            if throttle := self._crawler.get_extension(AutoThrottle):
                throttle.mindelay, throttle.maxdelay = delay, max(delay, throttle.maxdelay)
