"""When a check is over, what it makes of doubts and of canaries that are gone."""

from dataclasses import replace
from pathlib import Path

import pytest

from crawler.canaries.canary import Canary
from crawler.canaries.check import Check, Reply
from crawler.job import Job
from crawler.options import CrawlOptions
from store.errors import SiteRefuses, Unexpected
from tests.crawler.canaries.test_compare import KEPT, URL, page

CANARIES = [replace(KEPT, boke_id=50 + n, url=f"https://bokete.jp/odai/{5 + n}") for n in range(4)]


@pytest.fixture
def check() -> Check:
    return Check(Job(CrawlOptions(site="https://bokete.jp"), Path("data/demo/crawl"), pipeline="demo"), 1000)


def answer(canary: Canary, **changes: object) -> Reply:
    return Reply("page", page(**{"boke_id": canary.boke_id, **changes}), canary.url + "?ref=top")


def gone(outcome: str) -> Reply:
    return Reply("page", {**page(), "outcome": outcome, "error": "HTTP status"}, URL)


def test_one_that_agrees_ends_the_check(check: Check) -> None:
    assert check.add(CANARIES[0], answer(CANARIES[0]))
    assert (check.failure, check.dropped, check.notices) == (None, [], [])


def test_one_wrong_field_is_doubted_and_two_end_the_crawl(check: Check) -> None:
    assert not check.add(CANARIES[0], answer(CANARIES[0], stars=1))
    assert check.failure is None
    assert check.add(CANARIES[1], answer(CANARIES[1], stars=None))
    assert isinstance(check.failure, Unexpected)
    message = str(check.failure)
    assert (
        "boke 50 at https://bokete.jp/odai/5 is not what it was (stars: expected at least 1,234, found 1)"
        in message
    )
    assert "boke 51 at" in message
    assert "1,000 pages since the last canary that agreed may be read wrongly" in message


def test_one_wrong_field_where_the_next_agrees_is_a_notice(check: Check) -> None:
    check.add(CANARIES[0], answer(CANARIES[0], stars=1))
    assert check.add(CANARIES[1], answer(CANARIES[1]))
    assert (check.failure, check.dropped) == (None, [])
    (notice,) = check.notices
    assert "boke 50 at https://bokete.jp/odai/5: stars: expected at least 1,234, found 1" in notice


def test_a_boke_that_its_page_shows_no_more_is_dropped_once_another_agrees(check: Check) -> None:
    check.add(CANARIES[0], answer(CANARIES[0], boke_id=99))
    assert check.dropped == []
    check.add(CANARIES[1], answer(CANARIES[1]))
    assert check.dropped == [(CANARIES[0], "its page shows it no more")]


def test_two_of_them_are_no_accident(check: Check) -> None:
    check.add(CANARIES[0], answer(CANARIES[0], boke_id=99))
    assert check.add(CANARIES[1], answer(CANARIES[1], boke_id=98))
    assert "number: expected 51, found others (98)" in str(check.failure)


@pytest.mark.parametrize("outcome", ["missing", "denied"])
def test_what_is_gone_is_dropped(outcome: str, check: Check) -> None:
    assert not check.add(CANARIES[0], gone(outcome))
    assert not check.add(CANARIES[1], gone(outcome))
    assert check.add(CANARIES[2], answer(CANARIES[2]))
    assert [canary for canary, _ in check.dropped] == CANARIES[:2]
    assert check.notices == [f"canary boke {n} is dropped: {outcome}: HTTP status" for n in (50, 51)]


@pytest.mark.parametrize(
    ("outcomes", "kind"),
    [
        (["missing"] * 2, None),
        (["missing"] * 3, Unexpected),
        (["missing", "missing", "denied"], Unexpected),
        (["denied"] * 4, SiteRefuses),
    ],
)
def test_three_that_are_gone_while_none_agrees_end_the_crawl(
    outcomes: list[str], kind: type | None, check: Check
) -> None:
    for canary, outcome in zip(CANARIES, outcomes, strict=False):
        check.add(canary, gone(outcome))
    assert type(check.failure) is (kind or type(None))
    assert bool(check.dropped) == (kind is None)


def test_trouble_and_robots_txt_drop_nothing(check: Check) -> None:
    assert not check.add(CANARIES[0], Reply("closed", reason="Disallow: /odai"))
    assert not check.add(CANARIES[1], gone("missing"))
    assert check.add(CANARIES[2], Reply("silent", reason="HTTP status 500"))
    assert (check.failure, check.dropped) == (None, [])
    assert len(check.notices) == 2
