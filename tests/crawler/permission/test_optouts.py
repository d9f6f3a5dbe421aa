"""What sites say about use by machines: robots.txt, tdmrep.json, headers, metas, as they spell it."""

import json
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from parsel import Selector

from crawler.permission.optouts import opt_out
from crawler.permission.robots_file import MAX_BYTES, RobotsFile
from crawler.permission.tdm_file import TdmFile

FILES = tomllib.loads(Path(__file__).with_name("robots_files.toml").read_text("utf-8"))["file"]
NOW = datetime(2026, 11, 29, tzinfo=UTC)
SITE = "https://bokete.jp"


@pytest.mark.parametrize("case", FILES, ids=lambda case: case["why"])
def test_a_robots_txt_says_what_its_author_meant(case: dict[str, Any]) -> None:
    file = RobotsFile.parse(case["text"].encode(case.get("encoding", "utf-8")))
    assert (file.refusal(SITE + case["path"]) is None) == case["allowed"]


def test_rules_for_robots_that_gather_for_ai_are_obeyed_where_that_is_set() -> None:
    file = RobotsFile.parse(b"User-agent: CCBot\nUser-agent: GPTBot\nDisallow: /\n")
    assert file.closed_to_ai() == ["ccbot", "gptbot"]
    assert file.refusal(f"{SITE}/odai/1", is_ai_crawler=True) == "its rules for ccbot"


def test_a_rule_that_the_limit_on_size_cuts_opens_nothing() -> None:
    start = b"User-agent: *\nDisallow: /\n"
    start += b"#" * (MAX_BYTES - len(start) - 9) + b"\n"
    assert RobotsFile.parse(start + b"Allow: /private\n").refusal(f"{SITE}/odai/1") == "Disallow: /"


@pytest.mark.parametrize(
    ("header", "value", "found"),
    [
        ("X-Robots-Tag", "noindex, noimageai", "X-Robots-Tag: noindex"),
        ("x-robots-tag", "nofollow;noai", "X-Robots-Tag: noai"),
        ("X-Robots-Tag", "noimageindex", "X-Robots-Tag: noimageindex"),
        ("X-Robots-Tag", "googlebot: noai", None),
        ("X-Robots-Tag", "googlebot: nofollow, noai", None),
        ("X-Robots-Tag", "max-snippet: 5, noai", "X-Robots-Tag: noai"),
        ("X-Robots-Tag", "Bokeru/0.1: noai", "X-Robots-Tag: noai"),
        (
            "X-Robots-Tag",
            "unavailable_after: 25-Aug-2007 15:00:00 EST",
            "X-Robots-Tag: unavailable_after: 25-Aug-2007 15:00:00 EST",
        ),
        (
            "X-Robots-Tag",
            "unavailable_after: 7 Jul 2007 16:30:00 GMT",
            "X-Robots-Tag: unavailable_after: 7 Jul 2007 16:30:00 GMT",
        ),
        ("X-Robots-Tag", "unavailable_after: Saturday, 25-Aug-29 15:00:00 GMT, noai", "X-Robots-Tag: noai"),
        ("X-Robots-Tag", "unavailable_after: 2030-01-01", None),
        ("X-Robots-Tag", "otherbot: unavailable_after: 7 Jul 2007 16:30:00 GMT", None),
        ("Content-Signal", "search=yes, ai-train=no", "Content-Signal: ai-train=no"),
        ("Content-Signal", "ai-train=yes", None),
        ("Content-Usage", "train-ai=n", "Content-Usage: train-ai=n"),
        ("Content-Usage", 'x="a, train-ai=n", search=n', None),
        ("Content-Usage", "train-ai=n, train-ai=y", None),
        ("TDM-Reservation", "1", "tdm-reservation: 1"),
        ("TDM-Reservation", "yes", None),
        ("TDM-Reservation", "0", None),
    ],
)
def test_headers(header: str, value: str, found: str | None) -> None:
    assert opt_out([(header, value)], at=NOW) == found


@pytest.mark.parametrize(
    ("header", "meta", "found"),
    [("1", "0", None), ("0", "1", "meta tdm-reservation: 1"), ("1", "maybe", "tdm-reservation: 1")],
)
def test_a_meta_of_tdm_counts_before_the_header(header: str, meta: str, found: str | None) -> None:
    page = Selector(f'<html><head><meta name="TDM-Reservation" content="{meta}"></head></html>')
    assert opt_out([("tdm-reservation", header)], page, NOW) == found


@pytest.mark.parametrize(
    ("rules", "is_open"),
    [
        ([{"location": "/", "tdm-reservation": 1}], False),
        ([{"location": "/odai/*$", "tdm-reservation": 1}], False),
        ([{"location": "/boke", "tdm-reservation": 1}], True),
        ([{"location": "/odai", "tdm-reservation": 0}, {"location": "/", "tdm-reservation": 1}], True),
        ([{"location": "/", "tdm-reservation": True}], True),
        ([{"location": "/", "tdm-reservation": "1"}], True),
        ([{"location": "/"}, {"location": "/", "tdm-reservation": 1}], True),
        ({"location": "/", "tdm-reservation": 1}, True),
        (["/", None, {"location": None, "tdm-reservation": 1}], True),
    ],
)
def test_the_first_rule_of_tdmrep_that_matches_counts(rules: object, is_open: bool) -> None:
    file = TdmFile.parse(b"\xef\xbb\xbf" + json.dumps(rules).encode())
    assert (file.refusal(f"{SITE}/odai/1") is None) == is_open


@pytest.mark.parametrize("body", [b"", b"<html>", b"[" * 10**5, b"\xff", b"null"])
def test_what_is_no_tdmrep_reserves_nothing(body: bytes) -> None:
    assert TdmFile.parse(body) == TdmFile()
