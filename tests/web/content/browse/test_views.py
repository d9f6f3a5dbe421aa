"""Which photos a view shows, in what order: held to plain Python over the dataset's rows, and to DuckDB."""

import html
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import duckdb
import pytest
from fastapi.testclient import TestClient

from store.place import Place
from tests.web.content.browse.conftest import RUN, Rows, found

Photo = dict[str, Any]


def any_caption(holds: Callable[[Photo], bool]) -> Callable[[Photo], bool]:
    return lambda photo: any(holds(one) for one in photo["captions"])


def score(row: Photo, name: str) -> float | None:
    return next((one["value"] for one in row["scores"] or () if one["name"] == name), None)


def day(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, tzinfo=UTC)


FILTERS: dict[str, Callable[[Photo], bool]] = {
    "": lambda photo: True,
    "split=dev": lambda photo: photo["split"] == "dev",
    "label=犬": lambda photo: "犬" in (photo["labels"] or ()),
    "label=It's": lambda photo: "It's" in (photo["labels"] or ()),
    "category=動物": lambda photo: photo["category"] == "動物",
    "category=例え": any_caption(lambda one: one["category"] == "例え"),
    "stars=3": any_caption(lambda one: (one["stars"] or 0) >= 3),
    "stars_max=0": any_caption(lambda one: not one["stars"]),
    "stars=2&stars_max=7": any_caption(lambda one: 2 <= (one["stars"] or 0) <= 7),
    "length_min=5&length_max=8": any_caption(lambda one: 5 <= len(one["text"]) <= 8),
    "stars=100&length_max=3": any_caption(lambda one: (one["stars"] or 0) >= 100 and len(one["text"]) <= 3),
    "posted_from=2020-02-29&posted_to=2020-02-29": any_caption(
        lambda one: one["posted"] is not None and day(2020, 2, 29) <= one["posted"] < day(2020, 3, 1)
    ),
    "posted_to=2013-06-30": any_caption(
        lambda one: one["posted"] is not None and one["posted"] < day(2013, 7, 1)
    ),
    "posted_to=9999-12-31": any_caption(lambda one: one["posted"] is not None),
    "captions_min=2&captions_max=2": lambda photo: len(photo["captions"]) == 2,
    "text=nhk": any_caption(lambda one: "NHK" in one["text_nfkc"]),
    "text=1": any_caption(lambda one: "1" in one["text_nfkc"]),
    "text='": any_caption(lambda one: "'" in one["text"]),
    "text=(": any_caption(lambda one: "(" in one["text"]),
    "score=light&score_min=0.3": lambda photo: (score(photo, "light") or 0) > 0.29,
    "score=kanji&score_max=0.25&stars=4": any_caption(
        lambda one: (score(one, "kanji") or 1) <= 0.25 and (one["stars"] or 0) >= 4
    ),
    "score=nothing": lambda photo: False,
    # Beyond the greatest of the numbers that scores are, 3.4e38.
    "score=light&score_min=1e308": lambda photo: False,
    "score=light&score_max=1e308": lambda photo: score(photo, "light") is not None,
    "score=kanji&score_min=-1e308": any_caption(lambda one: score(one, "kanji") is not None),
}


@pytest.mark.parametrize("query", FILTERS, ids=ascii)
def test_a_filter_finds_what_plain_python_finds(client: TestClient, photos: Rows, query: str) -> None:
    expected = [photo["sha256"] for photo in photos if FILTERS[query](photo)]
    assert found(client, query) == expected


def best(photo: Photo) -> Any:
    return max((one["stars"] or 0 for one in photo["captions"]), default=None)


def newest(photo: Photo) -> Any:
    return max((one["posted"] for one in photo["captions"] if one["posted"]), default=None)


def kanji(photo: Photo) -> Any:
    return max(
        (value for one in photo["captions"] if (value := score(one, "kanji")) is not None), default=None
    )


ORDERS: dict[str, Callable[[Photo], Any]] = {
    "stars": best,
    "newest": newest,
    "captions": lambda photo: len(photo["captions"]),
    "score.light": lambda photo: score(photo, "light"),
    "score.kanji": kanji,
}


@pytest.mark.parametrize("least", [False, True])
@pytest.mark.parametrize("order", ORDERS)
def test_an_order_is_that_of_plain_python(client: TestClient, photos: Rows, order: str, least: bool) -> None:
    value = ORDERS[order]
    known = [photo for photo in photos if value(photo) is not None]
    # Python's sort is stable both ways: what is equal keeps the dataset's order.
    known.sort(key=value, reverse=not least)
    expected = known + [photo for photo in photos if value(photo) is None]
    assert len({value(photo) for photo in known}) > 2
    assert found(client, f"sort={order}" + "&least=1" * least) == [photo["sha256"] for photo in expected]


def test_near_copies_stand_side_by_side(client: TestClient, photos: Rows) -> None:
    odai = {photo["sha256"]: photo["odai_ids"][0] for photo in photos}
    order = [odai[sha256] for sha256 in found(client, "sort=near")]
    assert {*order[:3]} == {2, 5, 6}
    assert {*order[3:5]} == {1, 8}
    place = {photo["odai_ids"][0]: n for n, photo in enumerate(photos)}
    for part in (order[:3], order[3:5], order[5:]):
        assert [place[one] for one in part] == sorted(place[one] for one in part)
    page = html.unescape(client.get("/pipelines/it's/data?sort=near").text)
    assert page.count("2 near copies") == 3
    assert page.count("1 near copy") == 2
    group = next(photo["group"] for photo in photos if photo["odai_ids"] == [8])
    assert {odai[sha256] for sha256 in found(client, f"group={group}")} == {1, 8}


def test_an_order_by_loss_is_that_of_the_evaluation(client: TestClient, photos: Rows) -> None:
    # 3n nats for 2 tokens of the photo n, and none of the third one.
    sha256s = [photo["sha256"] for photo in photos]
    most = [*reversed([sha256 for n, sha256 in enumerate(sha256s) if n != 2]), sha256s[2]]
    assert found(client, f"sort=loss&run={RUN}") == most
    page = client.get(f"/pipelines/it's/data?sort=loss&run={RUN}").text
    assert [f"{value:.3f}" for value in (10.5, 9.0, 7.5)] == re.findall(r"loss (\d+\.\d+)", page)[:3]
    assert "not measured" in page
    assert f"run={RUN}" in page, "a link names the run"


VIEWS = [
    *FILTERS,
    *(f"sort={order}" for order in (*ORDERS, "near", f"loss&run={RUN}")),
    *(f"sort={order}&least=1&stars=1" for order in (*ORDERS, "near", f"loss&run={RUN}", "")),
    "label=犬&sort=near&split=train",
]


@pytest.mark.parametrize("query", VIEWS, ids=ascii)
def test_the_query_on_a_page_finds_the_same_photos(client: TestClient, query: str) -> None:
    page = client.get(f"/pipelines/it's/data?{query}").text
    told = re.search(r'<pre class="query whole" tabindex="0"><code>(.*?)</code>', page, re.DOTALL)
    assert told
    with duckdb.connect() as database:
        rows = database.execute(html.unescape(told[1])).fetchall()
    assert [row[0] for row in rows] == found(client, query)


@pytest.mark.parametrize(
    ("query", "status", "reason"),
    [
        (
            "sort=fame",
            400,
            "There is no order 'fame'. There are: stars, newest, captions, near, loss",
        ),
        ("sort=score.fame", 400, "There is no order"),
        ("sort=loss", 404, "bokeru train"),
        ("sort=loss&run=none", 404, "none"),
        ("posted_from=2020-02-30", 422, "posted_from"),
        ("stars_max=-1", 422, "stars_max"),
        ("score_min=inf", 422, "score_min"),
    ],
)
def test_what_cannot_be_is_told(client: TestClient, query: str, status: int, reason: str) -> None:
    for path in ("data", "data.csv", "statistics"):
        answer = client.get(f"/pipelines/it's/{path}?{query}")
        assert (answer.status_code, reason in html.unescape(answer.text)) == (status, True), answer.text


def test_a_form_sends_empty_fields(client: TestClient, looked: Place) -> None:
    names = (
        "split category label stars stars_max length_min length_max posted_from posted_to captions_min "
        "captions_max text score score_min score_max sort least group run"
    )
    empty = "&".join(f"{name}=" for name in names.split())
    assert "8 photos" in client.get(f"/pipelines/{looked.name}/data?{empty}").text
