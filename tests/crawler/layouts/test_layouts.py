"""Each layout against what the embedded site drew, against its saved page, and against any bytes at all."""

import json
import re
from datetime import UTC, datetime, timedelta
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commands.main import main
from crawler.items import PageRow
from crawler.layouts.next_2024 import INCOMPLETE
from crawler.parsing.parse import LAYOUTS, parse
from demo.content import Boke, EmbeddedSite
from demo.faults.pages import without_entries
from demo.routes import HOST, Routes
from demo.variants import LAYOUTS as DRAWN
from store.schema import OUTCOMES, PAGES

SAVED = Path(__file__).parents[1] / "pages"
NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
SITE = EmbeddedSite(photos=9, captions_per_photo=12, seed=3)
NAMES = [layout.__name__.rpartition(".")[2] for layout in LAYOUTS]
NEXT = '<ul class="pagination">.*?</ul>|<span class="pager-plusone-next">.*?</span>|<button.*?</button>'
COLUMNS = {*PAGES.names} - {"etag", "last_modified"}  # these come with the answer, beside the page
COLUMNS -= {"source", "licence"}  # these tell of an import; no page of the site does
each_layout = pytest.mark.parametrize("layout", DRAWN)


# The markup of 2015 that readers attest is that of 2018.
READ_AS = {"bootstrap_2015": "bootstrap_2018"}


def read(layout: str, path: str, now: datetime = NOW) -> PageRow:
    response = Routes(SITE, layout).respond(path, HOST)
    return parse(response.body, f"http://{HOST}{path}", now, response.content_type, status=response.status)


def drawn(boke: Boke) -> tuple[object, ...]:
    return boke.boke_id, boke.odai_id, boke.text, boke.stars, boke.category


def facts(row: PageRow) -> list[tuple[object, ...]]:
    bokes: list[dict[str, object]] = row["bokes"]  # type: ignore[assignment]
    return [
        tuple(boke[name] for name in ("boke_id", "odai_id", "text", "stars", "category")) for boke in bokes
    ]


def photo(number: int) -> str:
    return f"http://photo.bokete.test/photo/odai/600/{SITE.photo_name(number)}_600.jpg"


def test_every_layout_that_the_site_draws_is_read_by_a_module_of_its_name() -> None:
    assert sorted(NAMES) == sorted([*DRAWN, "boke_page_2024"])


@each_layout
def test_an_odai_page_yields_its_photo_and_every_boke_in_order(layout: str) -> None:
    odai = SITE.odai_bokes(4, 1)[0].odai_id
    row = read(layout, f"/odai/{odai}")
    assert (row["outcome"], row["layout"], row["odai_id"]) == ("ok", READ_AS.get(layout, layout), odai)
    assert facts(row) == [drawn(boke) for boke in SITE.odai_bokes(4, 1)]
    assert row["image_url"] == photo(4)
    if layout == "next_2024":
        assert row["links"] == []
        assert str(row["error"]).startswith("possibly incomplete")
    else:
        assert row["links"] == [f"http://{HOST}/odai/{odai}?page=2"]
        assert row["error"] is None


@each_layout
def test_the_last_page_of_an_odai_leads_nowhere(layout: str) -> None:
    odai = SITE.odai_bokes(4, 1)[0].odai_id
    row = read(layout, f"/odai/{odai}?page=2")
    assert facts(row) == [drawn(boke) for boke in SITE.odai_bokes(4, 2)]
    assert (row["outcome"], row["error"], row["links"]) == ("ok", None, [])


@each_layout
def test_a_page_past_the_end_is_no_drift(layout: str) -> None:
    row = read(layout, f"/odai/{SITE.odai_bokes(4, 1)[0].odai_id}?page=9")
    assert (row["outcome"], row["bokes"], row["links"]) == ("ok", [], [])


@each_layout
@pytest.mark.parametrize("name", ["recent", "popular", "legend", "category/バカ"])
def test_a_list_yields_its_boke_with_their_photos_and_leads_to_odai_and_on(layout: str, name: str) -> None:
    row = read(layout, f"/boke/{name}")
    bokes = SITE.listed(name.removeprefix("category/"), 0)
    assert facts(row) == [drawn(boke) for boke in bokes]
    assert [boke["image_url"] for boke in row["bokes"]] == [photo(boke.photo) for boke in bokes]  # type: ignore[attr-defined]
    links: list[str] = row["links"]  # type: ignore[assignment]
    assert set(links) >= {f"http://{HOST}/odai/{boke.odai_id}" for boke in bokes}
    goes_on = SITE.list_length(name.removeprefix("category/")) > 10 and layout != "next_2024"
    assert any("page=2" in link or "/panel?" in link for link in links) == goes_on
    assert row["odai_id"] is None


@each_layout
def test_a_boke_page_yields_that_boke_and_leads_to_its_odai(layout: str) -> None:
    boke = SITE.odai_bokes(2, 1)[3]
    row = read(layout, f"/boke/{boke.boke_id}", datetime.now(UTC))
    assert row["outcome"] == "ok"
    shows_stars = layout != "angular_2020"  # whose page of one boke shows neither stars nor category
    assert facts(row) == [drawn(boke) if shows_stars else (*drawn(boke)[:3], None, None)]
    assert row["bokes"][0]["image_url"] == photo(2)  # type: ignore[index]
    assert row["links"] == [f"http://{HOST}/odai/{boke.odai_id}"]


@each_layout
def test_an_odai_that_is_not_there_is_missing_whatever_the_status(layout: str) -> None:
    response = Routes(SITE, layout).respond("/odai/1", HOST)
    assert parse(response.body, f"http://{HOST}/odai/1", NOW)["outcome"] == "missing"


def test_a_users_page_of_2013_yields_its_boke() -> None:
    user = SITE.odai_bokes(2, 1)[3].user
    row = read("jquery_2013", f"/user/{user}")
    assert row["outcome"] == "ok"
    shown = SITE.posted_by(user, 0, 10)
    assert facts(row) == [(boke.boke_id, None, boke.text, None, boke.category) for boke in shown]


@each_layout
def test_no_users_name_is_in_a_row(layout: str) -> None:
    boke = SITE.odai_bokes(4, 1)[0]
    users = {each.user for photo in range(SITE.photos) for each in SITE.odai_bokes(photo, 1)}
    for path in ("/boke/recent", f"/odai/{boke.odai_id}", f"/boke/{boke.boke_id}"):
        page = Routes(SITE, layout).respond(path, HOST).body.decode()
        assert any(user in page for user in users), "the page shows some"
        row = str(read(layout, path, datetime.now(UTC)))
        assert not [user for user in users if user in row], path


def test_a_panel_goes_on_where_the_list_stopped() -> None:
    first = read("angular_2020", "/boke/recent/panel?category=&max_id=0&op=&rate=")
    (following,) = (link for link in first["links"] if "panel" in link)  # type: ignore[attr-defined]
    second = read("angular_2020", following.removeprefix(f"http://{HOST}"))
    assert facts(first) == [drawn(boke) for boke in SITE.listed("recent", 0)]
    assert facts(second) == [drawn(boke) for boke in SITE.listed("recent", 10)]


def test_labels_come_with_the_sites_confidence() -> None:
    odai = SITE.odai(SITE.odai_bokes(4, 1)[0].odai_id)
    assert odai
    row = read("angular_2020", f"/odai/{odai.odai_id}")
    assert list(zip(row["labels"], row["label_confidences"], strict=True)) == [  # type: ignore[call-overload]
        (word, percent / 100) for word, percent in odai.labels
    ]
    assert row["category"] == odai.category


@pytest.mark.parametrize("layout", [name for name in DRAWN if name != "next_2024"])
def test_raters_and_dates_are_read(layout: str) -> None:
    boke = SITE.odai_bokes(4, 1)[0]
    bokes: list[dict[str, Any]] = read(layout, f"/odai/{boke.odai_id}")["bokes"]  # type: ignore[assignment]
    first = bokes[0]
    assert first["raters"] == boke.raters
    assert abs(NOW - first["posted"] - boke.age) < max(timedelta(days=2), 0.5 * boke.age)


@pytest.mark.parametrize("layout", NAMES)
def test_the_saved_page_of_each_layout_yields_its_expected_json(layout: str) -> None:
    expected = json.loads((SAVED / f"{layout}.json").read_text())
    row = parse((SAVED / f"{layout}.html").read_bytes(), expected["url"], NOW)
    assert json.loads(json.dumps(row, default=str)) == expected


def test_the_error_page_is_an_error_and_not_drift() -> None:
    from demo.layouts import next_2024

    row = parse(next_2024.error().encode(), f"http://{HOST}/odai/5", NOW)
    assert (row["outcome"], row["layout"]) == ("error", "next_2024")


@each_layout
def test_a_layout_without_photo_is_drift(layout: str) -> None:
    boke = SITE.odai_bokes(4, 1)[0]
    body = Routes(SITE, layout).respond(f"/odai/{boke.odai_id}", HOST).body.decode()
    row = parse(body.replace("<img", "<i").encode(), f"http://{HOST}/odai/{boke.odai_id}", NOW)
    assert (row["outcome"], row["error"]) == ("drift", "the layout matches, but yields no photo")


@each_layout
@pytest.mark.parametrize("emptied", [1, 10])
def test_one_empty_boke_is_left_out_and_a_page_of_them_is_drift(layout: str, emptied: int) -> None:
    bokes = SITE.odai_bokes(4, 1)
    path = f"/odai/{bokes[0].odai_id}"
    body = Routes(SITE, layout).respond(path, HOST).body.decode()
    for boke in bokes[:emptied]:
        body = body.replace(escape(boke.text).replace("\n", "<br>"), "").replace(quote(boke.text), "")
    row = parse(body.encode(), f"http://{HOST}{path}", NOW)
    if emptied == 1:
        assert (row["outcome"], facts(row)) == ("ok", [drawn(boke) for boke in bokes[1:]])
        assert row.left_out == read(layout, path).left_out + 1
    else:
        assert row["outcome"] == "drift"
        assert str(row["error"]).startswith("the layout matches, but yields a boke without text (10 of 1")


@each_layout
@pytest.mark.parametrize("unseen", ["\u3164", "\u3000", "\u200b\u2800"], ids=ascii)
def test_captions_of_which_nothing_is_seen_are_no_drift(layout: str, unseen: str) -> None:
    bokes = SITE.odai_bokes(4, 1)
    path = f"/odai/{bokes[0].odai_id}"
    body = Routes(SITE, layout).respond(path, HOST).body.decode()
    for boke in bokes:
        body = body.replace(escape(boke.text).replace("\n", "<br>"), unseen)
        body = body.replace(quote(boke.text), quote(unseen))
    row = parse(body.encode(), f"http://{HOST}{path}", NOW)
    assert (row["outcome"], row["bokes"]) == ("ok", [])
    assert row.left_out == read(layout, path).left_out + len(bokes)


def unanswered(layout: str) -> str:
    odai = SITE.odai_bokes(4, 1)[0].odai_id
    return Routes(SITE, layout).respond(f"/odai/{odai}?page=9", HOST).body.decode()


def read_odai(body: str) -> PageRow:
    return parse(body.encode(), f"http://{HOST}/odai/{SITE.odai_bokes(4, 1)[0].odai_id}", NOW)


@each_layout
def test_an_odai_that_nobody_has_answered_has_no_boke_and_is_no_drift(layout: str) -> None:
    row = read_odai(unanswered(layout))
    assert (row["outcome"], row["error"], row["bokes"]) == ("ok", None, [])
    assert row["image_url"] == photo(4)


@each_layout
def test_boke_beside_the_content_do_not_make_an_odai_without_any_drift(layout: str) -> None:
    aside = '<div id="right_container"><a href="/boke/11147393">人気のボケ</a></div></body>'
    row = read_odai(unanswered(layout).replace("</body>", aside))
    assert (row["outcome"], row["bokes"]) == ("ok", [])


@each_layout
def test_entries_that_are_not_where_they_were_are_drift(layout: str) -> None:
    odai = SITE.odai_bokes(4, 1)[0].odai_id
    for path in (f"/odai/{odai}", f"/odai/{odai}?page=2", "/boke/recent", "/boke/recent?page=2"):
        body = without_entries(Routes(SITE, layout).respond(path, HOST).body.decode())
        row = parse(body.encode(), f"http://{HOST}{path}", NOW)
        assert row["outcome"] == "drift", path
        assert str(row["error"]).startswith("the layout matches, but yields ")


@each_layout
def test_an_odai_without_boke_that_goes_on_is_drift(layout: str) -> None:
    odai = SITE.odai_bokes(4, 1)[0].odai_id
    whole = Routes(SITE, layout).respond(f"/odai/{odai}", HOST).body.decode()
    following = re.findall(NEXT, whole)[0]
    place = "</div></main>" if layout == "next_2024" else "</body>"
    row = read_odai(unanswered(layout).replace(place, following + place))
    assert (row["outcome"], row["layout"]) == ("drift", read_odai(unanswered(layout))["layout"])
    assert (INCOMPLETE in str(row["error"])) == (layout == "next_2024"), "a browser may still find some"


@each_layout
def test_a_list_without_boke_is_drift_on_its_first_page_only(layout: str) -> None:
    body = Routes(SITE, layout).respond("/boke/recent?page=99", HOST).body
    assert parse(body, f"http://{HOST}/boke/recent", NOW)["outcome"] == "drift"
    assert parse(body, f"http://{HOST}/boke/recent?page=99", NOW)["outcome"] == "ok"


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(DRAWN), st.integers(0, 10**6), st.integers(1, 30), st.integers(1, 30), st.data())
def test_what_any_site_draws_is_read_back(
    layout: str, seed: int, photos: int, captions: int, data: st.DataObject
) -> None:
    site = EmbeddedSite(photos, captions, seed)
    number, page = data.draw(st.integers(0, photos - 1)), data.draw(st.integers(1, site.odai_pages(0)))
    bokes = site.odai_bokes(number, page)
    path = f"/odai/{bokes[0].odai_id}?page={page}"
    response = Routes(site, layout).respond(path, HOST)
    row = parse(response.body, f"http://{HOST}{path}", NOW, response.content_type, status=200)
    assert (row["outcome"], row["odai_id"]) == ("ok", bokes[0].odai_id)
    assert facts(row) == [drawn(boke) for boke in bokes]
    assert str(row["image_url"]).endswith(f"/600/{site.photo_name(number)}_600.jpg")


def test_the_command_prints_one_object_with_the_columns_of_the_table(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    odai = SITE.odai_bokes(4, 1)[0].odai_id
    saved = tmp_path / "saved.html"
    saved.write_bytes(Routes(SITE, "bootstrap_2018").respond(f"/odai/{odai}", HOST).body)
    assert main(["parse", str(saved), "--url", f"http://{HOST}/odai/{odai}"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert list(found)
    assert set(found) == COLUMNS
    assert (found["layout"], found["odai_id"], len(found["bokes"])) == ("bootstrap_2018", odai, 10)
    assert main(["parse", str(tmp_path / "none.html"), "--url", f"http://{HOST}/"]) == 2


def check(row: PageRow) -> None:
    assert set(row) == COLUMNS
    assert row["outcome"] in OUTCOMES
    assert pa.Table.from_pylist([row], schema=PAGES).num_rows == 1


@settings(max_examples=100, deadline=None)
@given(st.binary() | st.text().map(str.encode))
def test_no_body_at_all_makes_the_parser_raise(body: bytes) -> None:
    check(parse(body, f"http://{HOST}/odai/5", NOW))


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(DRAWN), st.data())
def test_no_damage_to_a_page_makes_the_parser_raise(layout: str, data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(["/boke/recent", f"/odai/{SITE.odai_bokes(4, 1)[0].odai_id}"]))
    body = bytearray(Routes(SITE, layout).respond(path, HOST).body)
    for _ in range(data.draw(st.integers(1, 5))):
        start = data.draw(st.integers(0, len(body)))
        end = min(len(body), start + data.draw(st.integers(0, 200)))
        body[start:end] = data.draw(st.binary(max_size=20) | st.just(bytes(body[:300])))
    row = parse(bytes(body), f"http://{HOST}{path}", NOW)
    check(row)
    assert all(boke["text"] for boke in row["bokes"]) or row["outcome"] != "ok"  # type: ignore[attr-defined]


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=60), st.sampled_from(["utf-8", None, "x-unknown", "idna", "undefined", "hex"]))
def test_no_address_and_no_charset_makes_the_parser_raise(path: str, charset: str | None) -> None:
    body = Routes(SITE, "angular_2020").respond("/boke/recent", HOST).body
    kind = f"text/html; charset={charset}" if charset else None
    check(parse(body, f"http://{HOST}/{path}", NOW, kind))
