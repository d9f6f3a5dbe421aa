"""The monitor's checks on what a run saw, without a crawl: what ends it, how soon, and what must not."""

from collections.abc import Iterable
from pathlib import Path
from random import Random
from typing import Any

import pytest

from crawler.job import Job
from crawler.monitoring.alarms import Alarm
from crawler.monitoring.closing import CLOSING
from crawler.monitoring.periodic import PERIODIC
from crawler.monitoring.seen import Seen
from crawler.monitoring.window import Fetched, Window, commonest
from crawler.options import CrawlOptions
from store.errors import SiteRefuses, Unexpected, UserError


def seen(earlier_pages: Iterable[str] = (), earlier_photos: Iterable[str] = (), **options: Any) -> Seen:
    return Seen(Job(CrawlOptions(**options), Path("crawl")), [*earlier_pages], [*earlier_photos])


def page(outcome: str, number: int = 1, reason: str = "HTTP status 500", **values: Any) -> Fetched:
    return Fetched(f"http://bokete.test/odai/{number}", outcome, reason, **values)


def alarm(run: Seen, suite: Any = PERIODIC) -> Alarm | None:
    return next(filter(None, (check(run) for check in suite)), None)


def until_alarm(run: Seen, window: Window, outcomes: Iterable[str]) -> int | None:
    """Return after how many outcomes there is an alarm; None if there is none, nor at the end."""
    for number, outcome in enumerate(outcomes, 1):
        window.add(page(outcome, number))
        if alarm(run):
            return number
    assert alarm(run, CLOSING) is None
    return None


def test_after_any_number_of_good_pages_few_of_drift_are_fetched() -> None:
    for good in (0, 800, 100_000):
        run = seen()
        assert until_alarm(run, run.pages, ["ok"] * good + ["drift"] * 100) == good + 10


@pytest.mark.parametrize("kind", ["pages", "photos"])
def test_after_any_number_of_good_ones_few_failures_in_a_row_are_asked_for(kind: str) -> None:
    for good in (0, 800):
        run = seen()
        assert until_alarm(run, getattr(run, kind), ["ok"] * good + ["error"] * 100) == good + 10


def test_failures_among_numbers_that_name_nothing_are_in_a_row() -> None:
    run = seen(odai=("1-100",))
    assert until_alarm(run, run.pages, ["missing", "missing", "missing", "error"] * 25) == 40


@pytest.mark.parametrize(
    ("outcomes", "share", "fails"),
    [
        (("ok", "error"), 0.25, False),
        (("ok", "error"), 0.6, True),
        (("ok", "drift"), 0.04, False),
        (("ok", "drift"), 0.2, True),
        (("ok", "missing"), 0.9, False),
        (("ok", "denied"), 0.5, False),
        (("ok", "denied"), 1.0, True),
    ],
)
def test_a_share_that_lasts(outcomes: tuple[str, str], share: float, fails: bool) -> None:
    random = Random(1)
    run = seen()
    drawn = [outcomes[random.random() < share] for _ in range(3000)]
    assert (until_alarm(run, run.pages, drawn) is not None) == fails


def test_half_of_the_photos_may_fail_and_more_may_not() -> None:
    run = seen()
    assert until_alarm(run, run.photos, ["ok", "error"] * 500) is None
    run = seen()
    assert until_alarm(run, run.photos, ["ok", "error", "error"] * 500) is not None


def test_a_limit_of_1_allows_all() -> None:
    run = seen(max_errors=1.0, max_drift=1.0)
    for window in (run.pages, run.photos):
        for outcome in ("error", "drift") * 60:
            window.add(page(outcome))
    assert alarm(run) is None
    assert alarm(run, CLOSING) is None


def closing(run: Seen, *outcomes: str, photos: Iterable[str] = (), **values: Any) -> Alarm | None:
    for number, outcome in enumerate(outcomes):
        run.pages.add(page(outcome, number, **values))
    for outcome in photos:
        run.photos.add(page(outcome, is_photo=True))
    return alarm(run, CLOSING)


def test_small_crawls_are_judged_at_their_end() -> None:
    assert closing(seen()) is None, "nothing was due"
    assert closing(seen(), "ok", "ok", "error") is None
    assert closing(seen(), "ok", "error", "error") is not None
    assert closing(seen(), "error") is not None
    assert closing(seen(), "ok", "drift") is not None
    assert closing(seen(), "missing", "missing") is None, "an answer for each"
    assert closing(seen(), "ok", photos=["error"]) is not None
    assert closing(seen(), "ok", photos=["ok", "error"]) is None


def test_a_small_run_after_a_large_one_is_judged_with_it_unless_nothing_came() -> None:
    before = ["ok"] * 200
    assert closing(seen(before), "ok", "drift", "error") is None
    assert closing(seen(before), "drift") is not None
    assert closing(seen(before), "error", "error") is not None
    assert closing(seen(before, before), "ok", photos=["error"]) is not None
    assert closing(seen(before, before), "ok", photos=["missing"]) is None, "an answer, as others came before"
    assert closing(seen(before), "ok", photos=["missing"]) is not None
    assert closing(seen(["drift"] * 15 + before), "ok", "drift") is not None, "16 of the last 100"
    assert closing(seen(["drift"] * 5 + before), "ok", "drift") is None, "6 of 100 may be chance"
    assert closing(seen(["ok"] * 17), "ok", "drift", "drift") is not None, "2 of 20 that there are in all"


def test_a_list_that_is_gone_is_no_answer() -> None:
    run = seen()
    gone = Fetched("http://bokete.test/boke/recent", "missing", "HTTP status 404", Unexpected)
    run.pages.add(gone)
    run.lists.add(gone)
    found = alarm(run, CLOSING)
    assert found
    assert "404" in str(found.error)


def test_photos_on_another_host_are_named_with_the_setting() -> None:
    run = seen()
    for number in range(10):
        assert alarm(run) is None
        reason = f"img.example, as in //img.example/{number}.jpg"
        run.with_photo.add(page("elsewhere", number, reason, kind=Unexpected))
    found = alarm(run)
    assert found
    assert (found.error.exit_status, found.setting) == (5, "max_errors")
    assert "img.example" in str(found.error)
    assert "crawl.image_hosts" in str(found.error)


def test_lists_are_judged_among_lists_however_many_odai_lie_between() -> None:
    run = seen()
    for number in range(3):
        for odai in range(30):
            run.pages.add(page("ok", odai))
        drift = Fetched(f"http://bokete.test/boke/recent?page={number}", "drift", "no boke with image_url")
        run.pages.add(drift)
        run.lists.add(drift)
    found = alarm(run)
    assert found
    assert "3 of the last 3 lists" in str(found.error)


def test_odai_that_lists_lead_to_and_that_are_gone() -> None:
    run = seen()
    assert until_alarm(run, run.numbered, ["ok"] + ["missing"] * 40) == 20
    run = seen(odai=("1-100",))
    assert until_alarm(run, run.numbered, ["ok"] + ["missing"] * 99) is None, "numbers may name nothing"


def test_lists_that_are_right_hide_no_odai_that_fail() -> None:
    run = seen(["ok"] * 200)
    for number in range(30):
        for window in (run.pages, run.lists):
            window.add(page("ok", number))
    for window in (run.pages, run.numbered):
        window.add(page("error", 1))
    assert alarm(run) is None
    found = alarm(run, CLOSING)
    assert found
    assert "no page of an odai or boke could be read" in str(found.error)


@pytest.mark.parametrize(
    ("kind", "status"), [(UserError, 1), (SiteRefuses, 4), (Unexpected, 5)], ids=["trouble", "no", "other"]
)
def test_the_commonest_reason_gives_the_status_and_stands_in_the_message(
    kind: type[UserError], status: int
) -> None:
    run = seen()
    for number in range(9):
        run.pages.add(page("error", number, f"the reason, on page {number}", kind=kind))
    run.pages.add(page("error", 9, "another"))
    found = alarm(run)
    assert found
    assert found.error.exit_status == status
    assert "the reason, on page 0 (9 of them, such as http://bokete.test/odai/0)" in str(found.error)
    assert "bokeru crawl" in str(found.error)


def test_a_status_is_a_reason_and_a_number_is_none() -> None:
    reasons = [
        "HTTP status 500",
        "HTTP status 502",
        "HTTP status 500",
        "at http://a.test/1",
        "at http://a.test/2",
    ]
    found, count = commonest([page("error", number, reason) for number, reason in enumerate(reasons)])
    assert (found.reason, count) == ("HTTP status 500", 2)
    found, count = commonest([page("error", number, reason) for number, reason in enumerate(reasons[3:])])
    assert count == 2
