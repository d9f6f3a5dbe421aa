"""What to do where a host refuses or falls silent: leave it alone, longer each time, then give up."""

import asyncio
import time
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Self
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import DownloadCancelledError, IgnoreRequest
from scrapy.http import Response
from scrapy.http.request import NO_CALLBACK

from crawler.components.exceptions import CrawlEnded
from crawler.components.session import Session, session_of
from crawler.spiders.bokete import TRIES
from store.errors import SiteRefuses, UserError

REFUSALS = (403, 429, 503)
_LONGEST = 3600.0


@dataclass
class _Host:
    """How a host has treated us: `round` numbers the pauses, `refusals` those without an answer between."""

    resume_at: float = 0.0
    round: int = 0
    refusals: int = 0
    answers: int = 0


class PolitenessMiddleware:
    """Holds back every request to a host that wants to be left alone."""

    def __init__(self, crawler: Crawler, session: Session) -> None:
        self._crawler, self._session = crawler, session
        self._hosts: dict[str, _Host] = defaultdict(_Host)
        self._probes: dict[str, asyncio.Future[bool]] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Make the middleware of a crawl."""
        return cls(crawler, session_of(crawler))

    async def process_request(self, request: Request) -> None:
        """Wait until the host may be asked again.

        Raises:
            CrawlEnded: the crawl ends meanwhile.
        """
        if request.meta.get("robots"):
            return
        host = self._hosts[urlsplit(request.url).netloc]
        while (wait := host.resume_at - time.monotonic()) > 0:
            await self._sleep(min(wait, 0.5))
        request.meta["round"] = host.round

    async def process_response(self, request: Request, response: Response) -> Request | Response:
        """Pause the host that refuses, and let the address wait for another turn.

        A photo that is refused again with 403, while its host answered others in between, is not there:
        hosts of files say it so where nobody may list them.
        """
        if request.meta.get("robots"):
            return response
        host = self._hosts[urlsplit(request.url).netloc]
        if response.status not in REFUSALS:
            host.refusals = 0
            host.answers += 1
            return response
        answers = request.meta.setdefault("answers", host.answers)
        request.meta["is_gone"] = (
            response.status == 403 and "photo" in request.meta and answers < host.answers
        )
        if request.meta["round"] == host.round:  # else it was sent before the pause that it would cause
            self._pause(host, request, response)
        tries = request.meta.get("refused", 0) + 1
        if (tries >= TRIES or request.meta["is_gone"]) and not self._session.failure:
            return response
        return request.replace(meta={**request.meta, "refused": tries})

    def _pause(self, host: _Host, request: Request, response: Response) -> None:
        options = self._session.job.options
        host.refusals += not request.meta["is_gone"]
        asked = retry_after(response.headers.get("Retry-After"))
        wait = max(asked, options.pause * 2 ** max(host.refusals - 1, 0))
        if host.refusals >= options.patience or wait > _LONGEST:
            # 503 is trouble on its side, which the next try may not meet; the others are a decision.
            kind = UserError if response.status == 503 else SiteRefuses
            self._give_up(kind, request, f"answers {response.status}, {host.refusals} times in a row", asked)
        host.round += 1
        host.resume_at = time.monotonic() + wait

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
        """Tell an address that fails from a host that is silent; of the second, no row is made.

        Raises:
            CrawlEnded: the host stayed silent for so long that the crawl ends.
        """
        if request.meta.get("robots") or isinstance(exception, IgnoreRequest | DownloadCancelledError):
            return
        address = "{0.scheme}://{0.netloc}/robots.txt".format(urlsplit(request.url))
        probe = self._probes.get(address)
        if probe is None or probe.done():
            probe = self._probes[address] = asyncio.ensure_future(self._answers(address))
        if not await asyncio.shield(probe):
            self._give_up(UserError, request, f"does not answer ({exception or type(exception).__name__})")
            raise CrawlEnded

    async def _answers(self, address: str) -> bool:
        """Tell whether a host answers at all, asking again and again."""
        options = self._session.job.options
        for number in range(options.patience):
            request = Request(
                address, NO_CALLBACK, meta={"robots": True, "dont_retry": True}, dont_filter=True
            )
            try:
                await self._crawler.engine.download_async(request)
            except Exception:
                if number + 1 < options.patience:
                    await self._sleep(min(options.pause * 2**number, _LONGEST))
            else:
                return True
        return False

    async def _sleep(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            if self._session.failure or not self._crawler.engine.running:
                raise CrawlEnded
            await asyncio.sleep(min(left, 0.5))


def retry_after(value: bytes | None) -> float:
    """Return the seconds that a Retry-After header asks for, in either of its forms; 0 for none."""
    text = (value or b"").decode("latin-1").strip()
    if text.isdecimal() and len(text) < 10:
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return 0.0
    return max((moment.replace(tzinfo=moment.tzinfo or UTC) - datetime.now(UTC)).total_seconds(), 0.0)
