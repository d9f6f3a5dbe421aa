"""The scheduler keeps what goes to a host that is left alone, and hands out what goes to others."""

from pathlib import Path

import pytest
from scrapy import Request

from crawler.components.scheduler import FrontierScheduler
from crawler.components.session import Session
from crawler.job import Job
from crawler.memory.frontier import Frontier
from crawler.memory.tables import Tables
from crawler.options import CrawlOptions
from crawler.retries.refusal import Refusal
from crawler.spiders.bokete import BoketeSpider

SITE, PHOTOS = "https://bokete.jp", "https://photo.example"
PAGES = [f"{SITE}/odai/{number}" for number in (3, 2, 1)]


@pytest.fixture
def scheduler(tmp_path: Path) -> FrontierScheduler:
    """Return the scheduler of a crawl that knows three odai and two photos."""
    job = Job(CrawlOptions(site=SITE, start=(), image_hosts=("photo.example",)), tmp_path)
    spider, session = BoketeSpider(), Session(job)
    spider.session = session
    with Tables(job) as tables:
        session.frontier = Frontier(job, tables)
    session.frontier.pages.add(PAGES)
    session.frontier.photos.add([f"{PHOTOS}/1.jpg", f"{PHOTOS}/2.jpg"])
    return FrontierScheduler(spider)


def leave_alone(scheduler: FrontierScheduler, url: str, status: int = 429) -> None:
    """Let the host of an address refuse, so that it is left alone."""
    refusal = Refusal.of_status(url, status, [], None)
    assert scheduler._spider.session
    assert refusal
    scheduler._spider.session.hosts.failed(Request(url), refusal)


def handed_out(scheduler: FrontierScheduler) -> list[str]:
    found = []
    while request := scheduler.next_request():
        found.append(request.url)
    return found


def test_photos_come_first_then_pages(scheduler: FrontierScheduler) -> None:
    assert handed_out(scheduler) == [f"{PHOTOS}/1.jpg", f"{PHOTOS}/2.jpg", *PAGES]
    assert not scheduler.has_pending_requests()


def test_pages_go_on_while_the_photos_host_is_left_alone(scheduler: FrontierScheduler) -> None:
    leave_alone(scheduler, f"{PHOTOS}/0.jpg")
    assert handed_out(scheduler) == PAGES
    assert scheduler.has_pending_requests(), "the photos wait"


def test_photos_go_on_while_the_pages_host_is_left_alone(scheduler: FrontierScheduler) -> None:
    leave_alone(scheduler, f"{SITE}/odai/9", 503)
    assert handed_out(scheduler) == [f"{PHOTOS}/1.jpg", f"{PHOTOS}/2.jpg"]
    assert scheduler.has_pending_requests(), "the pages wait"


def test_redirects_and_what_is_tried_again_wait_for_their_own_host_alone(
    scheduler: FrontierScheduler,
) -> None:
    leave_alone(scheduler, f"{PHOTOS}/0.jpg")
    handed_out(scheduler)
    scheduler.enqueue_request(Request(f"{PHOTOS}/led-here.jpg"))
    scheduler.enqueue_request(Request(f"{PHOTOS}/again.jpg", meta={"retry_times": 1}))
    scheduler.enqueue_request(Request(f"{SITE}/again", meta={"retry_times": 1}))
    scheduler.enqueue_request(Request(f"{SITE}/led-here"))
    assert handed_out(scheduler) == [f"{SITE}/led-here", f"{SITE}/again"]
    assert scheduler.has_pending_requests()


def test_what_failed_goes_after_new_addresses(scheduler: FrontierScheduler) -> None:
    scheduler.enqueue_request(Request(f"{SITE}/again", meta={"retry_times": 1}))
    assert handed_out(scheduler) == [f"{PHOTOS}/1.jpg", f"{PHOTOS}/2.jpg", *PAGES, f"{SITE}/again"]
