"""What each host did so far: how long it is left alone, and when its refusals end the crawl."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import urlsplit

from scrapy import Request

from crawler.components.exceptions import CrawlEnded
from crawler.job import Job
from crawler.retries.refusal import Refusal
from store.errors import UserError

_MAX_PAUSE = 3600.0
"""Seconds: a crawl that is asked to wait longer ends, and is started again by whoever runs it."""
_MANY_SPOILT = 5
"""Answers of no use in a row from which on they are no matter of single addresses."""


class Watcher(NamedTuple):
    """Who is told: `fail` ends the crawl; `paused` gets a host, seconds, why; `narrow` the address of a photo
    whose narrower copy may come where this one does not."""

    fail: Callable[[UserError], None]
    paused: Callable[[str, float, str], None]
    narrow: Callable[[str], None]


@dataclass
class Host:
    """What one host did so far.

    Args:
        name: as in addresses, with its port if that is not the usual one.
        resume_at: the moment (time.monotonic) from which it may be asked again.
        pauses: how often it was left alone.
        refusals: how often in a row it refused, or failed with more than one address.
        is_trouble: whether the last of these was trouble on its side.
        closed: how often in a row its robots.txt could not be read.
        answers: how often it answered.
        failing: the addresses that it failed with since its last answer, but for those that failed before.
        spoilt: how many answers in a row were of no use: cut, empty, error pages or no photos.
    """

    name: str
    resume_at: float = 0.0
    pauses: int = 0
    refusals: int = 0
    is_trouble: bool = False
    closed: int = 0
    answers: int = 0
    failing: set[str] = field(default_factory=set)
    spoilt: int = 0


class Hosts:
    """The pauses of hosts, each for itself: a crawl goes on with the others meanwhile.

    A host that refuses, or fails with two addresses in a row, is left alone, twice as long each time, until
    it answers or `crawl.patience` is over. An address that fails alone is that address's matter.

    Args:
        job: the crawl.
        watcher: who is told.
    """

    def __init__(self, job: Job, watcher: Watcher) -> None:
        self._job, self._watcher = job, watcher
        self._hosts: dict[str, Host] = {}
        self.on_pause: Callable[[str, float], None] = lambda host, seconds: None
        self.has_ended: Callable[[], bool] = lambda: False

    def of(self, url: str) -> Host:
        """Return the host of an address."""
        name = urlsplit(url).netloc
        if name not in self._hosts:
            self._hosts[name] = Host(name)
        return self._hosts[name]

    def left(self, url: str) -> float:
        """Return the seconds for which the host of an address is still left alone."""
        return max(self.of(url).resume_at - time.monotonic(), 0.0)

    def is_open(self, url: str) -> bool:
        """Tell whether the host of an address may be asked now."""
        return self.left(url) == 0

    async def wait(self, url: str) -> None:
        """Wait until the host of an address may be asked: for what does not come from the scheduler.

        Raises:
            CrawlEnded: the crawl ends meanwhile, or has ended.
        """
        while True:
            if self.has_ended():
                raise CrawlEnded
            if not (left := self.left(url)):
                return
            await asyncio.sleep(min(left, 0.5))

    def wants_again(self, url: str) -> bool:
        """Tell whether what a host failed with goes before other addresses: trouble may be over by now.

        Every other time, so that one address that always fails cannot use up the patience. After a decision
        (403, 429) others always go first: their answers tell whether it is about one address or about all.
        Where many answers in a row were of no use, a second look at the same tells most, and soonest.
        """
        host = self.of(url)
        is_due = host.spoilt >= _MANY_SPOILT or (host.is_trouble and host.refusals % 2 == 1)
        return is_due and self.is_open(url)

    @property
    def have_answered(self) -> bool:
        """Whether any host has answered anything in this run."""
        return any(host.answers for host in self._hosts.values())

    def answered(self, url: str) -> None:
        """Take note of an answer."""
        host = self.of(url)
        host.answers += 1
        host.refusals = 0
        host.failing.clear()

    def judged(self, url: str, *, is_usable: bool) -> None:
        """Take note of whether an answer was of use."""
        host = self.of(url)
        host.spoilt = 0 if is_usable else host.spoilt + 1

    def failed(self, request: Request, refusal: Refusal) -> bool:
        """Take note of a refusal, and pause; return whether it is the address's own matter, not its host's.

        It is where the host has answered, and fails with no other address that it did not fail with before.
        `meta["is_missing"]` is set for a photo that is refused with 403 while others are answered: file hosts
        say 403 instead of 404 if nobody may list them. That is no reason to pause.
        """
        host, address = self.of(refusal.url), request.meta.get("address", request.url)
        name, answers = request.meta.get("first_failure", ("", 0))
        if name != host.name:  # at first, or redirected to another host since
            answers = host.answers
            request.meta["first_failure"] = (host.name, answers)
        is_known = host.answers > answers
        is_own = host.answers > 0 and host.failing <= {address}
        is_missing = is_own and is_known and "photo" in request.meta and refusal.status == 403
        request.meta["is_missing"] = is_missing
        is_in_row = bool(host.failing) and not is_own
        if not is_known:
            host.failing.add(address)
        # Several requests may be under way when a host refuses: they cause one pause, not one each.
        is_first = request.meta.get("pauses", host.pauses) == host.pauses
        if is_first and not is_missing and (refusal.is_of_host or is_in_row):
            host.refusals += 1
            host.is_trouble = refusal.is_trouble
            self._leave_alone(host, refusal)
            if "photo" in request.meta and refusal.status != 429 and host.refusals % 2 == 0:
                self._watcher.narrow(address)
        return is_own

    def is_held(self, refusal: Refusal) -> bool:
        """Pause where a host's robots.txt cannot be read; return False once the patience is over."""
        host = self.of(refusal.url)
        host.closed += 1
        wait = self._wait(host.closed, refusal)
        if host.closed >= self._job.options.patience or wait > _MAX_PAUSE:
            return False
        self._pause(host, wait, f"its robots.txt: the host {refusal.words}{_asking(refusal)}")
        return True

    def is_read(self, url: str) -> None:
        """Take note that a host's robots.txt can be read."""
        self.of(url).closed = 0

    def _leave_alone(self, host: Host, refusal: Refusal) -> None:
        wait = self._wait(host.refusals, refusal)
        times = f", {host.refusals} times in a row" if host.refusals > 1 else ""
        if host.refusals < self._job.options.patience and wait <= _MAX_PAUSE:
            self._pause(host, wait, f"it {refusal.words}{times}{_asking(refusal)}")
            return
        asked = refusal.asked
        when = f"in {span(asked)}, as it asks" if asked else "in some hours"
        long = f" and asks to be left alone for {span(asked)}" if asked > _MAX_PAUSE else ""
        parts, job = urlsplit(refusal.url), self._job
        self._watcher.fail(
            refusal.error(
                f"{parts.scheme}://{parts.netloc} {refusal.words}{times}{long} (last: {parts.path}). All "
                f"that was fetched is kept. Come back {when}, perhaps with a longer crawl.delay "
                f"(now {job.options.delay:g}): {job.command}"
            )
        )

    def _wait(self, times: int, refusal: Refusal) -> float:
        return max(refusal.asked, float(self._job.options.pause * 2 ** max(times - 1, 0)))

    def _pause(self, host: Host, seconds: float, reason: str) -> None:
        host.pauses += 1
        host.resume_at = time.monotonic() + seconds
        self._watcher.paused(host.name, seconds, reason)
        self.on_pause(host.name, seconds)


def _asking(refusal: Refusal) -> str:
    return f", and asks to be left alone for {span(refusal.asked)}" if refusal.asked else ""


def span(seconds: float) -> str:
    """Return a time in words: `1 second`, `90 minutes`, `30 hours`, `24,855 days`."""
    if seconds < 120:
        return f"{seconds:,.0f} second" + "s" * (round(seconds) != 1)
    if seconds <= 3 * 3600:
        return f"{seconds / 60:,.0f} minutes"
    return f"{seconds / 3600:,.0f} hours" if seconds <= 48 * 3600 else f"{seconds / 86400:,.0f} days"
