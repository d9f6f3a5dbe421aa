"""Dates as they are written in Japan. What is right is from the calendar; Japan is 9 hours ahead of UTC."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.parsing.markup import Document
from crawler.parsing.values.dates import read_date

JAPAN = timezone(timedelta(hours=9))
NOW = datetime(2026, 3, 4, 16, 6, 7, 8, tzinfo=UTC)  # in Japan it is the 5th, six past one at night


def japan(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=JAPAN)  # type: ignore[arg-type,misc]


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("たった今", japan(2026, 3, 5, 1, 6)),
        ("30秒くらい前", japan(2026, 3, 5, 1, 5, 37)),
        ("7分くらい前", japan(2026, 3, 5, 0, 59)),
        ("数分前", japan(2026, 3, 5, 1, 3)),
        ("5時間くらい前", japan(2026, 3, 4, 20)),
        ("1時間半前", japan(2026, 3, 4, 23, 36)),
        ("今日", japan(2026, 3, 5)),
        ("昨日", japan(2026, 3, 4)),
        ("一昨日", japan(2026, 3, 3)),
        ("昨日 12:30", japan(2026, 3, 4, 12, 30)),
        ("昨日の午後3時", japan(2026, 3, 4, 15)),
        ("3日くらい前", japan(2026, 3, 2)),
        ("三日前", japan(2026, 3, 2)),
        ("十二日前", japan(2026, 2, 21)),
        ("1,000日前", japan(2023, 6, 9)),
        ("2週間前", japan(2026, 2, 19)),
        ("先週", japan(2026, 2, 26)),
        ("先々週", japan(2026, 2, 19)),
        ("先週の金曜日 12:30", japan(2026, 2, 27, 12, 30)),
        ("約2ヶ月前", japan(2026, 1, 5)),
        ("２か月くらい前", japan(2026, 1, 5)),
        *((f"6{spelling}月前", japan(2025, 9, 5)) for spelling in "ヶヵかカケゖ箇ｶｹ"),
        ("先月", japan(2026, 2, 5)),
        ("半月前", japan(2026, 2, 18)),
        ("半年前", japan(2025, 9, 5)),
        ("1年以上前", japan(2025, 3, 5)),
        ("1年半前", japan(2024, 9, 5)),
        ("1.5年前", japan(2024, 9, 5)),
        ("1年2ヶ月前", japan(2025, 1, 5)),
        ("去年", japan(2025, 3, 5)),
        ("今年", japan(2026, 3, 5)),
        ("今月", japan(2026, 3, 5)),
        ("今週", japan(2026, 3, 5)),
        ("現在", japan(2026, 3, 5, 1, 6)),
        ("17年前", japan(2009, 3, 5)),
        ("約53か月前", japan(2021, 10, 5)),
        ("0時42分", japan(2026, 3, 5, 0, 42)),
        ("2013年2月", japan(2013, 2, 1)),
        ("2016年03月21日 23時05分11秒", japan(2016, 3, 21, 23, 5, 11)),
        ("2016年3月21日(月) 14時48分", japan(2016, 3, 21, 14, 48)),
        ("去年12月31日", japan(2025, 12, 31)),
        ("一昨年", japan(2024, 3, 5)),
        ("1月5日", japan(2026, 1, 5)),
        ("12/31", japan(2025, 12, 31)),
        ("12月31日 23:59", japan(2025, 12, 31, 23, 59)),
        ("2月29日", japan(2024, 2, 29)),
        ("2013年05月12日", japan(2013, 5, 12)),
        ("2013/5/12 10:30", japan(2013, 5, 12, 10, 30)),
        ("2024.3.5", japan(2024, 3, 5)),
        ("2024年3月5日 午前10:30", japan(2024, 3, 5, 10, 30)),
        ("2024年3月5日 午前0:30", japan(2024, 3, 5, 0, 30)),
        ("2024年3月5日 午後0:30", japan(2024, 3, 5, 12, 30)),
        ("2024年3月5日 正午", japan(2024, 3, 5, 12)),
        ("2024年３月５日　１０：３０", japan(2024, 3, 5, 10, 30)),
        ("二〇二四年三月五日", japan(2024, 3, 5)),
        ("2024/1/5 25:30", japan(2024, 1, 6, 1, 30)),
        ("2016年 2月 5日", japan(2016, 2, 5)),
        ("2016年03月24日 木曜日 10時05分", japan(2016, 3, 24, 10, 5)),
        ("2016年3月20日（日） 21時40分", japan(2016, 3, 20, 21, 40)),
        ("令和6年1月5日", japan(2024, 1, 5)),
        ("令和元年5月1日", japan(2019, 5, 1)),
        ("㋿6年1月5日", japan(2024, 1, 5)),
        ("平成31年4月30日", japan(2019, 4, 30)),
        ("H30/1/5", japan(2018, 1, 5)),
        ("2024-01-05T14:15:00Z", datetime(2024, 1, 5, 14, 15, tzinfo=UTC)),
        ("2024-01-05T14:15:00.123+09:00", japan(2024, 1, 5, 14, 15)),
        ("2024-01-05 14:15:00 -0500", datetime(2024, 1, 5, 19, 15, tzinfo=UTC)),
        ("2024-01-05 14:15:00", japan(2024, 1, 5, 14, 15)),
        ("Fri, 05 Jan 2024 14:15:00 GMT", datetime(2024, 1, 5, 14, 15, tzinfo=UTC)),
        ("2008年9月5日", japan(2008, 9, 5)),
    ],
)
def test_dates(text: str, moment: datetime) -> None:
    found = read_date(text, NOW)
    assert found == moment
    assert found.tzinfo is UTC


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "むかしむかし",
        "2013年13月45日",
        "2023年2月29日",
        "2024-01-05 99:99",
        "明日",
        "2,3日前",
        "20240105",
        "3時間",
        "3ヶ月",
        "3月",
        "十二月",
        "60秒",
        "3分間",
        "明後日",
    ],
)
def test_what_is_no_date(text: str | None) -> None:
    assert read_date(text, NOW) is None


@pytest.mark.parametrize(
    "text",
    [
        "2008年9月4日",
        "1970-01-01",
        "昭和63年1月1日",
        "明治6年1月1日",
        "19年前",
        "2026-03-04T16:06:08Z",
        "今日 23:59",
    ],
)
def test_a_date_before_the_site_or_to_come_is_none_and_noted(text: str) -> None:
    document = Document(b"", "https://bokete.jp/odai/5", NOW)
    assert document.date(text) is None
    assert document.impossible_dates == {text}


@pytest.mark.parametrize("text", ["9999年くらい前", "10000000年前", f"{'9' * 5000}日前"])
def test_a_date_beyond_the_calendar_is_none(text: str) -> None:
    assert read_date(text, NOW) is None


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("1ヶ月前", (2024, 2, 29)),
        ("2ヶ月前", (2024, 1, 31)),
        ("13ヶ月前", (2023, 2, 28)),
        ("3ヶ月前", (2023, 12, 31)),
    ],
)
def test_months_go_by_the_calendar(text: str, day: tuple[int, int, int]) -> None:
    assert read_date(text, japan(2024, 3, 31, 12)) == japan(*day)


DAYS = st.datetimes(datetime(2008, 9, 6), datetime(2026, 3, 4)).map(lambda then: then.replace(microsecond=0))


@given(DAYS, st.booleans())
def test_every_moment_comes_back_from_every_absolute_form(then: datetime, padded: bool) -> None:
    year, month, day, hour, minute, second = then.timetuple()[:6]
    moment, width = then.replace(tzinfo=JAPAN), 2 if padded else 1
    era = f"令和{year - 2018}" if year > 2019 else f"平成{year - 1988}"
    half, short = ("午後", hour - 12) if hour >= 12 else ("午前", hour)
    numbers = f"{month:0{width}}月{day:0{width}}日"
    weekday = "月火水木金土日"[then.weekday()]
    for text in (
        f"{year}年{numbers} {hour}時{minute:02}分{second}秒",
        f"{year}年{numbers}（{weekday}） {half}{short}:{minute:02}:{second:02}",
        f"{era}年{numbers} {weekday}曜日 {hour}:{minute:02}:{second:02}",
        f"{year}/{month}/{day} {hour}:{minute:02}:{second:02}",
        moment.isoformat(),
        moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        moment.strftime("%a, %d %b %Y %H:%M:%S +0900"),
    ):
        assert read_date(text, NOW) == moment, text


@given(
    st.integers(0, 6000),
    st.sampled_from([("秒", 1), ("分", 60), ("時間", 3600), ("日", 86400), ("週間", 604800)]),
)
def test_a_relative_date_is_right_to_its_unit(count: int, unit: tuple[str, int]) -> None:
    then, found = NOW - timedelta(seconds=count * unit[1]), read_date(f"{count}{unit[0]}くらい前", NOW)
    if found is None:
        assert then < japan(2008, 9, 6)
    else:
        assert timedelta(0) <= then - found < timedelta(seconds=min(unit[1], 86400))


@given(
    st.text()
    | st.from_regex(r"[数半]?\d*[.,]?\d+(秒|分|時間|日|週間|ヶ月|年|月|/|:)(くらい前|\d+日?| \d+:\d+)")
)
def test_no_date_raises(text: str) -> None:
    found = read_date(text, NOW)
    assert found is None or japan(2008, 9, 5) <= found <= NOW
