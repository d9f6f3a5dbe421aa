"""Numbers and dates of columns, as pandas, spreadsheets, databases and JavaScript write them."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataset.importers.values import Unreadable, is_nothing, moment, number, text

MAY_2013 = datetime(2013, 5, 1, 0, 30, tzinfo=UTC)
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda each: st.lists(each, max_size=3),
)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("120", 120),
        ("120.0", 120),
        ("120.", 120),
        (" 1,234 ", 1234),
        ("1,234,567.00", 1234567),
        ("１２", 12),
        ("1.2e+05", 120000),
        (100, 100),
        (100.0, 100),
        ("0", 0),
        (0, 0),
        ("9223372036854775807", 2**63 - 1),
        *((nothing, None) for nothing in (None, "", " ", "None", "NULL", "nan", "NaN", "<NA>", "N/A", "\\N")),
        (float("nan"), None),
    ],
)
def test_numbers(written: object, value: int | None) -> None:
    assert number(written) == value


@pytest.mark.parametrize(
    "written",
    [
        "-3",
        "1.5",
        "12つ",
        "1,23",
        "1_000",
        "0x10",
        "9223372036854775808",
        "1e300",
        "½",
        True,
        False,
        -1,
        1.5,
        [5],
        {},
        float("inf"),
        "inf",
        "12 34",
    ],
)
def test_what_is_no_number_is_told(written: object) -> None:
    with pytest.raises(Unreadable):
        number(written)


@pytest.mark.parametrize(
    "written",
    [
        "2013-05-01 09:30:00",
        "2013/5/1 9:30",
        "2013/05/01 09:30:00",
        "2013-5-1 9:30",
        "2013年5月1日 9時30分",
        "2013-05-01T09:30:00+09:00",
        "2013-05-01T00:30:00Z",
        "1367368200",
        1367368200,
        1367368200.0,
        "1367368200.0",
        "1367368200000",
        1367368200000,
        "2013.5.1 9:30",
        " 2013/5/1  9:30 ",
        "２０１３/５/１ ９:３０",
    ],
)
def test_moments(written: object) -> None:
    assert moment(written) == MAY_2013


@pytest.mark.parametrize(
    "written",
    [
        "昨日",
        "0001-01-01",
        "0001-01-01 00:00:00",
        "0000-00-00 00:00:00",
        "1970-01-01",
        "2007-12-31",
        "2999-01-01",
        "9999-12-31 23:59:59",
        "2013/13/1",
        "2013/5/32",
        "2013",
        5,
        -1,
        True,
        [2013],
        10**30,
        "1" * 5000,
        float("inf"),
    ],
)
def test_what_is_no_possible_moment_is_told(written: object) -> None:
    with pytest.raises(Unreadable):
        moment(written)


@given(ANY_JSON)
def test_any_value_is_read_or_told(value: Any) -> None:
    for read in (number, moment, text):
        try:
            found = read(value)
        except Unreadable:
            continue
        assert (found is None) == is_nothing(value)


def test_a_caption_is_never_taken_for_nothing() -> None:
    assert text("null") is None
    assert text(" シュール ") == "シュール"
