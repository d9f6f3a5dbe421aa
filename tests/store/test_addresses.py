"""Addresses of photos: what Python says of them, DuckDB says too."""

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.addresses import narrower, photo_key, sql_narrower, sql_photo_key

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
    row = duckdb.execute(f"SELECT {expression} FROM (SELECT $1 AS url)", [url]).fetchone()
    assert row
    found: str | None = row[0]
    return found


@given(ADDRESSES)
def test_the_key_of_a_photo(url: str) -> None:
    assert in_sql(sql_photo_key("url"), url) == photo_key(url)


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
