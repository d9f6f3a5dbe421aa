"""robots.txt: read once a day, obeyed, and a no where it cannot be read; and an honest User-Agent."""

import asyncio
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from scrapy import Request
from scrapy.http import Response
from scrapy.settings import Settings

from crawler.components import robots
from crawler.components.exceptions import SCHEDULED, CrawlEnded, Denied
from crawler.components.robots import RobotsMiddleware
from crawler.components.session import Session
from crawler.job import Job
from crawler.options import CrawlOptions
from crawler.spiders.bokete import BoketeSpider
from store.version import VERSION

RULES = b"""User-agent: *
Disallow: /user/
Crawl-delay: 7

User-agent: bokeru
Disallow: /boke/
Crawl-delay: 9
"""


class Site:
    """Answers robots.txt, and stands for Scrapy's crawler and its engine."""

    def __init__(self, status: int = 200, body: bytes = RULES) -> None:
        self.status, self.body, self.asked = status, body, 0
        self.tdm, self.headers = (404, b""), dict[str, str]()
        self.slot = SimpleNamespace(delay=1.0)
        self.downloader = SimpleNamespace(slots={"crawl": self.slot}, per_slot_settings={})
        self.engine = self
        self.session = Session(Job(CrawlOptions(site="https://bokete.jp"), Path("crawl"), pipeline="bokete"))
        self.settings = Settings({"ROBOTSTXT_PARSER": robots.RobotsParser, "ROBOTSTXT_OBEY": True})
        self.stats = None
        self.middleware = RobotsMiddleware(self, self.session)  # type: ignore[arg-type]

    def get_extension(self, kind: object) -> None:
        return None

    async def download_async(self, request: Request) -> Response:
        if request.url == "https://bokete.jp/.well-known/tdmrep.json":
            return Response(request.url, status=self.tdm[0], body=self.tdm[1])
        self.asked += 1
        assert request.url == "https://bokete.jp/robots.txt"
        return Response(request.url, status=self.status, body=self.body, headers=self.headers)

    def ask(self, *paths: str) -> list[Any]:
        """Return for each path None where it is allowed, else the exception."""

        async def all_at_once() -> list[Any]:
            requests = [Request(f"https://bokete.jp{path}", meta={SCHEDULED: True}) for path in paths]
            passed = [self.middleware.process_request(request) for request in requests]
            return list(await asyncio.gather(*passed, return_exceptions=True))

        return asyncio.run(all_at_once())


def test_it_is_read_once_for_all_requests_and_the_rules_for_this_robot_win() -> None:
    site = Site()
    allowed, denied, also_allowed = site.ask("/odai/1", "/boke/hot", "/user/5")
    assert (allowed, also_allowed) == (None, None)
    assert isinstance(denied, Denied)
    assert str(denied) == "https://bokete.jp/robots.txt: Disallow: /boke/"
    assert site.asked == 1


def test_its_delay_can_only_make_the_delay_longer() -> None:
    site = Site()
    site.ask("/odai/1")
    assert site.slot.delay == 9
    patient = Site()
    patient.slot.delay = 60.0
    patient.ask("/odai/1")
    assert patient.slot.delay == 60


def test_a_long_delay_is_said_at_once_with_what_it_means() -> None:
    site = Site(body=b"User-agent: *\nCrawl-delay: 3600\n")
    site.ask("/odai/1", "/odai/2")
    assert site.session.counts.warnings == [
        "https://bokete.jp/robots.txt asks for 3,600 seconds between two requests, where crawl.delay is 1. "
        "So at most 24 pages and photos come in a day"
    ]


def test_a_delay_outlives_the_slot_that_scrapy_drops_when_nothing_goes_on() -> None:
    site = Site()
    del site.downloader.slots["crawl"]
    site.ask("/odai/1")
    assert site.downloader.per_slot_settings == {"crawl": {"delay": 9}}


@pytest.mark.parametrize("delay", ["86401", "1e300"])
def test_a_delay_of_over_a_day_is_a_no(delay: str) -> None:
    site = Site(body=f"User-agent: *\nCrawl-delay: {delay}\n".encode())
    assert isinstance(site.ask("/odai/1")[0], CrawlEnded)
    assert site.session.failure
    assert site.session.failure.exit_status == 4
    assert "over a day: that means no" in str(site.session.failure)


@pytest.mark.parametrize("delay", ["nan", "-5", "soon", "", "inf", "-inf"])
def test_a_delay_that_is_none_is_as_if_it_were_not_there(delay: str) -> None:
    site = Site(body=f"User-agent: *\nCrawl-delay: {delay}\n".encode())
    assert site.ask("/odai/1") == [None]
    assert site.slot.delay == 1
    assert not site.session.counts.warnings


def test_it_is_read_again_after_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    site = Site()
    site.ask("/odai/1")
    clock = time.monotonic()
    monkeypatch.setattr(robots, "time", SimpleNamespace(monotonic=lambda: clock + 24 * 3600 - 60))
    site.ask("/odai/1")
    assert site.asked == 1
    monkeypatch.setattr(robots, "time", SimpleNamespace(monotonic=lambda: clock + 24 * 3600 + 60))
    site.body = b"User-agent: *\nDisallow: /\n"
    assert isinstance(site.ask("/odai/1")[0], Denied)
    assert site.session.failure, "nothing of the site is open"
    assert site.asked == 2


@pytest.mark.parametrize("status", [429, 500, 503, 520, 530])
def test_a_robots_txt_that_fails_holds_the_crawl_and_then_means_no(status: int) -> None:
    site = Site(status)
    for _ in range(site.session.job.options.patience - 1):
        (request,) = site.ask("/odai/1")
        assert isinstance(request, Request), "the scheduler keeps it for the pause"
    assert not site.session.failure
    assert [pause.seconds for pause in site.session.counts.last_pauses] == [60, 120, 240, 480]
    assert site.session.counts.last_pauses[0].reason == f"its robots.txt: the host answers {status}"
    assert isinstance(site.ask("/odai/1")[0], CrawlEnded)
    assert f"robots.txt answers {status}, and that means no" in str(site.session.failure)
    assert "bokeru crawl --pipeline bokete" in str(site.session.failure)
    assert site.session.failure
    assert site.session.failure.exit_status == (4 if status == 429 else 1), (
        "429 refuses, the others are trouble"
    )


def test_a_robots_txt_that_can_be_read_again_is_obeyed_and_has_all_patience_again() -> None:
    site = Site(503)
    for _ in range(3):
        site.ask("/odai/1")
        site.status, before = 200, site.status
        assert isinstance(site.ask("/boke/hot")[0], Denied)
        site.status = before
        site.middleware._policies.clear()
    assert [pause.seconds for pause in site.session.counts.last_pauses] == [60, 60, 60]


def test_a_robots_txt_that_asks_for_over_an_hour_ends_the_crawl() -> None:
    site = Site(503)
    site.headers = {"Retry-After": "7200"}
    assert isinstance(site.ask("/odai/1")[0], CrawlEnded)
    assert "asks to be left alone for 120 minutes" in str(site.session.failure)


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_a_host_without_a_robots_txt_forbids_nothing(status: int) -> None:
    assert Site(status).ask("/boke/hot") == [None]


@pytest.mark.parametrize("body", [b"", b"\xff\xfe\0", b"<html>", b"Disallow", b"a" * 10**6])
def test_nonsense_forbids_nothing(body: bytes) -> None:
    assert Site(body=body).ask("/boke/hot") == [None]


def test_a_real_crawl_says_who_it_is_and_adapts_to_the_site() -> None:
    options = CrawlOptions(site="https://bokete.jp", contact="me@example.org")
    settings = Job(options, Path("crawl")).scrapy_settings()
    assert settings["USER_AGENT"] == f"bokeru/{VERSION} (+me@example.org)"
    assert settings["AUTOTHROTTLE_ENABLED"] is True
    assert (settings["CONCURRENT_REQUESTS"], settings["DOWNLOAD_DELAY"]) == (1, 3.0)
    assert BoketeSpider.name == "bokete"
