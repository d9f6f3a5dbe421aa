"""What a canary takes for the same, and what for another: field by field."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from crawler.canaries.canary import Canary
from crawler.canaries.compare import differences
from crawler.parsing.values.dates import read_date

MD5 = "0" * 31 + "1"
PHOTO = f"https://d2dcan0armyq93.cloudfront.net/photo/odai/600/{MD5}_600.jpg"
HOSTS = ("bokete.jp", "d2dcan0armyq93.cloudfront.net", "d13n9ry8xcpemi.cloudfront.net")
URL = "https://bokete.jp/odai/5"
NOW = datetime(2026, 11, 29, 3, 0, tzinfo=UTC)  # noon in Japan
EXACT = datetime(2024, 1, 5, 14, 15, 30, tzinfo=UTC)
KEPT = Canary(
    URL, "next_2024", 5, 50, "犬が笑っている、と思ったら", 1234, PHOTO, EXACT, NOW - timedelta(days=90)
)


def page(**changes: Any) -> dict[str, Any]:
    boke = {
        "boke_id": 50,
        "odai_id": 5,
        "image_url": PHOTO,
        "text": KEPT.text,
        "stars": 1300,
        "posted": EXACT,
    }
    row = {"outcome": "ok", "error": None, "odai_id": 5, "image_url": PHOTO, "fetched_at": NOW}
    return {**row, "bokes": [{**boke, **changes}]}


def fields(canary: Canary = KEPT, address: str = URL, **changes: Any) -> list[str]:
    return [one.field for one in differences(canary, page(**changes), address, HOSTS)]


def test_the_same_boke_with_more_stars_agrees() -> None:
    assert fields() == []


@pytest.mark.parametrize(
    ("found", "agrees"),
    [
        (1234, True),
        (10**6, True),
        (1233, False),
        (0, False),
        (None, False),
        (1200, True),  # 1.2千, of 1,234
        (1000, True),
        (1230, True),
        (900, False),
        (1100, False),
    ],
)
def test_stars_grow_and_may_be_rounded(found: int | None, agrees: bool) -> None:
    assert fields(stars=found) == ([] if agrees else ["stars"])


def test_few_stars_are_never_rounded() -> None:
    assert fields(replace(KEPT, stars=250), stars=200) == ["stars"]


@pytest.mark.parametrize(
    ("found", "agrees"),
    [
        ("犬が笑っている、と思ったら", True),
        ("犬が笑っている、\nと思ったら ", True),
        ("犬が笑って…", True),
        ("犬が笑って", False),
        ("猫が笑っている、と思ったら", False),
        ("", False),
        (None, False),
    ],
)
def test_a_text_may_differ_in_white_space_or_be_cut_by_an_ellipsis(found: str | None, agrees: bool) -> None:
    assert fields(text=found) == ([] if agrees else ["text"])


@pytest.mark.parametrize(
    ("found", "agrees"),
    [
        (f"https://d13n9ry8xcpemi.cloudfront.net/photo/odai/400/{MD5}_400.jpg", True),
        (f"http://d2dcan0armyq93.cloudfront.net/photo/odai/240/{MD5}_240.jpg", True),
        (f"https://img.example/photo/odai/600/{MD5}_600.jpg", False),
        (PHOTO.replace(MD5, "f" * 32), False),
        ("https://bokete.jp/logo.png", False),
    ],
)
def test_a_photo_is_the_same_in_every_width_on_the_hosts_that_are_known(found: str, agrees: bool) -> None:
    assert fields(image_url=found) == ([] if agrees else ["photo"])


def test_of_a_photo_whose_address_is_not_known_any_on_a_known_host_will_do() -> None:
    imported = replace(KEPT, image_url=None, layout="bokekan")
    assert fields(imported) == []
    assert fields(imported, image_url="https://img.example/1.jpg") == ["photo"]


@pytest.mark.parametrize(
    ("written", "agrees"),
    [
        ("2024-01-05 23:15:30", True),
        ("2024/01/05 23:15", True),
        ("2024年1月5日", True),
        ("2年くらい前", True),
        ("34ヶ月くらい前", True),
        ("2024/01/06 23:15", False),
        ("5年くらい前", False),
        ("3日くらい前", False),
        ("今日", False),
    ],
)
def test_a_date_may_be_as_vague_as_the_page_writes_it(written: str, agrees: bool) -> None:
    assert fields(posted=read_date(written, NOW)) == ([] if agrees else ["date"])


@pytest.mark.parametrize(
    ("then", "later"),
    [
        ("1日くらい前", "3ヶ月くらい前"),
        ("今日", "2024年8月28日 19:00"),
        ("1年くらい前", "1年くらい前"),
        ("9ヶ月くらい前", "1年くらい前"),
        ("40分くらい前", "90日くらい前"),
    ],
)
def test_a_vague_date_that_was_kept_agrees_with_what_the_page_says_later(then: str, later: str) -> None:
    seen = datetime(2024, 8, 28, 11, 0, tzinfo=UTC)  # eight in the evening in Japan
    kept = replace(KEPT, posted=read_date(then, seen), seen_at=seen)
    now = seen + timedelta(days=95)
    row = page(posted=read_date(later, now)) | {"fetched_at": now}
    assert kept.posted is not None
    assert differences(kept, row, URL, HOSTS) == []


def test_what_was_not_known_is_not_compared() -> None:
    assert fields(replace(KEPT, stars=None, posted=None, odai_id=None), stars=None, posted=None) == []


def test_a_page_that_can_be_read_but_lacks_the_boke_says_so_alone() -> None:
    assert fields(boke_id=51) == ["number"]
    unanswered = {**page(), "bokes": []}
    assert [one.field for one in differences(KEPT, unanswered, URL, HOSTS)] == ["number"]


def test_a_page_that_cannot_be_read_lacks_every_field() -> None:
    row = {**page(), "bokes": [], "outcome": "drift", "odai_id": None, "image_url": None}
    assert [one.field for one in differences(KEPT, row, URL, HOSTS)] == ["text", "stars", "photo", "date"]


def test_another_final_address_and_another_odai_are_named() -> None:
    assert fields(address="https://bokete.jp/") == ["address"]
    assert fields(odai_id=6) == ["odai"]
    assert fields(odai_id=None) == []


def test_a_message_holds_no_whole_caption() -> None:
    (one,) = differences(KEPT, page(text="まったく別の文がここにある"), URL, HOSTS)
    assert (
        str(one)
        == "text: expected 「犬が笑っている…」 (13 characters), found 「まったく別の文…」 (13 characters)"
    )
