"""Each fault does what its line says."""

import gzip
import re
from io import BytesIO

import pytest
from parsel import Selector

from demo.content import EmbeddedSite, odai_id
from demo.faults.injection import FAULTS_BY_NAME
from demo.faults.routes import FaultyRoutes
from demo.routes import HOST, Routes
from demo.site import running
from demo.variants import FAULTS, LAYOUTS, PAGE_FAULTS, PHOTO_FAULTS, describe
from tests.demo.faults.faulty_site import (
    SITE,
    affected,
    affected_photo,
    captions,
    correct_page,
    faulty_page,
    faulty_photo,
)

NEXT = "a[rel=next], li.next a, .pager-plusone-next a, button[data-next]"


def test_every_fault_is_described_and_made() -> None:
    assert FAULTS_BY_NAME.keys() == FAULTS.keys()
    assert all(f"  {name} " in describe() for name in FAULTS)


def test_unknown_faults_are_named() -> None:
    with pytest.raises(ValueError, match="no fault is called 'x'"):
        FaultyRoutes(Routes(SITE, "angular_2020"), ["x"])
    with pytest.raises(ValueError, match="no fault is called 'x'"), running(1, 1, 1, faults=["x"]):
        pass


def test_no_odai_has_two_faults_and_every_fault_has_one() -> None:
    found = affected(FAULTS, SITE.photos, SITE.seed)
    for kind in (PAGE_FAULTS, PHOTO_FAULTS):
        photos = [photo for name in kind for photo in found[name]]
        assert len(photos) == len(set(photos)) == SITE.photos
        assert all(found[name] for name in kind)


def test_most_pages_are_left_alone() -> None:
    hit = set(affected(["empty"], 80, SITE.seed)["empty"])
    assert len(hit) == 10
    routes = FaultyRoutes(Routes(SITE, "angular_2020"), ["empty"])
    for number in range(SITE.photos):
        body = routes.respond(f"/odai/{odai_id(SITE.seed, number)}", HOST).body
        assert (body == b"") == (number in hit)


@pytest.mark.parametrize(
    ("fault", "statuses"),
    [
        ("403-burst", [403, 403, 200]),
        ("429", [429, 200]),
        ("429-date", [429, 200]),
        ("503", [503, 200]),
        ("500", [500, 200]),
        ("500-always", [500, 500, 500]),
    ],
)
def test_statuses(fault: str, statuses: list[int]) -> None:
    answers = [faulty_page(fault, times=times + 1) for times in range(len(statuses))]
    assert [answer.status for answer in answers] == statuses
    assert ("Retry-After" in answers[0].headers) == (fault in {"429", "429-date", "503"})


@pytest.mark.parametrize("fault", [name for name in FAULTS if name.startswith("robots")])
def test_robots(fault: str) -> None:
    answer = FaultyRoutes(Routes(SITE, "angular_2020"), [fault]).respond("/robots.txt", HOST)
    normal = Routes(SITE, "angular_2020").respond("/robots.txt", HOST)
    assert answer != normal
    assert answer.status == {"robots-503": 503, "robots-404": 404}.get(fault, 200)


def test_blocked_refuses_all_but_robots() -> None:
    routes = FaultyRoutes(Routes(SITE, "angular_2020"), ["blocked"])
    assert routes.respond("/boke/recent", HOST).status == 403
    assert routes.respond("/robots.txt", HOST).status == 200


@pytest.mark.parametrize(
    ("fault", "start"),
    [
        ("redirect-private", "http://10."),
        ("redirect-loopback", "http://127.0.0.1:9/"),
        ("redirect-elsewhere", "http://example.com/"),
        ("redirect-file", "file:///"),
    ],
)
def test_redirects(fault: str, start: str) -> None:
    assert faulty_page(fault).status == 302
    assert faulty_page(fault).headers["Location"].startswith(start)


def test_a_redirect_loop_never_arrives() -> None:
    there = faulty_page("redirect-loop").headers["Location"]
    back = faulty_page("redirect-loop", query=f"?{there.partition('?')[2]}").headers["Location"]
    assert there == f"{back}?again=1"


@pytest.mark.parametrize(("fault", "encoding"), [("euc-jp", "euc_jp"), ("shift-jis", "cp932")])
def test_encodings_are_not_what_the_label_says(fault: str, encoding: str) -> None:
    answer = faulty_page(fault)
    assert "utf-8" in answer.content_type
    assert "くらい前" in answer.body.decode(encoding)
    with pytest.raises(UnicodeDecodeError):
        answer.body.decode()


@pytest.mark.parametrize("fault", ["broken-html", "huge"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_what_is_broken_can_still_be_read(fault: str, layout: str) -> None:
    broken, whole = (
        faulty_page(fault, layout=layout).body.decode(),
        correct_page(fault, layout=layout).body.decode(),
    )
    assert len(broken) != len(whole)
    query = "//p[@class='boke_read'] | //*[@class='boke-text'] | //h1"
    read, expected = (
        ["".join(found.css("::text").getall()) for found in Selector(text, huge_tree=True).xpath(query)]
        for text in (broken, whole)
    )
    assert read == expected
    assert len(read) == 10


def test_huge_is_ten_megabytes() -> None:
    assert len(faulty_page("huge").body) > 10**7


def test_a_cut_page_lacks_the_end_of_its_last_caption() -> None:
    layout = "bootstrap_2018"
    cut, whole = (
        captions(faulty_page("cut-page", layout=layout)),
        captions(correct_page("cut-page", layout=layout)),
    )
    assert cut[:-1] == whole[:-1]
    assert whole[-1].startswith(cut[-1])
    assert len(cut[-1]) < len(whole[-1])


@pytest.mark.parametrize("layout", LAYOUTS)
def test_nul_bytes_and_emoji_are_in_the_texts(layout: str) -> None:
    assert faulty_page("nul-bytes", layout=layout).body.count(b"\0") > 20
    assert faulty_page("emoji", layout=layout).body.decode().count("👨‍👩‍👧‍👦") >= 5


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_duplicate_has_the_same_id_and_another_text(layout: str) -> None:
    text = faulty_page("duplicate-ids", layout=layout).body.decode()
    whole = correct_page("duplicate-ids", layout=layout).body.decode()
    first = re.findall(r"/boke/(8\d+)", whole)[0]
    assert text.count(f"/boke/{first}") == 2 * whole.count(f"/boke/{first}")
    assert text.count("（再）") == 1


def test_a_vanished_odai_ends_early() -> None:
    assert faulty_page("vanish").status == 200
    assert faulty_page("vanish", "?page=2").status == 404
    single = FaultyRoutes(Routes(EmbeddedSite(40, 3, seed=2), "angular_2020"), ["vanish"])
    assert single.respond(f"/odai/{odai_id(2, affected_photo('vanish'))}", HOST).status == 404


@pytest.mark.parametrize("layout", LAYOUTS)
def test_endless_pages_go_on(layout: str) -> None:
    for page in (1, 2, 3, 50):
        body = faulty_page("endless-pages", f"?page={page}", layout=layout).body.decode()
        links = Selector(body).css(NEXT).xpath("@href | @data-next").getall()
        assert {link.partition("?")[2] for link in links} == {f"page={page + 1}"}
        assert "くらい前" in body


@pytest.mark.parametrize("layout", LAYOUTS)
def test_endless_lists_go_on(layout: str) -> None:
    routes = FaultyRoutes(Routes(SITE, layout), ["endless-lists"])
    body = routes.respond("/boke/legend?page=900", HOST).body.decode()
    assert "page=901" in body
    assert "くらい前" in body


def test_trouble_passes() -> None:
    routes = FaultyRoutes(Routes(SITE, "next_2024"), ["next-error"])
    first, second = (routes.respond("/boke/recent", HOST) for _ in range(2))
    assert "エラーが発生しました。" in first.body.decode()
    assert (first.status, second) == (200, Routes(SITE, "next_2024").respond("/boke/recent", HOST))


def test_opt_outs() -> None:
    assert faulty_page("opt-out-header").headers["X-Robots-Tag"] == "noai, noimageai"
    assert faulty_page("opt-out-others").headers["X-Robots-Tag"].startswith("otherbot:")
    page = Selector(faulty_page("opt-out-meta").body.decode())
    assert page.css("meta[name=robots]::attr(content)").get() == "noai, noimageai"
    assert faulty_photo("photo-opt-out").headers["X-Robots-Tag"] == "noimageai"


@pytest.mark.parametrize("layout", LAYOUTS)
def test_drift_leaves_the_words_but_not_the_markup(layout: str) -> None:
    page = Selector(faulty_page("drift", layout=layout).body.decode())
    assert not page.xpath("//@class | //@id | //*[starts-with(name(), 'ng-')] | //main | //h1")
    assert "くらい前" in page.get()
    assert not Selector(faulty_page("drift-photo", layout=layout).body.decode()).css("img")
    empty = Selector(faulty_page("drift-empty", layout=layout).body.decode())
    query = "//p[@class='boke_read'] | //*[@class='boke-text'] | //main//h1"
    places = ["".join(found.css("::text").getall()).strip() for found in empty.xpath(query)]
    assert places == [""] * 10
    assert not empty.xpath("//@ng-init")


def test_bad_bodies() -> None:
    assert faulty_page("empty").body == b""
    with pytest.raises(gzip.BadGzipFile):
        gzip.decompress(faulty_page("bad-gzip").body)


def test_a_small_gzip_unpacks_to_a_gigabyte() -> None:
    bomb = faulty_page("gzip-bomb")
    assert len(bomb.body) < 2_000_000
    assert int.from_bytes(bomb.body[-4:], "little") == 2**30
    with gzip.open(BytesIO(bomb.body)) as file:
        assert file.read(2**26) == b" " * 2**26
