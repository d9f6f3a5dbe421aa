"""When a stretch of a run is not like those of earlier runs: median, MAD, floors and least numbers."""

import random
from datetime import UTC, datetime, timedelta

import pytest

from crawler.history.deviation import deviations
from crawler.history.figures import Figure, Tally, values
from crawler.items import PageRow
from store.schema import FIGURES

NOW = datetime(2026, 11, 29, tzinfo=UTC)
NOTHING: dict[str, float | None] = {column.name: None for column in FIGURES}


def runs(name: str, *found: float) -> list[dict[str, float | None]]:
    return [NOTHING | {name: value} for value in found]


def names(name: str, value: float, earlier: list[float], error: float = 0.1, pages: int = 100) -> list[str]:
    return [str(one.name) for one in deviations({name: Figure(value, error, pages)}, runs(name, *earlier))]


@pytest.mark.parametrize(
    ("value", "earlier", "deviates"),
    [
        (4.1, [8.2, 8.0, 8.4], True),  # half of the boke
        (6.2, [8.2, 8.0, 8.4], False),  # a quarter less is within what no two crawls agree in
        (16.4, [8.2, 8.0, 8.4], True),  # twice: boke of others are read as these
        (4.1, [8.2, 8.2, 8.2], True),  # with a MAD of 0
        (4.1, [8.2, 8.2], False),  # too few runs
        (4.1, [8.2, 8.0, 8.4, 0.5], True),  # one odd run among them changes nothing
        (5.0, [2.0, 8.0, 15.0, 30.0], False),  # runs that never agreed
    ],
)
def test_a_number_of_boke_deviates_either_way(value: float, earlier: list[float], deviates: bool) -> None:
    assert bool(names("bokes_per_odai", value, earlier)) == deviates


@pytest.mark.parametrize(
    ("value", "earlier", "deviates"),
    [(0.5, [1, 1, 1], True), (0.9, [1, 1, 1], False), (1.0, [0.2, 0.2, 0.2], False), (0.0, [0.1] * 3, False)],
)
def test_a_share_deviates_where_it_falls(value: float, earlier: list[float], deviates: bool) -> None:
    assert bool(names("with_stars", value, earlier)) == deviates


def test_few_pages_and_wide_errors_are_no_deviation() -> None:
    assert names("bokes_per_odai", 4.0, [8.0] * 3, pages=19) == []
    assert names("bokes_per_odai", 4.0, [8.0] * 3, error=1.1) == []
    assert names("with_labels", 0.0, [1.0] * 3) == [], "labels are only shown"


def test_chance_alone_raises_no_alarm() -> None:
    """Odai with 1 to 24 boke, evenly: 60 histories of six like runs of 50 pages each, no alarm."""
    random_numbers = random.Random(5)
    alarms = 0
    for _ in range(60):
        figures = [tally([random_numbers.randint(1, 24) for _ in range(50)]).figures() for _ in range(6)]
        alarms += bool(deviations(figures[-1], [values(one) for one in figures[:-1]]))
    assert alarms == 0


def boke(**changes: object) -> dict[str, object]:
    known = dict.fromkeys(("boke_id", "raters", "category", "image_url"), None)
    return {**known, "stars": 1, "posted": NOW - timedelta(days=400), **changes}


def page(count: int, url: str = "http://b/odai/1", **changes: object) -> PageRow:
    row = {
        "url": url,
        "outcome": "ok",
        "fetched_at": NOW,
        "image_url": None,
        "labels": [],
        "bokes": [boke()] * count,
    }
    return PageRow({**row, **changes})


def tally(counts: list[int]) -> Tally:
    found = Tally()
    for count in counts:
        found.add(page(count))
    return found


def test_figures_are_means_with_their_errors() -> None:
    """Of 2, 4 and 9 the mean is 5, the variance 13, the standard error √(13/3)."""
    found = tally([2])
    found.join(tally([4, 9]))
    figure = found.figures()["bokes_per_odai"]
    assert (figure.value, figure.pages) == (5, 3)
    assert figure.error == pytest.approx((13 / 3) ** 0.5)


def test_young_odai_and_further_pages_tell_nothing_of_the_number_of_boke() -> None:
    found = Tally()
    found.add(page(2, bokes=[boke(posted=NOW - timedelta(days=3))] * 2))
    found.add(page(2, bokes=[boke(posted=None)]))
    found.add(page(2, url="http://b/odai/1?page=2"))
    found.add(page(0))
    assert "bokes_per_odai" not in found.figures()
    assert found.figures()["with_posted"].value == pytest.approx(4 / 5)


def test_lists_odai_and_pages_that_failed_are_told_apart() -> None:
    found = Tally()
    found.add(page(10, url="http://b/boke/recent", bokes=[boke(stars=None)] * 10))
    found.add(page(3, labels=["犬"], image_url="http://p/1.jpg"))
    found.add(page(1, url="http://b/boke/7"))
    found.add(page(0, outcome="drift"))
    figures = {name: figure.value for name, figure in found.figures().items()}
    assert found.pages == 4
    assert figures == {
        "bokes_per_odai": 3,
        "bokes_per_list": 10,
        "with_stars": 1,
        "with_raters": 0,
        "with_category": 0,
        "with_posted": 1,
        "with_photo": 3 / 4,
        "with_labels": 1,
    }
    assert values({})["with_stars"] is None


def test_figures_of_too_few_pages_are_left_out() -> None:
    assert tally([3] * 19).figures(least=20) == {}
