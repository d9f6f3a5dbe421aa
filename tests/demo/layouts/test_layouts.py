"""Each layout renders the site's content in the markup that is known of the real site."""

import json
import re
from datetime import UTC, datetime, timedelta, timezone
from urllib.parse import unquote

import pytest
from parsel import Selector

from demo.content import CATEGORIES, LISTS, Boke, EmbeddedSite, odai_id
from demo.layouts import next_2024
from demo.layouts.layout import relative_date
from demo.routes import HOST, Routes
from demo.variants import LAYOUTS

SITE = EmbeddedSite(30, 12, seed=8)
ODAI = odai_id(8, 5)


def page(layout: str, target: str) -> Selector:
    response = Routes(SITE, layout).respond(target, HOST)
    assert response.status == 200
    return Selector(response.body.decode())


def shown(selector: Selector, query: str) -> str:
    """Return the text of the first match, `<br>` as a line break."""
    pieces = selector.xpath(query)[0].xpath(".//text() | .//br")
    return "".join(
        "\n" if piece.root == "br" or not isinstance(piece.root, str) else piece.get() for piece in pieces
    )


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(
    "target", [f"/odai/{ODAI}", "/boke/recent", "/boke/category/シュール", "/boke/80000007"]
)
def test_every_page_shows_captions_photos_and_dates(layout: str, target: str) -> None:
    body = Routes(SITE, layout).respond(target, HOST).body.decode()
    assert "//photo.bokete.test/photo/odai/" in body
    assert "くらい前" in body
    assert body.count("/boke/8000") >= 1


@pytest.mark.parametrize("layout", LAYOUTS)
def test_what_is_not_there_is_said_in_the_layouts_words(layout: str) -> None:
    response = Routes(SITE, layout).respond("/odai/3", HOST)
    assert response.status == 404
    assert "見つかりま" in response.body.decode()


def panels(document: Selector) -> list[str]:
    """Return the address of the panel that a page's button loads, as the readers of 2020 make it."""
    clicks = document.css("button.btn.btn-primary.btn-long::attr(ng-click)").getall()
    found = [
        re.search(r"\{max_id:(\d+),category:'([^']*)',op:'([^']*)',rate:'([^']*)'\}", click)
        for click in clicks
    ]
    return [
        f"/boke/recent/panel?category={one[2]}&max_id={one[1]}&op={one[3]}&rate={one[4]}"
        for one in found
        if one
    ]


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", LISTS + CATEGORIES)
def test_every_list_can_be_walked_to_its_end(layout: str, name: str) -> None:
    path = f"/boke/{name}" if name in LISTS else f"/boke/category/{name}"
    target, seen = path, set[str]()
    while target:
        document = page(layout, target)
        seen |= {
            link for link in document.xpath("//a/@href").getall() if link[6:].isdecimal() and link[1] == "b"
        }
        links = document.css("a[rel=next], li.next a, .pager-plusone-next a").xpath("@href").getall()
        links += document.css("button[data-next]").xpath("@data-next").getall()
        links = [f"{path}{link[link.index('?') :]}" for link in links] + panels(document)
        assert len(links) <= 1
        target = links[0] if links else ""
    assert len(seen) == SITE.list_length(name)


def entries(target: str) -> list[Boke]:
    return SITE.listed("popular", 0) if "popular" in target else SITE.odai_bokes(5, 1)


@pytest.mark.parametrize("target", ["/boke/popular", f"/odai/{ODAI}"])
def test_jquery_2013(target: str) -> None:
    found = list(page("jquery_2013", target).css("div.boke-entry"))
    if "boke" in target:
        assert "id" not in found.pop(3).attrib
    for entry, boke in zip(found, entries(target), strict=True):
        assert entry.attrib["id"] == f"boke-entry-{boke.boke_id}"
        assert entry.xpath('div[@class="photo"]/a[starts-with(@href, "/odai/")]/img/@src')
        assert shown(entry, 'p[@class="boke_read"]') == boke.text
        assert f">{boke.category}</a>】" in entry.css("p.boke-entry-info").get("")
        assert entry.css(f'p.boke-entry-info a[href="/boke/{boke.boke_id}"]::text').get() == relative_date(
            boke.age
        )
        stars = " ".join(entry.css("div.boke-entry-rating").xpath("string()").get("").split())
        assert stars == f"★ の合計 {boke.stars}（{boke.raters}）"


def test_a_users_page_of_2013_names_nothing_but_the_boke() -> None:
    user = SITE.listed("recent", 0)[0].user
    first = page("jquery_2013", f"/user/{user}/boke")
    mine = SITE.posted_by(user, 0, 100)
    assert {boke.user for boke in mine} == {user}
    for entry, boke in zip(first.css("div.boke-list"), mine[:10], strict=True):
        assert "id" not in entry.attrib
        assert shown(entry, ".//h3") == boke.text
        assert not entry.css("h3 a, em, a[href^='/odai/']")
        assert entry.css(f'div.boke-list-odai a[href="/boke/{boke.boke_id}"] img[src*="/240/"]')
        assert entry.css(".boke-list-boke-meta-boke a::text").getall() == [
            boke.category,
            relative_date(boke.age),
        ]
    assert Routes(SITE, "jquery_2013").respond("/user/だれか1", HOST).status == 404


@pytest.mark.parametrize("layout", ["bootstrap_2015", "bootstrap_2018"])
@pytest.mark.parametrize("target", ["/boke/popular", f"/odai/{ODAI}"])
def test_bootstrap(layout: str, target: str) -> None:
    document = page(layout, target)
    assert document.css(".boke-photo > .boke-photo-content > a > img")
    found = list(document.css(".content-boke > .boke"))
    if "boke" in target:
        assert not found.pop(3).css("a")
    for entry, boke in zip(found, entries(target), strict=True):
        assert entry.css("a.boke-text::attr(href)").get() == f"/boke/{boke.boke_id}"
        text = shown(entry, 'a[@class="boke-text"]')
        assert text == boke.text or (
            layout == "bootstrap_2018" and boke.text.startswith(text.removesuffix("…"))
        )
        assert entry.css(".boke-stars a::text").getall()[1].strip() == f"{boke.stars:,}"
        assert entry.css(".boke-information-label a::text").get() == relative_date(boke.age)


def test_lists_of_2018_cut_captions_that_their_dialogs_have_whole() -> None:
    cut = 0
    found = [entry for entry in page("bootstrap_2018", "/boke/popular").css(".boke") if entry.css("a")]
    for entry, boke in zip(found, entries("popular"), strict=True):
        cut += shown(entry, 'a[@class="boke-text"]').endswith("…")
        dialog = entry.css(f'.modal-dialog[data-boke-id="{boke.boke_id}"]')
        embed = dialog.css("input::attr(value)").getall()[1]
        assert Selector(embed).css("a > img::attr(title)").get() == boke.text
    assert cut


@pytest.mark.parametrize("target", ["/boke/popular", f"/odai/{ODAI}"])
def test_angular_2020(target: str) -> None:
    found = list(page("angular_2020", target).xpath('//div[@id="content"]/div[@class="boke"]'))
    if "boke" in target:
        assert not found.pop(3).css("a")
    for entry, boke in zip(found, entries(target), strict=True):
        encoded = entry.xpath('a[@class="boke-text"]/div/@ng-init').get()
        text = unquote(encoded[3:-1]) if encoded else shown(entry, 'a[@class="boke-text"]/div')
        assert text == boke.text
        assert entry.css("div.boke-stars a::text").getall()[1].strip() == f"{boke.stars:,}"


def test_the_odai_of_2020_stands_where_its_readers_have_it() -> None:
    document, odai = page("angular_2020", f"/odai/{ODAI}"), SITE.odai(ODAI)
    assert odai
    block = '//*[@id="content"]/div[1]/div[1]/div/div'
    assert odai.photo_name in document.xpath(f"{block}/a/img/@src").get("")
    assert document.xpath(f"{block}/div[2]/a[3]/text()").get() == odai.category
    labels = document.xpath(f'{block}/div[3]/a[@class="btn btn-sm btn-default"]')
    assert [a.xpath("text()").get("").strip() for a in labels] == [word for word, _ in odai.labels]


def test_angular_2020_panels_go_on_by_the_button() -> None:
    for name in ("recent", *CATEGORIES):
        category = "" if name == "recent" else name
        targets, seen = [f"/boke/recent/panel?category={category}&max_id=0&op=&rate="], list[str]()
        while targets:
            panel = page("angular_2020", targets[0])
            seen += panel.css("a.boke-text::attr(href)").getall()
            targets = panels(panel)
        assert seen == [f"/boke/{boke.boke_id}" for boke in SITE.listed(name, 0, SITE.bokes)]
    assert Routes(SITE, "angular_2020").respond("/boke/recent/panel?category=x", HOST).status == 404


def test_popular_odai_of_2020_are_headings() -> None:
    target, seen = "/odai/popular", list[str]()
    while target:
        document = page("angular_2020", target)
        seen += document.xpath('//*[@id="content"]/div[2]/div/div/h3/b/a/@href').getall()
        target = document.css("a[rel=next]::attr(href)").get("")
    assert sorted(seen) == sorted(f"/odai/{odai_id(8, photo)}" for photo in range(SITE.photos))
    assert Routes(SITE, "next_2024").respond("/odai/popular", HOST).status == 404


def test_a_boke_page_of_the_months_before_next() -> None:
    boke = SITE.listed("popular", 0, 1)[0]
    document = page("angular_2020", f"/boke/{boke.boke_id}")
    assert SITE.photo_name(boke.photo) in document.xpath("(//img[@src][@alt])[2]/@src").get("")
    assert shown(document, "//h1") == boke.text
    assert document.css('a[title="ボケ詳細"][target="_self"]::text').get() == relative_date(boke.age)


@pytest.mark.parametrize("target", ["/boke/popular", f"/odai/{ODAI}"])
def test_next_2024(target: str) -> None:
    document = page("next_2024", target)
    block = '//*[@id="__next"]/main/div[1]'
    first, *found = document.xpath(f"{block}/div")
    assert bool(first.xpath("a/figure/img")) == target.startswith("/odai")
    assert bool(first.xpath("div[3]/div/a[1]/button")) == target.startswith("/odai")
    assert document.xpath(f"{block}/button")
    assert not found.pop(3).css("a")
    for entry, boke in zip(found, entries(target), strict=True):
        assert shown(entry, "div/div/div/div[1]/a[2]/h1") == boke.text
        stars = entry.xpath("div/div/div/div[1]/div[3]/div[1]/a/text()").getall()
        assert "".join(stars) == f"{boke.stars:,}"
        assert entry.xpath("div/div/div/div[1]/div[3]/div[2]/a/text()").get() == relative_date(boke.age)


def test_a_boke_page_since_2024_carries_the_sites_own_data() -> None:
    boke = SITE.listed("popular", 0, 1)[0]
    script = page("next_2024", f"/boke/{boke.boke_id}").css("#__NEXT_DATA__::text").get("")
    assert script.isascii()
    data = json.loads(script)["props"]["pageProps"]["boke"]
    assert (data["id"], data["odaiId"], data["text"]) == (boke.boke_id, boke.odai_id, boke.text)
    assert (data["rateSum"], data["rateCount"], data["category"]) == (boke.stars, boke.raters, boke.category)
    posted = datetime.strptime(data["date"], "%Y-%m-%d %H:%M:%S").replace(tzinfo=timezone(timedelta(hours=9)))
    assert abs(datetime.now(UTC) - boke.age - posted) < timedelta(minutes=1)
    assert SITE.photo_name(boke.photo) in data["odai"]["photo"]["largeUrl"]


def test_next_2024_serves_its_script() -> None:
    assert Routes(SITE, "next_2024").respond("/_next/static/more.js", HOST).body.decode() == next_2024.SCRIPT


@pytest.mark.parametrize(
    ("age", "text"),
    [
        (timedelta(seconds=20), "たった今"),
        (timedelta(minutes=59), "59分くらい前"),
        (timedelta(hours=5, minutes=30), "5時間くらい前"),
        (timedelta(days=3), "3日くらい前"),
        (timedelta(days=70), "2ヶ月くらい前"),
        (timedelta(days=800), "2年くらい前"),
    ],
)
def test_dates_are_relative(age: timedelta, text: str) -> None:
    assert relative_date(age) == text
