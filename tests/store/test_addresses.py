"""Addresses of photos and pages: what Python says of them, DuckDB says too; one page has one address."""

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.addresses import (
    canonical_pattern,
    is_named_stand_in,
    narrower,
    page_address,
    photo_key,
    sql_is_named_stand_in,
    sql_narrower,
    sql_photo_key,
)
from store.sql import literal

HOST = "//d2dcan0armyq93.cloudfront.net"
NAME = "0123456789abcdef" * 2
ADDRESSES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\n")) | st.builds(
    "{}/photo/odai/{}/{}_{}.{}".format,
    st.sampled_from(["https:" + HOST, "http:" + HOST, HOST, ""]),
    st.sampled_from(["600", "400", "240", "120", "x"]),
    st.sampled_from([NAME, NAME[1:], NAME.upper()]),
    st.sampled_from(["600", "400", "240", "120"]),
    st.sampled_from(["jpg", "png", "jpg?v=1"]),
)


def in_sql(expression: str, url: str) -> str | None:
    [row] = duckdb.execute(f"SELECT {expression} FROM (SELECT $1 AS url)", [url]).fetchall()
    assert row
    found: str | None = row[0]
    return found


@given(ADDRESSES)
def test_the_key_of_a_photo(url: str) -> None:
    assert in_sql(sql_photo_key("url"), url) == photo_key(url)


@given(ADDRESSES | st.text("remvdlaing/.?#-_No", max_size=20))
def test_the_name_of_a_stand_in(url: str) -> None:
    assert bool(in_sql(sql_is_named_stand_in("url"), url)) == is_named_stand_in(url)


@given(ADDRESSES)
def test_the_next_narrower_copy(url: str) -> None:
    assert in_sql(sql_narrower("url"), url) == narrower(url)


def copy(width: int) -> str:
    return f"https:{HOST}/photo/odai/{width}/{NAME}_{width}.jpg"


@pytest.mark.parametrize(
    ("width", "expected"), [(600, copy(400)), (400, copy(240)), (240, None), (120, None)]
)
def test_copies_get_narrower_to_the_last(width: int, expected: str | None) -> None:
    assert narrower(copy(width)) == expected
    assert expected is None or photo_key(expected) == photo_key(copy(width))


SITE = "https://bokete.jp"
ODAI = f"{SITE}/odai/5"


@pytest.mark.parametrize(
    "url",
    [
        ODAI, f"{ODAI}/", f"{ODAI}?ref=top", f"{ODAI}?utm_source=x&utm_medium=y", "http://bokete.jp/odai/5",
        f"{ODAI}?page=1", f"{SITE}/odai/%35", f"{SITE}/odai/005", f"{ODAI}#boke-3", f"{SITE}:443/odai/5",
        "https://BOKETE.jp/odai/5", "https://www.bokete.jp/odai/5", "https://sp.bokete.jp/odai/5/?page=01",
        f"{SITE}//odai//5", f"{SITE}/boke/../odai/5", "https://user:secret@bokete.jp/odai/5", f"{ODAI}?",
        f"{ODAI}?fbclid=abc&from=feed", "https://bokete.jp./odai/5",
    ],
)  # fmt: skip
def test_one_page_has_one_address(url: str) -> None:
    assert page_address(url, SITE) == ODAI
    assert page_address(url, "https://user:secret@bokete.jp/") == ODAI


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (f"{ODAI}?page=2&ref=top", f"{ODAI}?page=2"),
        (f"{ODAI}/?sort=rate&page=02", f"{ODAI}?page=2&sort=rate"),
        (f"{SITE}/boke/recent/panel?max_id=9&category=&op=&rate=", None),
        (f"{SITE}/boke/category/バカ/?page=3", f"{SITE}/boke/category/%E3%83%90%E3%82%AB?page=3"),
        (f"{SITE}/boke/tag/a%2Fb", None),
        (f"{SITE}/boke/tag/a+b?q=c+d", None),
        (f"{SITE}/boke/hot?fbclid=x&kind=1", f"{SITE}/boke/hot?kind=1"),
        (SITE, f"{SITE}/"),
    ],
)
def test_what_makes_another_page_stays(url: str, expected: str | None) -> None:
    if expected is None:
        assert sorted(page_address(url, SITE)) == sorted(url), "only the order of parameters may change"
    else:
        assert page_address(url, SITE) == expected


@pytest.mark.parametrize(
    "url",
    ["https://evil.test/odai/5/", "https://bokete.jp.evil.test/odai/5/", "https://bokete.jp:8443/odai/5/",
     "https://bokete.jp@evil.test/odai/5/", "https://[", "https://bokete.jp:x/odai/5/", "/odai/5/", ""],
)  # fmt: skip
def test_addresses_elsewhere_stay_as_they_are(url: str) -> None:
    assert page_address(url, SITE) == url


@given(ADDRESSES | st.builds("{}{}".format, st.sampled_from([SITE, ODAI, f"{ODAI}?"]), st.text()))
def test_an_address_made_one_stays_that_one(url: str) -> None:
    once = page_address(url, SITE)
    assert page_address(once, SITE) == once


@pytest.mark.parametrize(
    "site", ["https://ボケて.jp", "https://xn--m9j4hye.jp", "https://me:x@ボケて.jp:443/"]
)
def test_a_name_in_japanese_is_the_same_in_ascii(site: str) -> None:
    for url in ("https://ボケて.jp/odai/5", "https://xn--m9j4hye.jp/odai/5/", "http://www.ボケて.jp/odai/5"):
        assert page_address(url, site) == "https://xn--m9j4hye.jp/odai/5"


@given(
    st.builds("{}{}".format, st.sampled_from([SITE, ODAI, f"{ODAI}?page="]), st.from_regex(r"[\d?=/a-z]*"))
)
def test_what_the_fast_pattern_takes_is_the_one_address(url: str) -> None:
    if in_sql(f"regexp_matches(url, {literal(canonical_pattern(SITE))})", url):
        assert page_address(url, SITE) == url


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("removed.jpg", True), ("now_loading.gif", True), ("noimage2.png", True), ("no-image.png", True),
        ("photo-removed.png", True), ("NoImage.PNG", True), (f"{NAME}_600.jpg", False),
        ("unloading_truck.jpg", False), ("removedal.jpg", False), ("", False),
    ],
)  # fmt: skip
def test_pictures_that_say_by_their_name_that_they_are_no_photo(name: str, expected: bool) -> None:
    assert is_named_stand_in(f"https:{HOST}/loading/{name}?removed") is expected
