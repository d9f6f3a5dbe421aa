"""Each layout renders the site's content in the markup that is known of the real site."""

from datetime import timedelta
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
        assert len(links) <= 1
        target = f"{path}{links[0][links[0].index('?') :]}" if links else ""
    assert len(seen) == SITE.list_length(name)


def entries(target: str) -> list[Boke]:
    return SITE.listed("popular", 0) if "popular" in target else SITE.odai_bokes(5, 1)


@pytest.mark.parametrize("target", ["/boke/popular", f"/odai/{ODAI}"])
def test_jquery_2013(target: str) -> None:
    found = page("jquery_2013", target).css("div.boke-entry")
    for entry, boke in zip(found, entries(target), strict=True):
        assert entry.attrib["id"] == f"boke-entry-{boke.boke_id}"
        assert shown(entry, 'p[@class="boke_read"]') == boke.text
        assert boke.category in entry.css("p.boke-entry-info").get("")
        assert entry.css("em::text").get() == str(boke.stars)
        assert f"（{boke.raters}）" in entry.get()
        assert relative_date(boke.age) in entry.css("p.boke-entry-info a::text").getall()


def test_jquery_2013_shows_a_users_boke_with_headings() -> None:
    user = SITE.listed("recent", 0)[0].user
    first = page("jquery_2013", f"/user/{user}")
    assert len(first.css("div.boke-list h3")) == 10
    mine = SITE.posted_by(user, 0, 100)
    assert {boke.user for boke in mine} == {user}
    assert [shown(h3, "a") for h3 in first.css("div.boke-list h3")] == [boke.text for boke in mine[:10]]
    assert Routes(SITE, "jquery_2013").respond("/user/だれか1", HOST).status == 404


@pytest.mark.parametrize(("layout", "tag"), [("bootstrap_2015", "h3"), ("bootstrap_2018", "a")])
@pytest.mark.parametrize("target", ["/boke/popular", f"/odai/{ODAI}"])
def test_bootstrap(layout: str, tag: str, target: str) -> None:
    document = page(layout, target)
    assert document.css(".boke-photo .boke-photo-content > a > img")
    for entry, boke in zip(document.css(".content-boke > .boke"), entries(target), strict=True):
        assert shown(entry, f'{tag}[@class="boke-text"]') == boke.text
        assert f"/boke/{boke.boke_id}" in entry.css(".boke-text").get("")
        assert entry.css(".boke-stars a::text").get("").strip() == f"{boke.stars:,}"
        assert entry.css(".boke-information-label a::text").get() == relative_date(boke.age)


@pytest.mark.parametrize("target", ["/boke/popular", f"/odai/{ODAI}"])
def test_angular_2020(target: str) -> None:
    found = page("angular_2020", target).xpath('//div[@id="content"]/div[@class="boke"]')
    for entry, boke in zip(found, entries(target), strict=True):
        encoded = entry.xpath('a[@class="boke-text"]/div/@ng-init').get()
        text = unquote(encoded[3:-1]) if encoded else shown(entry, 'a[@class="boke-text"]/div')
        assert text == boke.text
        assert entry.css("div.boke-stars a::text").getall()[1].strip() == f"{boke.stars:,}"


def test_angular_2020_panels_follow_any_list() -> None:
    routes = Routes(SITE, "angular_2020")
    for name in LISTS + CATEGORIES:
        path = f"/boke/{name}" if name in LISTS else f"/boke/category/{name}"
        target, seen = f"{path}/panel", list[str]()
        while target:
            panel = Selector(routes.respond(target, HOST).body.decode() or "<p></p>")
            seen += panel.css("a.boke-text::attr(href)").getall()
            target = panel.css("a.btn-more::attr(href)").get("")
        assert seen == [f"/boke/{boke.boke_id}" for boke in SITE.listed(name, 0, SITE.bokes)]


@pytest.mark.parametrize("target", ["/boke/popular", f"/odai/{ODAI}"])
def test_next_2024(target: str) -> None:
    document = page("next_2024", target)
    first, *found = document.xpath('//*[@id="__next"]/main/div[1]/div')
    assert bool(first.xpath("a/figure/img")) == target.startswith("/odai")
    assert document.css("#__next button")
    for entry, boke in zip(found, entries(target), strict=True):
        assert shown(entry, "div/div/div/div[1]/a[2]/h1") == boke.text
        assert entry.xpath("div/div/div/div[3]/div[1]/a/text()").get() == f"★{boke.stars:,}"
        assert entry.xpath("div/div/div/div[3]/div[2]/a/text()").get() == relative_date(boke.age)


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
