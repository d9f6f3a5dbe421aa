"""When pages are read again: what a run asks for is what its tables say is due, at any moment."""

import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.items import PageRow
from crawler.job import Job
from crawler.link_rules import NOTHING_NEW
from crawler.memory.frontier import Frontier
from crawler.memory.tables import Tables
from crawler.options import CrawlOptions, EmbeddedSite
from tests.crawl_tables import write

GROWING = EmbeddedSite(day=0)
NOW = datetime(2026, 6, 1, tzinfo=UTC)
SITE = "http://bokete.test"
RECENT, PANEL = "/boke/recent", "/boke/recent/panel?category=&max_id={}&op=&rate="


def boke(
    boke_id: int, odai_id: int | None = 1, age: float | None = None, stars: int | None = 0
) -> dict[str, Any]:
    """Return a boke that was posted `age` days ago."""
    posted = None if age is None else NOW - timedelta(days=age)
    return {"boke_id": boke_id, "odai_id": odai_id, "text": "x", "stars": stars, "posted": posted}


def page(
    path: str, days_ago: float, *links: str, bokes: list[dict[str, Any]] | None = None, **more: Any
) -> dict[str, Any]:
    number = path.removeprefix("/odai/").partition("?")[0]
    return {
        "url": SITE + path,
        "outcome": "ok",
        "fetched_at": NOW - timedelta(days=days_ago),
        "odai_id": int(number) if number.isdecimal() else None,
        "links": [SITE + link for link in links],
        "bokes": bokes or [],
        "error": None,
        "image_url": None,
        **more,
    }


def due(directory: Path, *rows: dict[str, Any], at: datetime = NOW, **options: Any) -> list[str]:
    """Return the paths that are due `at` a moment in a crawl of these rows, as the tables say."""
    write(directory, rows, [])
    with Tables(Job(CrawlOptions(embedded=GROWING, **options), directory, started=at)) as tables:
        return [url.removeprefix(SITE) for url in tables.due("pages", 99)]


HOUR = 1 / 24


@pytest.mark.parametrize(("hours", "found"), [(5.9, []), (6.1, [RECENT])])
def test_a_list_is_read_again_after_hours(hours: float, found: list[str], tmp_path: Path) -> None:
    assert due(tmp_path, page(RECENT, hours * HOUR)) == found


@pytest.mark.parametrize(
    ("age", "days", "found"),
    [
        (0.5, 0.9, 0),
        (0.5, 1.1, 1),
        (30, 14, 0),
        (30, 16, 1),
        (3000, 1400, 0),
        (3000, 1600, 1),
        (None, 1.1, 1),
    ],
)
def test_an_odai_is_read_again_after_days_that_grow_with_its_age(
    age: float | None, days: float, found: int, tmp_path: Path
) -> None:
    """`age` is that of its newest boke when it was read, `days` ago."""
    bokes = [boke(1, age=age + days + 100), boke(2, age=age + days)] if age is not None else []
    rows = page(RECENT, 0, "/odai/1"), page("/odai/1", days, bokes=bokes)
    assert due(tmp_path, *rows) == ["/odai/1"] * found


def test_the_age_of_an_odai_without_dates_counts_from_when_it_was_first_seen(tmp_path: Path) -> None:
    rows = page(RECENT, 0, "/odai/1"), page("/odai/1", 60), page("/odai/1", 20)
    assert due(tmp_path / "a", *rows, at=NOW - timedelta(days=1)) == []  # 40 days old 20 days ago
    assert due(tmp_path / "a", at=NOW + timedelta(hours=1)) == [RECENT, "/odai/1"][1:]


def test_dates_to_come_and_a_clock_that_goes_back_make_nothing_due(tmp_path: Path) -> None:
    rows = page(RECENT, -3), page("/odai/1", -3, bokes=[boke(1, age=-50)])
    assert due(tmp_path, *rows, start=(RECENT, "/odai/1")) == []
    young = page("/odai/1", 2, bokes=[boke(1, age=-50)])
    assert due(tmp_path / "b", young, start=("/odai/1",)) == ["/odai/1"]


def test_what_is_gone_or_opts_out_is_not_asked_for_again_and_what_failed_is(tmp_path: Path) -> None:
    outcomes = ("missing", "denied", "error", "drift")
    rows = [page(f"/odai/{n}", 30, outcome=outcome) for n, outcome in enumerate(outcomes, 1)]
    start = tuple(f"/odai/{n}" for n in range(1, 5))
    assert due(tmp_path, *rows, start=start) == ["/odai/4", "/odai/3"]
    assert len(due(tmp_path, start=start, revisit_after=29.0)) == 4
    assert due(tmp_path, start=start, revisit_after=31.0) == []
    assert due(tmp_path, start=start, odai_after=None) == []


def test_the_further_pages_of_an_odai_follow_the_first(tmp_path: Path) -> None:
    old = page("/odai/1", 9, "/odai/1?page=2", bokes=[boke(1, age=9)]), page("/odai/1?page=2", 9 - HOUR)
    assert due(tmp_path, *old, start=("/odai/1",)) == ["/odai/1"]
    assert due(tmp_path, page("/odai/1", 0, "/odai/1?page=2"), start=("/odai/1",)) == ["/odai/1?page=2"]
    assert due(tmp_path, page("/odai/1?page=2", -HOUR), start=("/odai/1",)) == []


def newest_first(number: int, days_ago: float, first: int, *links: str, **more: Any) -> dict[str, Any]:
    path = RECENT if number == 1 else f"{RECENT}?page={number}"
    bokes = [boke(first - place, odai_id=None) for place in range(3)]
    return page(path, days_ago, *links, bokes=bokes, **more)


def test_the_further_pages_of_a_list_in_the_order_of_time_follow_the_first(tmp_path: Path) -> None:
    first = newest_first(1, 9, 30, f"{RECENT}?page=2")
    rest = newest_first(2, 9 - HOUR, 27, f"{RECENT}?page=3"), newest_first(3, 9 - 2 * HOUR, 24)
    assert due(tmp_path, first, *rest) == [RECENT]
    assert due(tmp_path, newest_first(1, 0, 30, f"{RECENT}?page=2", error=NOTHING_NEW)) == []
    assert due(tmp_path, newest_first(1, -HOUR, 31, f"{RECENT}?page=2")) == [f"{RECENT}?page=2"]
    assert due(tmp_path, newest_first(2, -2 * HOUR, 28, f"{RECENT}?page=3", error=NOTHING_NEW)) == []


def test_the_further_pages_of_any_other_list_have_slower_clocks(tmp_path: Path) -> None:
    links = {number: [f"/boke/hot?page={number + 1}"] for number in range(1, 9)}
    mixed = [boke(1), boke(5)]
    paths = {number: f"/boke/hot?page={number}" if number > 1 else "/boke/hot" for number in links}
    rows = [page(paths[number], 25 * HOUR, *links[number], bokes=mixed) for number in links]
    rows.append(page("/boke/hot?page=9", 25 * HOUR, bokes=mixed))
    assert due(tmp_path, *rows, start=("/boke/hot",)) == [
        "/boke/hot", "/boke/hot?page=2", "/boke/hot?page=3", "/boke/hot?page=4"]  # fmt: skip


def has_nothing_new(directory: Path, row: dict[str, Any]) -> bool:
    with Tables(Job(CrawlOptions(embedded=GROWING), directory, started=NOW)) as tables:
        return tables.listed().has_nothing_new(PageRow(row))


def test_a_list_is_left_where_it_shows_what_it_showed_up_to_its_last_end(tmp_path: Path) -> None:
    first = newest_first(1, 9, 30, f"{RECENT}?page=2")
    second = newest_first(2, 9 - HOUR, 27, f"{RECENT}?page=3")
    write(tmp_path, [first, second], [])
    assert not has_nothing_new(tmp_path, newest_first(1, 0, 30)), "no pass has reached the end"
    write(tmp_path, [newest_first(3, 9 - 2 * HOUR, 24)], [])
    assert has_nothing_new(tmp_path, newest_first(1, 0, 30))
    assert has_nothing_new(tmp_path, newest_first(2, 0, 29))
    assert not has_nothing_new(tmp_path, newest_first(1, 0, 31))
    assert not has_nothing_new(tmp_path, newest_first(4, 0, 24)), "a page that was never read leads on"
    mixed = page(RECENT, 0, bokes=[boke(26), boke(30), boke(28)])
    assert not has_nothing_new(tmp_path, mixed), "in no order, new ones may stand anywhere"


def test_a_second_pass_that_was_killed_is_not_taken_for_known(tmp_path: Path) -> None:
    """Pass 1 showed 30 to 22. Pass 2 saw 60 to 58 and was killed: 57 to 31 have not been seen."""
    whole = [newest_first(1, 9, 30, f"{RECENT}?page=2"), newest_first(2, 8.9, 27)]
    write(tmp_path, [*whole, newest_first(1, 5, 60, f"{RECENT}?page=2")], [])
    assert not has_nothing_new(tmp_path, newest_first(1, 0, 60))
    assert has_nothing_new(tmp_path, newest_first(2, 0, 30))
    write(tmp_path, [newest_first(2, 4, 30, f"{RECENT}?page=3", error=NOTHING_NEW)], [])
    assert has_nothing_new(tmp_path, newest_first(1, 0, 60)), "by now a pass has come down to what was known"


def test_panels_are_told_by_what_they_show(tmp_path: Path) -> None:
    start = page(RECENT, 9, PANEL.format(28), bokes=[boke(30), boke(29), boke(28)])
    panel = page(PANEL.format(28), 8.9, bokes=[boke(27), boke(26)])
    write(tmp_path, [start, panel], [])
    assert has_nothing_new(tmp_path, page(PANEL.format(29), 0, bokes=[boke(27), boke(26)]))
    assert not has_nothing_new(tmp_path, page(PANEL.format(29), 0, bokes=[boke(28), boke(27)]))


# ---- the queue of a run and the tables


PATHS = (
    RECENT, f"{RECENT}?page=2", f"{RECENT}?page=3", "/boke/hot", "/boke/hot?page=2", PANEL.format(5),
    PANEL.format(9), "/odai/1", "/odai/1?page=2", "/odai/2", "/odai/2?page=2", "/odai/3", "/boke/7",
)  # fmt: skip
MOMENTS = st.sampled_from([0.01, 0.1, 0.2, 0.3, 0.6, 0.9, 1.1, 2.0, 5.0, 9.0, 40.0, -1.0])


@st.composite
def rows(draw: st.DrawFn, path: str | None = None, days_ago: float | None = None) -> dict[str, Any]:
    path = path or draw(st.sampled_from(PATHS))
    ids = draw(st.lists(st.integers(1, 12), max_size=3, unique=True))
    ids = sorted(ids, reverse=True) if draw(st.booleans()) else ids
    ages, stars = st.sampled_from([None, 0.0, 3.0, 20.0, 300.0, -2.0]), st.sampled_from([None, 0, 9])
    bokes = [boke(n, draw(st.sampled_from([1, 2, 3])), draw(ages), draw(stars)) for n in ids]
    links = draw(st.lists(st.sampled_from(PATHS), max_size=4, unique=True))
    outcome = draw(st.sampled_from(["ok"] * 6 + ["missing", "error", "drift", "denied"]))
    found = page(path, draw(MOMENTS) if days_ago is None else days_ago, *links, bokes=bokes, outcome=outcome)
    return found if outcome == "ok" else found | {"bokes": [], "links": []}


OPTIONS = st.builds(
    CrawlOptions,
    embedded=st.just(GROWING),
    start=st.sampled_from([(RECENT,), ("/boke/hot", f"{RECENT}?page=2"), (RECENT, "/odai/1")]),
    min_stars=st.sampled_from([0, 5]),
    max_page_number=st.sampled_from([1, 2, 1000]),
    revisit_after=st.sampled_from([None, None, 0.5, 30.0]),
    lists_after=st.sampled_from([6.0, None]),
    odai_after=st.sampled_from([1.0, None]),
)


def followed(found: Frontier, row: PageRow) -> PageRow:
    """Follow a row as a session does."""
    if found.has_nothing_new(row):
        row["error"] = NOTHING_NEW
    found.follow(row)
    return row


def table(job: Job) -> set[str]:
    with Tables(job) as tables:
        return set(tables.due("pages", 999))


class Run(NamedTuple):
    """A run that is killed: its settings, what earlier runs left, and the answers that it gets."""

    options: CrawlOptions
    before: list[dict[str, Any]]
    retry: bool
    data: st.DataObject


RUNS = st.builds(Run, OPTIONS, st.lists(rows(), max_size=14), st.booleans(), st.data())


@settings(max_examples=8)
@given(run=RUNS)
def test_the_queue_and_the_tables_agree_whenever_a_run_is_killed(run: Run) -> None:
    check_agreement(run)


@pytest.mark.long
@settings(max_examples=400)
@given(run=RUNS)
def test_they_agree_in_many_more_runs(run: Run) -> None:
    check_agreement(run)


def check_agreement(run: Run) -> None:
    options, before, retry, data = run
    with tempfile.TemporaryDirectory() as folder:
        job = Job(options, Path(folder), started=NOW, retry_failed=retry)
        write(job.directory, before, [])
        with Tables(job) as tables:
            found = Frontier(job, tables)
        asked: list[str] = []
        for moment in range(data.draw(st.integers(0, 8))):
            if not len(found.pages):
                break
            asked.append(found.pages.pop())
            path = asked[-1].removeprefix(SITE)
            row = followed(found, PageRow(data.draw(rows(path=path, days_ago=-0.001 * (moment + 1)))))
            write(job.directory, [row], [])
        assert len(set(asked)) == len(asked), "each address once a run"
        waiting = {found.pages.pop() for _ in range(len(found.pages))}
        assert waiting == table(job)
        at_once = Job(options, Path(folder), started=NOW + timedelta(minutes=20), retry_failed=False)
        assert not set(asked) & table(at_once), "what was read just now is not due at once"


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({}, ": lists again after 6 hours, odai again after 24 hours and more, the older they are"),
        ({"lists_after": None, "odai_growth": 0}, ": odai again after 24 hours"),
        ({"revisit_after": 0.5}, ": lists again after 12 hours, odai again after 12 hours"),
        ({"lists_after": None, "odai_after": None}, ""),
        ({"site": "embedded"}, ""),
    ],
)
def test_what_is_up_to_date_says_until_when(options: dict[str, Any], told: str) -> None:
    assert CrawlOptions(**{"site": "https://bokete.jp", **options}).revisits.told() == told
