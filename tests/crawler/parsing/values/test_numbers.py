"""Numbers as people write them. What is right follows from the writing: 万 is 10,000, K is 1,000."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.parsing.values.numbers import read_number


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("★ 1,324", 1324),
        ("12，345", 12345),
        ("１２", 12),
        ("1.2万", 12_000),
        ("１．２万", 12_000),
        ("12.3K", 12_300),
        ("12k stars", 12_000),
        ("1\u2009234", 1234),
        ("1\u202f234\u202f567", 1_234_567),
        ("1\u3000234", 1234),
        ("1'234", 1234),
        ("2億", 200_000_000),
        ("1.5千", 1500),
        ("1億2千万", 120_000_000),
        ("1万2345", 12_345),
        ("2千5百", 2500),
        ("1 万", 10_000),
        ("1.2M", 1_200_000),
        ("三千二百", 3200),
        ("二〇二四", 2024),
        ("★ 千個", 1000),
        ("の合計12345（67）", 12_345),
        ("98%", 98),
        ("12.0", 12),
        ("0", 0),
        (str(2**63 - 1), 2**63 - 1),
    ],
)
def test_numbers(text: str, number: int) -> None:
    assert read_number(text) == number


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "なし",
        "一覧",
        "数千",
        "10数人",
        "999+",
        "1000以上",
        "1.234",
        "1.2",
        "1,2万",
        "1,23",
        "1 2345",
        "1、234",
        "1.23456万",
        "-5",
        "12km",
        "1e5",
        "5 million",
        "1½",
        "3/5",
        "12:30",
        "2024-01-05",
        "①",
        "万",
        "1.2.3",
        str(2**63),
        "9" * 30,
        "9" * 100_000,
    ],
)
def test_what_may_mean_more_than_its_digits_say_is_no_number(text: str | None) -> None:
    assert read_number(text) is None


@given(st.integers(0, 2**63 - 1), st.sampled_from(",， \u2009\u202f\xa0'"), st.booleans())
def test_every_number_comes_back_from_every_way_of_grouping_it(number: int, mark: str, wide: bool) -> None:
    written = f"{number:,}".replace(",", mark)
    if wide:
        written = written.translate({ord("0") + digit: chr(ord("０") + digit) for digit in range(10)})
    assert read_number(f"★{written}") == number


@given(st.integers(1, 9999), st.integers(0, 9), st.sampled_from([("千", 3), ("万", 4), ("億", 8), ("K", 3)]))
def test_every_decimal_with_a_unit_comes_back(whole: int, tenth: int, unit: tuple[str, int]) -> None:
    assert read_number(f"{whole}.{tenth}{unit[0]}") == (10 * whole + tenth) * 10 ** (unit[1] - 1)


@given(st.lists(st.integers(0, 10**9), min_size=2, max_size=9))
def test_reading_keeps_the_order_of_numbers(numbers: list[int]) -> None:
    read = [read_number(f"{number // 10_000}万{number % 10_000}") for number in sorted(numbers)]
    assert read == sorted(numbers)


@given(st.text() | st.text(alphabet="0123456789.,' 万億千百十一二KM数+/:-★", max_size=30))
def test_no_text_raises(text: str) -> None:
    number = read_number(text)
    assert number is None or 0 <= number < 2**63
