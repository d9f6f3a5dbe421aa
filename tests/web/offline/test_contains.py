"""\"Is mine in it?\" in a copy of the pages, in a real browser: from a disk and from a plain server."""

import hashlib
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from dataset import read
from dataset.held.contains import asked_page
from store.addresses import photo_key
from store.place import Place
from tests.crawl_tables import image_url, photo
from tests.web.offline.conftest import CONTACT, Visit


@pytest.mark.parametrize("where", ["disk", "server"])
@pytest.mark.parametrize(
    ("name", "width", "scheme", "found", "not_found"),
    [
        ("contains.html", 1280, "light", "It is in it.", "It is not in it."),
        ("contains.ja.html", 390, "dark", "ここにあります。", "ここにはありません。"),
    ],
)
def test_a_copy_tells_what_is_in_it(
    visit: Visit, whole: Place, where: str, name: str, width: int, scheme: str, found: str, not_found: str
) -> None:
    page = visit(name, where, width, scheme)
    results, command = page.locator("#results"), page.locator("#results code")
    asks = {
        "3001": "bokeru forget --pipeline demo --boke 3001",
        "sp.bokete.jp/odai/3/": "bokeru forget --pipeline demo --odai 3",
        image_url(3): f"bokeru contains --pipeline demo '{image_url(3)}'",
    }
    for text, said in asks.items():
        page.get_by_role("searchbox").fill(text)
        page.keyboard.press("Enter")
        expect(results.get_by_text(found)).to_be_visible()
        expect(results).to_contain_text("2026-01-01")
        expect(results).to_contain_text(CONTACT)
        expect(command).to_have_text(said)
    for text in ("999", "https://bokete.jp/boke/999", image_url(999)):
        page.get_by_role("searchbox").fill(text)
        page.keyboard.press("Enter")
        expect(results.get_by_text(not_found)).to_be_visible()
    choose(page, photo(999))
    expect(results.get_by_text(not_found)).to_be_visible()
    choose(page, photo(3))
    expect(results.get_by_text(found)).to_be_visible()
    digest = hashlib.sha256(photo(3)).hexdigest()
    expect(command).to_have_text(f"bokeru forget --pipeline demo --sha256 {digest}")
    results.locator("summary").click()
    expect(command).to_be_visible()
    page.get_by_role("searchbox").fill("my cat")
    page.keyboard.press("Enter")
    expect(results.get_by_text(found)).to_have_count(0)
    expect(results.locator(".notice")).to_be_visible()


def choose(page: Page, content: bytes) -> None:
    files = [{"name": "mine.jpg", "mimeType": "image/jpeg", "buffer": content}]
    page.locator("input[type=file]").set_input_files(files)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def script(browser: Browser, copy: Path) -> Page:
    page = browser.new_page()
    page.goto((copy / "contains.html").as_uri())
    return page


def test_its_hashes_are_sha256(script: Page) -> None:
    lengths = [*range(130), 1_000_003]
    hashes = script.evaluate("lengths => lengths.map(n => held.sha256(new Uint8Array(n).fill(7)))", lengths)
    assert hashes == [hashlib.sha256(b"\x07" * length).hexdigest() for length in lengths]


@pytest.mark.parametrize(
    "text",
    [
        *("20", "007", "0", "9" * 18, "9" * 19, "-1", "２０"),
        *(
            "https://bokete.jp/boke/20",
            "bokete.jp/boke/020",
            "HTTP://SP.BOKETE.JP/odai/3?x=1#top",
            "x/boke/1/",
        ),
        *(
            "http://127.0.0.1:8080//boke//20",
            "https://bokete.jp/boke/20/more",
            "https://bokete.jp/",
            "cat",
            "",
        ),
        *(image_url(1), image_url(1).replace("600", "240"), "https://example.org/a.jpg", "ftp://x/a.jpg"),
    ],
)
def test_it_takes_what_the_command_takes(script: Page, text: str) -> None:
    page = asked_page(text)
    expected = {"kind": page[0], "name": str(page[1])} if page else None
    if not page and text.lower().startswith(("http://", "https://")):
        expected = {"kind": "address", "name": photo_key(text)}
    assert script.evaluate("text => held.asked(text)", text) == expected


def test_every_caption_and_photo_is_found(script: Page, whole: Place) -> None:
    captions = read.captions(whole.dataset).to_pylist()
    names = [f"boke {row['boke_id']}" for row in captions]
    names += [f"photo {sha256}" for sha256 in read.photos(whole.dataset)["sha256"].to_pylist()]
    strangers = [f"boke {number}" for number in range(500)]
    search = """names => names.filter(name => {
        const [kind, ...rest] = name.split(" ");
        return held.keys.find({ kind, name: rest.join(" ") }).length === 1;
    })"""
    assert script.evaluate(search, [*names, *strangers]) == names
