"""A host that refuses or falls silent is left alone, twice as long each time, until the crawl ends."""

import asyncio
import signal
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from scrapy import Request
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from scrapy.settings import Settings
from scrapy.statscollectors import MemoryStatsCollector

from crawler.components.exceptions import SCHEDULED, CrawlEnded, HostPaused
from crawler.components.politeness import PolitenessMiddleware
from crawler.components.session import Session
from crawler.job import Job
from crawler.options import CrawlOptions
from crawler.retries import hosts
from crawler.retries.again import MAX_TRIES
from store.processes import interruption

PAUSE = 10.0
HOST = "https://bokete.jp"


class Crawl:
    """Stands for Scrapy's crawler and its engine, with a clock of its own that only waiting moves."""

    def __init__(self, patch: pytest.MonkeyPatch, **options: Any) -> None:
        self.now, self.running = 1000.0, True
        self.engine = self.spider = self.crawler = self
        self.settings = Settings()
        self.stats = MemoryStatsCollector(self)  # type: ignore[arg-type]
        patch.setattr(hosts, "time", SimpleNamespace(monotonic=lambda: self.now))
        patch.setattr(hosts, "asyncio", SimpleNamespace(sleep=self.sleep))
        given = CrawlOptions(site=HOST, **{"pause": PAUSE, "patience": 50, **options})
        self.session = Session(Job(given, Path("crawl"), pipeline="bokete"))
        self.middleware = PolitenessMiddleware(self, self.session)  # type: ignore[arg-type]
        self.session.hosts.on_pause = lambda host, seconds: None

    async def sleep(self, seconds: float) -> None:
        self.now += seconds

    def ask(self, request: Request | None = None) -> tuple[Request, float]:
        """Let a request pass; return it and the seconds that the scheduler had to keep it."""
        request, started = request or Request(f"{HOST}/odai/1"), self.now
        request.meta[SCHEDULED] = True
        while asyncio.run(self.middleware.process_request(request)) is request:
            self.now += self.session.hosts.left(request.url)
        return request, self.now - started

    def answer(self, request: Request, status: int, retry_after: str = "") -> Request | Response:
        headers = {"Retry-After": retry_after} if retry_after else {}
        return self.middleware.process_response(
            request, Response(request.url, status=status, headers=headers)
        )

    def refuse(self, status: int = 429, retry_after: str = "", path: str = "/odai/1") -> float:
        """Refuse the next request; return the seconds that it had waited for its turn."""
        request, waited = self.ask(Request(HOST + path))
        self.answer(request, status, retry_after)
        return waited

    def fail(self, error: Exception, path: str = "/odai/1") -> float:
        """Let the next request have no answer; return the seconds that it had waited for its turn."""
        request, waited = self.ask(Request(HOST + path))
        self.middleware.process_exception(request, error)
        return waited

    @property
    def failure(self) -> str:
        return str(self.session.failure or "")

    @property
    def reasons(self) -> list[str]:
        return [pause.reason for pause in self.session.counts.last_pauses]


@pytest.fixture
def crawl(monkeypatch: pytest.MonkeyPatch) -> Crawl:
    return Crawl(monkeypatch)


@pytest.mark.parametrize("status", [403, 429, 503])
def test_each_refusal_doubles_the_pause(crawl: Crawl, status: int) -> None:
    waits = [crawl.refuse(status) for _ in range(6)]
    assert waits == pytest.approx([0, 10, 20, 40, 80, 160])
    assert not crawl.failure


def test_what_fails_once_a_signal_stops_the_crawl_is_no_pause(
    crawl: Crawl, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The embedded site ends with the command: whoever presses Ctrl-C need not be warned of that."""
    crawl.refuse()
    assert [len(crawl.reasons), len(caplog.records)] == [1, 1]
    monkeypatch.setattr(interruption, "_received", [signal.SIGINT])
    crawl.refuse()
    assert [len(crawl.reasons), len(caplog.records)] == [1, 1]


def test_an_answer_makes_the_next_pause_the_shortest_again(crawl: Crawl) -> None:
    for _ in range(3):
        crawl.refuse()
    request, _ = crawl.ask()
    assert isinstance(crawl.answer(request, 200), Response)
    assert crawl.refuse() == 0
    assert crawl.ask()[1] == pytest.approx(PAUSE)


def test_other_statuses_are_no_refusals(crawl: Crawl) -> None:
    for status in (200, 304, 401, 404, 410):
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


def test_an_address_has_its_tries_before_it_is_an_error_whatever_fails(crawl: Crawl) -> None:
    request = Request(f"{HOST}/odai/1")
    for status in (429, 520)[: MAX_TRIES - 1]:
        again = crawl.answer(crawl.ask(request)[0], status)
        assert isinstance(again, Request)
        request = again
        crawl.answer(crawl.ask()[0], 200)
    assert isinstance(crawl.answer(crawl.ask(request)[0], 500), Response)


def test_an_address_is_no_error_because_its_host_fails_with_all(crawl: Crawl) -> None:
    one, two = Request(f"{HOST}/odai/1"), Request(f"{HOST}/odai/2")
    for _ in range(MAX_TRIES + 2):
        for request in (one, two):
            assert isinstance(crawl.answer(crawl.ask(request)[0], 500), Request)


def test_an_address_that_fails_alone_is_an_error_after_its_tries_and_costs_no_pause(crawl: Crawl) -> None:
    crawl.answer(crawl.ask(Request(f"{HOST}/odai/2"))[0], 200)
    request: Request | Response = Request(f"{HOST}/odai/1")
    for _ in range(MAX_TRIES):
        assert isinstance(request, Request)
        request = crawl.answer(crawl.ask(request)[0], 500)
    assert isinstance(request, Response)
    assert not crawl.reasons


@pytest.mark.parametrize("status", [500, 502, 504, 408, 520, 521, 522, 523, 524, 525, 526, 527, 530, 599])
def test_trouble_with_two_addresses_in_a_row_is_a_pause_and_with_one_is_none(
    crawl: Crawl, status: int
) -> None:
    crawl.answer(crawl.ask()[0], 200)
    assert [crawl.refuse(status, path=f"/odai/{number}") for number in (1, 2, 3, 4)] == pytest.approx(
        [0, 0, 10, 20]
    )
    assert crawl.reasons[0] == f"it answers {status}"
    assert crawl.reasons[1] == f"it answers {status}, 2 times in a row"


def test_an_address_that_is_known_to_fail_says_nothing_of_its_host(crawl: Crawl) -> None:
    broken = [crawl.ask(Request(f"{HOST}/odai/{number}"))[0] for number in (1, 2, 3)]
    for number, request in enumerate(broken):
        again = crawl.answer(request, 500)
        assert isinstance(again, Request)
        broken[number] = again
        crawl.answer(crawl.ask(Request(f"{HOST}/odai/9"))[0], 200)
    for request in broken:
        assert isinstance(crawl.answer(crawl.ask(request)[0], 500), Request)
    assert not crawl.reasons


def test_after_trouble_the_same_address_goes_first_every_other_time(crawl: Crawl) -> None:
    url = f"{HOST}/odai/1"
    turns = []
    for _ in range(4):
        crawl.refuse(503)
        assert not crawl.session.hosts.wants_again(url), "not during the pause"
        crawl.ask()
        turns.append(crawl.session.hosts.wants_again(url))
    assert turns == [True, False, True, False]
    crawl.answer(crawl.ask()[0], 200)
    crawl.refuse(429)
    crawl.ask()
    assert not crawl.session.hosts.wants_again(url), "others tell whether it is about this address"


@pytest.mark.parametrize(("meta", "is_missing", "pauses"), [({"photo": True}, True, 1), ({}, False, 3)])
def test_a_photo_that_is_refused_each_time_while_others_are_answered_is_gone_and_a_page_is_not(
    crawl: Crawl, meta: dict[str, Any], is_missing: bool, pauses: int
) -> None:
    request: Request | Response = Request(f"{HOST}/1", meta=meta)
    for _ in range(MAX_TRIES):
        assert isinstance(request, Request)
        asked, _ = crawl.ask(request)
        request = crawl.answer(asked, 403)
        crawl.answer(crawl.ask()[0], 200)
    assert isinstance(request, Response)
    assert (asked.meta["is_missing"], len(crawl.reasons)) == (is_missing, pauses)


def test_a_photo_is_not_gone_where_its_host_refuses_others_too(crawl: Crawl) -> None:
    crawl.answer(crawl.ask()[0], 200)
    request: Request | Response = Request(f"{HOST}/1", meta={"photo": True, "address": f"{HOST}/1"})
    for _ in range(MAX_TRIES + 1):
        assert isinstance(request, Request)
        request = crawl.answer(crawl.ask(request)[0], 403)
        crawl.refuse(403)
    assert isinstance(request, Request)


def test_robots_txt_is_asked_for_without_waiting_and_its_answers_count_for_nothing(crawl: Crawl) -> None:
    crawl.refuse()
    request = Request(f"{HOST}/robots.txt", meta={"robots": True})
    assert crawl.ask(request)[1] == 0
    assert isinstance(crawl.answer(request, 503), Response)
    assert crawl.ask()[1] == pytest.approx(PAUSE)


def test_an_address_without_an_answer_on_a_host_that_answers_is_the_addresss_matter(crawl: Crawl) -> None:
    crawl.answer(crawl.ask()[0], 200)
    request: Request | None = Request(f"{HOST}/odai/2")
    for _ in range(MAX_TRIES):
        assert request
        request = crawl.middleware.process_exception(crawl.ask(request)[0], TimeoutError())
    assert request is None
    assert not crawl.failure


def test_a_silent_host_is_asked_again_after_pauses_that_double(crawl: Crawl) -> None:
    waits = [crawl.fail(TimeoutError(), f"/odai/{number}") for number in range(5)]
    assert waits == pytest.approx([0, 0, 10, 20, 40])
    assert crawl.reasons[0] == "it does not answer (it takes too long)"


def test_a_host_that_stays_silent_ends_the_crawl(monkeypatch: pytest.MonkeyPatch) -> None:
    crawl = Crawl(monkeypatch, patience=3)
    for number in range(3):
        crawl.fail(TimeoutError("no answer"), f"/odai/{number}")
    with pytest.raises(CrawlEnded):
        crawl.fail(TimeoutError("no answer"), "/odai/4")
    assert crawl.now == 1000 + 10 + 20, "nobody waits after the last attempt"
    assert f"{HOST} does not answer (it takes too long), 3 times in a row" in crawl.failure
    assert crawl.session.failure
    assert crawl.session.failure.exit_status == 1


def test_what_was_refused_here_says_nothing_of_the_host(crawl: Crawl) -> None:
    for _ in range(3):
        assert crawl.fail(IgnoreRequest()) == 0


def test_what_was_called_back_for_a_pause_is_no_try(crawl: Crawl) -> None:
    request, _ = crawl.ask()
    assert crawl.middleware.process_exception(request, HostPaused()) is request
    assert not crawl.reasons


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (1, "1 second"),
        (20, "20 seconds"),
        (3601, "60 minutes"),
        (7200, "120 minutes"),
        (10**5, "28 hours"),
        (2.0**31, "24,855 days"),
    ],
)
def test_a_time_is_told_in_words(seconds: float, words: str) -> None:
    assert hosts.span(seconds) == words


def test_what_did_not_come_from_the_scheduler_waits_and_is_let_go_when_the_crawl_ends(crawl: Crawl) -> None:
    crawl.refuse()
    before = crawl.now
    assert asyncio.run(crawl.middleware.process_request(Request(f"{HOST}/odai/5"))) is None
    assert crawl.now - before == pytest.approx(PAUSE)
    crawl.refuse()
    crawl.running = False
    with pytest.raises(CrawlEnded):
        asyncio.run(crawl.middleware.process_request(Request(f"{HOST}/odai/5")))


def test_what_was_of_no_use_goes_first_where_many_in_a_row_were(crawl: Crawl) -> None:
    url, known = f"{HOST}/1.jpg", crawl.session.hosts
    for _ in range(5):
        assert not known.wants_again(url)
        known.judged(url, is_usable=False)
    assert known.wants_again(url), "a second look tells whether all are so"
    known.judged(url, is_usable=True)
    assert not known.wants_again(url)
    assert not crawl.reasons, "the host does answer"
