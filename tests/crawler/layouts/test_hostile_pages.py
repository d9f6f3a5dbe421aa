"""Pages that no reader is shown: nested, unclosed, huge. None is read in part, or holds up the crawl."""

import json
import time
from datetime import UTC, datetime

import pytest

from crawler.items import PageRow
from crawler.parsing.parse import parse

NOW = datetime(2024, 9, 1, tzinfo=UTC)
STARTS = {
    "next_2024": '<div id="__next"><main><div><div><a href="/odai/5"><img src="/a.jpg"></a></div>',
    "angular_2020": '<html ng-app><body><div id="content"><div><div><img src="/photo/odai/1"></div></div>',
    "bootstrap": '<div class="content-boke"><div class="boke"><a class="boke-text" href="/boke/1">猫</a>',
    "jquery_2013": '<div class="boke-entry" id="boke-entry-1"><p class="boke_read">猫</p></div>',
}


def read(html: str, path: str = "/odai/5") -> tuple[PageRow, float]:
    start = time.perf_counter()
    row = parse(f"{html}</body></html>".encode(), f"https://bokete.jp{path}", NOW)
    return row, time.perf_counter() - start


def bokes(row: PageRow) -> list[dict[str, object]]:
    return row["bokes"]  # type: ignore[return-value]


@pytest.mark.parametrize("layout", STARTS)
def test_what_stands_behind_elements_nested_too_deeply_is_not_taken_for_nothing(layout: str) -> None:
    row, _ = read(STARTS[layout] + "<div>" * 5000 + "</div>" * 5000 + '<div class="boke">猫</div>')
    assert row["outcome"] == "drift"
    assert "nested" in str(row["error"])


@pytest.mark.parametrize(
    ("layout", "part"),
    [
        ("next_2024", "<div><a href='/boke/1'><h1>"),
        ("angular_2020", '<div class="boke"><a class="boke-text" href="/boke/1"><div>'),
        ("bootstrap", '<div class="boke"><a class="boke-text" href="/boke/1"><div class="boke-stars"><a>'),
        ("jquery_2013", '<div class="boke-entry" id="boke-entry-1"><div class="boke-entry-info"><em>'),
        ("jquery_2013", '<div class="boke-list"><h3><em>'),
    ],
)
def test_entries_that_nothing_closes_take_no_longer_than_others(layout: str, part: str) -> None:
    assert read(STARTS[layout] + part * 250)[1] < 2


def test_a_list_of_cut_captions_is_read_in_time_that_grows_with_its_length() -> None:
    entry = (
        '<div class="boke"><a class="boke-text" href="/boke/{0}">猫{0}…</a>'
        '<div class="boke-stars"><a>1</a></div>'
        '<div class="modal-dialog" data-boke-id="{0}"><input value="x">'
        '<input value="&lt;img title=&quot;猫{0}です&quot;&gt;"></div></div>'
    )
    row, seconds = read(
        '<div class="content-boke">' + "".join(entry.format(n) for n in range(1, 801)) + "</div>", "/boke/hot"
    )
    assert [boke["text"] for boke in bokes(row)] == [f"猫{n}です" for n in range(1, 801)]
    assert seconds < 4  # 12 where each entry asks the whole page


def test_a_date_of_a_megabyte_is_none() -> None:
    link = '<a href="/boke/1">{}</a>'
    entry = f"<div><div>{link.format('<h1>猫</h1>')}{link.format(5)}{link}</div></div>"
    row, seconds = read(STARTS["next_2024"] + entry.format("1年" * 300_000 + "前"))
    assert [boke["posted"] for boke in bokes(row)] == [None]
    assert seconds < 2


DATA = {"id": 7, "odaiId": 5, "text": "猫", "rateSum": 12, "date": "2024-08-29 10:11:12"}


@pytest.mark.parametrize(
    "before",
    ["[" * 100_000, '{"a":' * 180_000, '{"a":[1],' * 100_000, "x={y};" * 150_000, json.dumps([DATA] * 9000)],
    ids=["arrays", "objects", "broken", "code", "itself"],
)
def test_huge_and_broken_scripts_before_the_data_neither_hide_them_nor_take_long(before: str) -> None:
    data = f"<script>var rateSum={before}</script><script>{json.dumps(DATA)}</script>"
    row, seconds = read(f"<html><body>{data}", "/boke/7")
    assert [(boke["boke_id"], boke["stars"]) for boke in bokes(row)] == [(7, 12)]
    assert seconds < 2


def test_half_a_character_in_the_data_is_none() -> None:
    data = json.dumps(DATA | {"text": "猫\ud83d", "category": "\ude00シュール"})
    row, _ = read(f"<html><body><script>{data}</script>", "/boke/7")
    assert [(boke["text"], boke["category"]) for boke in bokes(row)] == [("猫", "シュール")]


@pytest.mark.parametrize(
    ("shown", "exact", "agrees"),
    [
        ("1.2万", 12_499, True),
        ("1.2万", 11_500, True),
        ("1.2万", 12_999, True),  # cut off, not rounded
        ("1.2万", 11_499, False),
        ("1.2万", 13_000, False),
        ("1.0万", 10_999, True),
        ("1.0万", 11_000, False),
        ("10万", 109_999, True),
        ("10万", 110_000, False),
        ("1000K", 1_001_000, False),
        ("3千", 3_999, True),
        ("1千万", 19_999_999, True),
        ("1,234", 1_235, False),
    ],
)
def test_a_rounded_number_agrees_within_its_last_digit(shown: str, exact: int, agrees: bool) -> None:
    links = f'<a href="/boke/7"><h1>猫</h1></a><a href="/boke/7">{shown}</a>'
    data = json.dumps(DATA | {"rateSum": exact})
    block = f"<main><div><div><div>{links}</div></div></div></main>"
    row, _ = read(f'<div id="__next">{block}</div><script>{data}</script>', "/boke/7")
    assert (row["outcome"] == "ok") is agrees, row["error"]
