"""Retry-After: seconds and dates as RFC 9110 has them (10.2.3, 5.6.7), and whatever else servers send."""

import math
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from crawler.retries.retry_after import retry_after

# RFC 9110, section 5.6.7, has this moment in the three forms of an HTTP date.
MOMENT = datetime(1994, 11, 6, 8, 49, 37, tzinfo=UTC)
FORMS = ("Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994")
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def written(at: datetime) -> list[str]:
    """Return a moment in the three forms, as the RFC's grammar builds them."""
    day, month, clock = DAYS[at.weekday()], MONTHS[at.month - 1], f"{at:%H:%M:%S}"
    return [
        f"{day[:3]}, {at.day:02} {month} {at.year} {clock} GMT",
        f"{day}, {at.day:02}-{month}-{at.year % 100:02} {clock} GMT",
        f"{day[:3]} {month} {at.day:2} {clock} {at.year}",
    ]


def seconds(*values: str, date: str | None = None, received: datetime = MOMENT) -> float:
    return retry_after([value.encode("utf-8") for value in values], date.encode() if date else None, received)


def test_the_grammar_of_these_tests_is_the_rfcs() -> None:
    assert tuple(written(MOMENT)) == FORMS


@pytest.mark.parametrize(
    ("value", "asked"),
    [("0", 0), ("120", 120), ("0120", 120), (" 120\t", 120), ("1.5", 2), ("120.0", 120), ("3600", 3600)],
)
def test_a_number_is_seconds(value: str, asked: float) -> None:
    assert seconds(value) == asked


@pytest.mark.parametrize("digits", ["9" * 10, "9" * 400, "9" * 10_000])
def test_any_larger_number_counts_as_the_largest(digits: str) -> None:
    assert seconds(digits) == 2**31


@pytest.mark.parametrize("form", FORMS)
def test_a_date_is_seconds_from_the_servers_clock_in_all_three_forms(form: str) -> None:
    assert seconds(form, received=MOMENT - timedelta(seconds=30)) == 30
    for date in written(MOMENT - timedelta(seconds=3)):
        assert seconds(form, date=date, received=MOMENT - timedelta(hours=2)) == 3, "ours is two hours late"


@pytest.mark.parametrize("date", ["", "now", "-1", "Sun, 06 Nov 1994", "Mon, 01 Jan 0001 00:00:00 GMT"])
def test_a_date_header_that_cannot_be_read_leaves_our_own_clock(date: str) -> None:
    assert seconds(FORMS[0], date=date, received=MOMENT - timedelta(seconds=7)) == 7


def test_a_date_that_is_over_asks_for_nothing() -> None:
    assert seconds(FORMS[0], received=MOMENT + timedelta(days=1)) == 0
    assert seconds(FORMS[0], date=written(MOMENT + timedelta(seconds=1))[0]) == 0


@pytest.mark.parametrize(
    "value",
    [
        "", "soon", "-5", "+5", "1e5", "inf", "nan", "0x10", "1_000", "120s", "1 2", "１２０", "٣٠", "²",
        "Fri, 31 Dec 9999999999 23:59:59 GMT", "Sun, 99 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1995 28:49:37 GMT",
        "Sun, 06 Nov 1995 08:49:37 JST", "Sun, 06 Nov 1995 08:49:37 +99999", "1995-11-06T08:49:37Z",
        "Mon, 01 Jan 0001 00:00:00 GMT", "Sun, 06 Nov 1995", ",", "3, soon",
    ],
)  # fmt: skip
def test_what_is_neither_is_as_if_it_were_not_there(value: str) -> None:
    assert seconds(value) == 0


def test_of_repeated_headers_the_longest_counts_joined_or_not() -> None:
    assert seconds("3", "120", "soon") == 120
    assert seconds("3, 120") == 120
    assert seconds("soon", FORMS[0], received=MOMENT - timedelta(seconds=9)) == 9
    assert seconds() == 0


MOMENTS = st.datetimes(datetime(1970, 1, 1), datetime(2060, 1, 1)).map(
    lambda at: at.replace(microsecond=0, tzinfo=UTC)
)


@given(MOMENTS, st.integers(0, 10**6), st.integers(-(10**9), 10**9), st.integers(0, 2), st.integers(0, 2))
def test_the_servers_clock_may_go_as_it_likes(
    clock: datetime, asked: int, skew: int, one: int, two: int
) -> None:
    at = clock + timedelta(seconds=asked)
    two_digits = 1 in (one, two)  # of a year tell the century only near our own
    if not two_digits or (clock.year >= 1970 and at.year < 2069):
        found = seconds(
            written(at)[one],
            date=written(clock)[two],
            received=MOMENT + timedelta(seconds=skew),
        )
        assert found == asked


ANY = st.one_of(
    st.binary(max_size=60),
    st.text(max_size=60).map(lambda text: text.encode("utf-8", "replace")),
    st.text("0123456789-+.,eE_ ", max_size=40).map(str.encode),
    st.builds(
        "{}, {} {} {} {} {}".format,
        st.sampled_from(DAYS),
        st.integers(-1, 10**11),
        st.sampled_from(MONTHS),
        st.integers(-1, 10**11),
        st.sampled_from(("08:49:37", "8:9", "24:00:00", "99:99:99", "")),
        st.sampled_from(("GMT", "-2359", "+99999", "JST", "")),
    ).map(str.encode),
)


@given(st.lists(ANY, max_size=3), st.none() | ANY)
@example([b"Fri, 31 Dec 9999 23:59:59 -2359"], b"Mon, 01 Jan 100 00:00:00 +2359")
@example([b"Fri, 31 Dec 9999999999 23:59:59 GMT"], None)
def test_no_header_raises_or_asks_for_less_than_nothing(values: list[bytes], date: bytes | None) -> None:
    asked = retry_after(values, date, MOMENT)
    assert math.isfinite(asked)
    assert asked >= 0
