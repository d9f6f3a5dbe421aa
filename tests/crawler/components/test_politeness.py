"""A host that refuses or falls silent is left alone, twice as long each time, until the crawl ends."""

import asyncio
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from scrapy import Request
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response

from crawler.components import politeness
from crawler.components.exceptions import CrawlEnded
from crawler.components.politeness import MAX_TRIES, PolitenessMiddleware
from crawler.components.session import Session
from crawler.job import Job
from crawler.options import CrawlOptions

PAUSE = 10.0
HOST = "https://bokete.jp"


class Crawl:
    """Stands for Scrapy's crawler and its engine, with a clock of its own that only waiting moves."""

    def __init__(self, patch: pytest.MonkeyPatch, **options: Any) -> None:
        self.now, self.running, self.silent, self.probed = 1000.0, True, 0, list[float]()
        self.engine = self
        settings = CrawlOptions(site=HOST, **{"pause": PAUSE, "patience": 50, **options})
        self.session = Session(Job(settings, Path("crawl"), pipeline="bokete"))
        self.middleware = PolitenessMiddleware(self, self.session)  # type: ignore[arg-type]
        patch.setattr(politeness, "time", SimpleNamespace(monotonic=lambda: self.now))
        names = ("ensure_future", "shield")
        kept = {name: getattr(asyncio, name) for name in names}
        patch.setattr(politeness, "asyncio", SimpleNamespace(sleep=self.sleep, **kept))

    async def sleep(self, seconds: float) -> None:
        self.now += seconds

    async def download_async(self, request: Request) -> Response:
        """Answer a probe of robots.txt, after as many failures as `silent` says."""
        assert request.url == f"{HOST}/robots.txt"
        self.probed.append(self.now)
        if len(self.probed) <= self.silent:
            raise TimeoutError
        return Response(request.url, status=404)

    def ask(self, request: Request | None = None) -> tuple[Request, float]:
        """Let a request pass; return it and the seconds that it had to wait."""
        request, started = request or Request(f"{HOST}/odai/1"), self.now
        asyncio.run(self.middleware.process_request(request))
        return request, self.now - started

    def answer(self, request: Request, status: int, retry_after: str = "") -> Request | Response:
        headers = {"Retry-After": retry_after} if retry_after else {}
        response = Response(request.url, status=status, headers=headers)
        return asyncio.run(self.middleware.process_response(request, response))

    def refuse(self, status: int = 429, retry_after: str = "") -> float:
        """Refuse the next request; return the seconds that it had waited for its turn."""
        request, waited = self.ask()
        self.answer(request, status, retry_after)
        return waited

    @property
    def failure(self) -> str:
        return str(self.session.failure or "")


@pytest.fixture
def crawl(monkeypatch: pytest.MonkeyPatch) -> Crawl:
    return Crawl(monkeypatch)


@pytest.mark.parametrize("status", [403, 429, 503])
def test_each_refusal_doubles_the_pause(crawl: Crawl, status: int) -> None:
    waits = [crawl.refuse(status) for _ in range(6)]
    assert waits == pytest.approx([0, 10, 20, 40, 80, 160])
    assert not crawl.failure


def test_an_answer_makes_the_next_pause_the_shortest_again(crawl: Crawl) -> None:
    for _ in range(3):
        crawl.refuse()
    request, _ = crawl.ask()
    assert isinstance(crawl.answer(request, 200), Response)
    assert crawl.refuse() == 0
    assert crawl.ask()[1] == pytest.approx(PAUSE)


def test_other_statuses_are_no_refusals(crawl: Crawl) -> None:
    for status in (200, 304, 401, 404, 410, 500, 502):
        request, waited = crawl.ask()
        assert isinstance(crawl.answer(request, status), Response)
        assert waited == 0


def test_only_the_host_that_refuses_is_left_alone(crawl: Crawl) -> None:
    crawl.refuse()
    assert crawl.ask(Request("https://photos.example/1.jpg"))[1] == 0


def test_what_was_under_way_when_the_pause_began_counts_once(crawl: Crawl) -> None:
    under_way = [crawl.ask()[0] for _ in range(8)]
    for request in under_way:
        crawl.answer(request, 429)
    assert crawl.ask()[1] == pytest.approx(PAUSE)


@pytest.mark.parametrize(("asked", "seconds"), [("120", 120), ("3", 10), ("3600", 3600), ("soon", 10)])
def test_the_host_may_ask_for_longer_but_not_for_shorter(crawl: Crawl, asked: str, seconds: float) -> None:
    crawl.refuse(503, asked)
    assert not crawl.failure
    assert crawl.ask()[1] == pytest.approx(seconds)


@pytest.mark.parametrize("status", [403, 429, 503])
def test_a_host_that_asks_for_more_than_an_hour_ends_the_crawl(crawl: Crawl, status: int) -> None:
    crawl.refuse(status, "3601")
    assert f"{HOST} answers {status}" in crawl.failure
    assert "Come back in 60 minutes, as it asks" in crawl.failure
    assert "bokeru crawl --pipeline bokete" in crawl.failure
    with pytest.raises(CrawlEnded):
        crawl.ask()


def test_a_date_more_than_an_hour_ahead_ends_the_crawl(crawl: Crawl) -> None:
    crawl.refuse(503, format_datetime(datetime.now(UTC) + timedelta(hours=1, minutes=10), usegmt=True))
    assert "Come back in 70 minutes, as it asks" in crawl.failure


def test_a_pause_that_would_last_more_than_an_hour_ends_the_crawl(monkeypatch: pytest.MonkeyPatch) -> None:
    crawl = Crawl(monkeypatch, pause=1000.0)
    waits = [crawl.refuse() for _ in range(2)]
    assert not crawl.failure
    assert waits == pytest.approx([0, 1000])
    crawl.refuse()
    assert "Come back in some hours" in crawl.failure


def test_patience_ends_with_as_many_refusals_as_the_settings_say(monkeypatch: pytest.MonkeyPatch) -> None:
    crawl = Crawl(monkeypatch, patience=3)
    crawl.refuse()
    crawl.refuse()
    assert not crawl.failure
    crawl.refuse(403)
    assert "answers 403, 3 times in a row" in crawl.failure


def test_a_refused_address_has_several_turns_before_it_is_an_error(crawl: Crawl) -> None:
    request = Request(f"{HOST}/odai/1")
    for _ in range(MAX_TRIES - 1):
        again = crawl.answer(crawl.ask(request)[0], 429)
        assert isinstance(again, Request)
        request = again
    assert isinstance(crawl.answer(crawl.ask(request)[0], 429), Response)


def test_a_photo_refused_twice_while_others_are_answered_is_gone(crawl: Crawl) -> None:
    photo = Request(f"{HOST}/1.jpg", meta={"photo": "1"})
    again = crawl.answer(crawl.ask(photo)[0], 403)
    assert isinstance(again, Request)
    crawl.answer(crawl.ask()[0], 200)
    assert isinstance(crawl.answer(crawl.ask(again)[0], 403), Response)
    assert again.meta["is_missing"]


def test_a_page_refused_twice_is_not_gone(crawl: Crawl) -> None:
    again = crawl.answer(crawl.ask()[0], 403)
    assert isinstance(again, Request)
    crawl.answer(crawl.ask()[0], 200)
    assert isinstance(crawl.answer(crawl.ask(again)[0], 403), Request)


def test_robots_txt_is_asked_for_without_waiting_and_its_answers_count_for_nothing(crawl: Crawl) -> None:
    crawl.refuse()
    request = Request(f"{HOST}/robots.txt", meta={"robots": True})
    assert crawl.ask(request)[1] == 0
    assert isinstance(crawl.answer(request, 503), Response)
    assert crawl.ask()[1] == pytest.approx(PAUSE)


def fail(crawl: Crawl, error: Exception) -> None:
    asyncio.run(crawl.middleware.process_exception(Request(f"{HOST}/odai/1"), error))


def test_an_address_that_fails_on_a_host_that_answers_is_the_addresss_matter(crawl: Crawl) -> None:
    fail(crawl, TimeoutError())
    assert crawl.probed == [1000.0]
    assert not crawl.failure


def test_a_silent_host_is_asked_again_after_pauses_that_double(monkeypatch: pytest.MonkeyPatch) -> None:
    crawl = Crawl(monkeypatch)
    crawl.silent = 4
    fail(crawl, TimeoutError())
    gaps = [later - earlier for earlier, later in zip(crawl.probed, crawl.probed[1:], strict=False)]
    assert gaps == pytest.approx([10, 20, 40, 80])
    assert not crawl.failure


def test_the_pauses_for_a_silent_host_last_an_hour_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    crawl = Crawl(monkeypatch, pause=1500.0, patience=4)
    crawl.silent = 3
    fail(crawl, TimeoutError())
    gaps = [later - earlier for earlier, later in zip(crawl.probed, crawl.probed[1:], strict=False)]
    assert gaps == pytest.approx([1500, 3000, 3600])


def test_a_host_that_stays_silent_ends_the_crawl(monkeypatch: pytest.MonkeyPatch) -> None:
    crawl = Crawl(monkeypatch, patience=3)
    crawl.silent = 10**6
    with pytest.raises(CrawlEnded):
        fail(crawl, TimeoutError("no answer"))
    assert len(crawl.probed) == 3
    assert crawl.now == 1000 + 10 + 20, "nobody waits after the last attempt"
    assert f"{HOST} does not answer (it takes too long)" in crawl.failure


def test_what_was_refused_here_says_nothing_of_the_host(crawl: Crawl) -> None:
    fail(crawl, IgnoreRequest())
    assert not crawl.probed


def test_who_waits_is_let_go_when_the_crawl_stops(crawl: Crawl) -> None:
    crawl.refuse()
    crawl.running = False
    with pytest.raises(CrawlEnded):
        crawl.ask()
