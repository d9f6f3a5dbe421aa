"""What pages and headers say: opt-outs, waits."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from parsel import Selector

from crawler.components.politeness import retry_after
from crawler.parsing.markup import Document, identifier, page_number
from crawler.permission.optouts import opt_out

NOW = datetime(2026, 3, 4, 5, 6, 7, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("noai, noimageai", "X-Robots-Tag: noai"),
        ("index, NoML", "X-Robots-Tag: noml"),
        ("none", "X-Robots-Tag: none"),
        ("bokeru: noindex", "X-Robots-Tag: noindex"),
        ("otherbot: noindex, noai", None),
        ("otherbot: noindex, bokeru: noai", "X-Robots-Tag: noai"),
        ("unavailable_after: 25 Jun 2030 15:00:00 PST", None),
        ("noodp, nofollow", None),
        ("", None),
    ],
)
def test_opt_outs_in_headers(header: str, found: str | None) -> None:
    assert opt_out([("X-Robots-Tag", header)]) == found


@pytest.mark.parametrize(
    ("meta", "found"),
    [
        ('name="robots" content="noai"', "meta robots: noai"),
        ('NAME="ROBOTS" CONTENT="NOINDEX, follow"', "meta robots: noindex"),
        ('name="bokeru" content="none"', "meta robots: none"),
        ('name="googlebot" content="noindex"', None),
        ('name="robots" content="noodp"', None),
        ('name="description" content="noai"', None),
    ],
)
def test_opt_outs_in_pages(meta: str, found: str | None) -> None:
    assert opt_out([], Selector(f"<html><head><meta {meta}></head></html>")) == found


@pytest.mark.parametrize(
    ("value", "seconds"), [(b"5", 5), (b" 120 ", 120), (None, 0), (b"soon", 0), (b"-5", 0), (b"", 0)]
)
def test_retry_after_in_seconds(value: bytes | None, seconds: float) -> None:
    assert retry_after(value) == seconds


def test_retry_after_as_a_date() -> None:
    then = datetime.now(UTC) + timedelta(minutes=10)
    assert 590 < retry_after(format_datetime(then, usegmt=True).encode()) <= 600
    assert retry_after(b"Wed, 21 Oct 2015 07:28:00 GMT") == 0


@given(st.binary())
def test_no_retry_after_raises(value: bytes) -> None:
    assert retry_after(value) >= 0


def test_addresses() -> None:
    document = Document(b"", "https://bokete.jp/odai/5?page=2", NOW)
    assert document.link("?page=3") == "https://bokete.jp/odai/5?page=3"
    assert document.link("/odai/6#top") == "https://bokete.jp/odai/6"
    assert document.link("javascript:more()") is None
    assert document.link("http://[") is None
    name = "0" * 32
    wide = f"https://d2dcan0armyq93.cloudfront.net/photo/odai/600/{name}_600.jpg"
    assert document.photo(f"//d2dcan0armyq93.cloudfront.net/photo/odai/240/{name}_240.jpg") == wide
    assert (page_number("/odai/5?page=2"), page_number("/odai/5?page=x"), page_number("/")) == (2, 1, 1)
    assert (identifier("odai", "/odai/5?page=2"), identifier("odai", "/odai/x")) == (5, None)
