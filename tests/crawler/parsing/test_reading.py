"""What pages and headers say: opt-outs, waits."""

from datetime import UTC, datetime

import pytest
from parsel import Selector

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
