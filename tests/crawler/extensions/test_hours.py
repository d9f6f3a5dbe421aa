"""Outside its hours a crawl asks for nothing, says when it goes on, and goes on then."""

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from scrapy import Request
from scrapy.utils.test import get_crawler

from crawler.components.exceptions import CrawlEnded
from crawler.components.session import Session
from crawler.extensions import hours
from crawler.extensions.hours import HoursMiddleware
from crawler.job import Job
from crawler.opening_hours import OpeningHours
from crawler.options import CrawlOptions
from store.errors import UserError

HOURS = "01:00-06:00"
PAGE, ROBOTS = Request("http://bokete.test/odai/1"), Request("http://bokete.test/robots.txt")


class Clock:
    """Stands for the clock and for the loop: to sleep moves it on, and more where it jumps."""

    def __init__(self, now: str) -> None:
        self.time = datetime.fromisoformat(now)
        self.sleeps: list[float] = []
        self.jump = timedelta(0)

    def now(self, zone: object = UTC) -> datetime:
        return self.time.astimezone(zone)  # type: ignore[arg-type]

    async def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.time += timedelta(seconds=seconds) + self.jump


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock("2026-11-29T00:59:30+09:00")
    monkeypatch.setattr(hours, "datetime", clock)
    monkeypatch.setattr(hours, "asyncio", clock)
    return clock


@pytest.fixture
def middleware(tmp_path: Path) -> HoursMiddleware:
    crawler = get_crawler()
    crawler.engine = SimpleNamespace(running=True)  # type: ignore[assignment]
    session = Session(Job(CrawlOptions(hours=HOURS), tmp_path))
    return HoursMiddleware(crawler, session, OpeningHours.parse(HOURS))


def test_requests_wait_until_the_hour_and_that_is_said_once(
    middleware: HoursMiddleware, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        asyncio.run(middleware.process_request(ROBOTS))
        asyncio.run(middleware.process_request(PAGE))
    assert clock.time == datetime.fromisoformat("2026-11-29T01:00:00+09:00")
    assert max(clock.sleeps) <= 1.0
    assert [record.getMessage() for record in caplog.records] == [
        "outside crawl.hours (01:00-06:00): the crawl waits, "
        "and goes on at 2026-11-29 01:00:00 in Asia/Tokyo, in 0:00:30",
        "the crawl goes on: it is within crawl.hours (01:00-06:00)",
    ]


def test_the_window_closes_again(
    middleware: HoursMiddleware, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    asyncio.run(middleware.process_request(PAGE))
    clock.time = datetime.fromisoformat("2026-11-29T06:00:00+09:00")
    clock.jump = timedelta(hours=1)
    asyncio.run(middleware.process_request(PAGE))
    assert clock.time >= datetime.fromisoformat("2026-11-30T01:00:00+09:00")
    assert "goes on at 2026-11-30 01:00:00" in caplog.text


def test_a_clock_that_is_set_while_the_crawl_waits_is_obeyed(
    middleware: HoursMiddleware, clock: Clock
) -> None:
    clock.time -= timedelta(hours=12)
    clock.jump = timedelta(hours=12, minutes=1)
    asyncio.run(middleware.process_request(PAGE))
    assert len(clock.sleeps) == 1


def test_a_crawl_that_ends_meanwhile_asks_for_nothing(middleware: HoursMiddleware, clock: Clock) -> None:
    middleware._session.fail(UserError("the time is over"))
    with pytest.raises(CrawlEnded):
        asyncio.run(middleware.process_request(PAGE))
    assert len(clock.sleeps) == 1
