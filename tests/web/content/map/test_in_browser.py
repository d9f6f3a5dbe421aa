"""The map in a browser: a collapse is one colour, photos are found by pointer and keys, on phone and desk."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from store.place import Place
from tests.web.content.map.conftest import BLIND
from tests.web.content.map.test_page import seeing
from tests.web.test_browser import OUTSIDE, accessible
from web.app import create
from web.browser import serving

SIZES = {390: 844, 1280: 900}
NAMES = {"en": ("Map of the photos", "Colours by"), "ja": ("写真の地図", "色分け")}
COLOURS = """canvas => {
    const shown = {}, pen = canvas.getContext("2d");
    const { data } = pen.getImageData(0, 0, canvas.width, canvas.height);
    const count = new Map();
    for (let at = 0; at < data.length; at += 4) {
        const colour = `rgb(${data[at]}, ${data[at + 1]}, ${data[at + 2]})`;
        if (data[at + 3] === 255) count.set(colour, (count.get(colour) ?? 0) + 1);
    }
    const probe = document.createElement("button");
    document.querySelector(".map-legend").append(probe);
    for (let group = 0; group <= 7; group += 1) {
        probe.className = `swatch g${group}`;
        shown[group] = count.get(getComputedStyle(probe).backgroundColor) ?? 0;
    }
    probe.remove();
    return shown;
}"""
"""Returns how many pixels of a canvas have the colour of each group."""
Open = Callable[..., Page]


@pytest.fixture(scope="module")
def address(collapsed: Place) -> Iterator[str]:
    with serving(create(collapsed.data, "demo", ("127.0.0.1",))) as address:
        yield f"{address}/pipelines/demo/map"


@pytest.fixture
def visit(browser: Browser) -> Iterator[Open]:
    """Open a page and wait until its photos are drawn; at the end, the console must be empty."""
    complaints: list[str] = []
    contexts = []

    def open_page(address: str, width: int = 1280, **settings: object) -> Page:
        size = {"width": width, "height": SIZES[width]}
        context = browser.new_context(viewport=size, **settings)  # type: ignore[arg-type]
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(address)
        expect(page.locator("[data-drawn]")).to_be_attached(timeout=60_000)
        page.on("console", lambda message: complaints.append(message.text))
        page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


def seen(page: Page) -> set[int]:
    """Return the groups whose colours are on the map, with more than a few pixels."""
    found = page.locator("canvas").evaluate(COLOURS)
    return {int(group) for group, pixels in found.items() if pixels > 50}


def test_the_map_of_a_collapsed_model_is_one_colour(visit: Open, address: str, collapsed: Place) -> None:
    """And that of one that sees photos is not; a screen reader is told the same by the legend."""
    page = visit(f"{address}?run={BLIND}")
    assert seen(page) == {1}
    expect(page.locator(".map-legend li")).to_have_count(1)
    accessible(page)
    page = visit(f"{address}?run={seeing(collapsed)}")
    assert len(seen(page)) >= 4
    assert page.locator(".map-legend li").count() >= 4


@pytest.mark.long
@pytest.mark.parametrize("width", SIZES)
@pytest.mark.parametrize("language", NAMES)
def test_one_colour_on_phone_and_desk_light_and_dark(
    visit: Open, address: str, width: int, language: str
) -> None:
    scheme = "dark" if language == "ja" else "light"
    page = visit(f"{address}?run={BLIND}&lang={language}", width, color_scheme=scheme)
    assert seen(page) == {1}
    title, by = NAMES[language]
    expect(page.get_by_role("application", name=title)).to_be_visible()
    page.locator("details").evaluate_all("all => all.forEach(each => { each.open = true; })")
    accessible(page)
    for wide in (360, 768, 1280, 1920):
        page.set_viewport_size({"width": wide, "height": 900})
        assert page.evaluate(OUTSIDE) == []
    page.get_by_label(by).select_option("split")
    expect(page.locator(".map-legend li")).to_have_count(2)
    expect(page.locator("[data-drawn]")).to_be_attached()
    page.wait_for_timeout(200)
    assert seen(page) == {1, 2}


@pytest.mark.long
def test_photos_are_found_by_keys(visit: Open, address: str, collapsed: Place) -> None:
    page = visit(f"{address}?run={seeing(collapsed)}")
    page.get_by_label("Colours by").focus()
    page.keyboard.press("Tab")
    canvas, card, told = page.locator("canvas"), page.locator(".map-card"), page.locator("[data-said]")
    expect(canvas).to_be_focused()
    expect(card).to_be_visible()
    first = card.get_attribute("href")
    seen_links = {first}
    for key in ("ArrowRight", "ArrowDown", "ArrowLeft", "ArrowUp", "ArrowRight", "ArrowRight"):
        page.keyboard.press(key)
        seen_links.add(card.get_attribute("href"))
    assert len(seen_links) > 2
    expect(told).to_contain_text("/ 40:")
    before = canvas.evaluate("canvas => canvas.toDataURL()")
    for key in ("+", "+", "Shift+ArrowLeft"):
        page.keyboard.press(key)
    expect(canvas).to_have_class("closer")
    page.wait_for_timeout(100)
    assert canvas.evaluate("canvas => canvas.toDataURL()") != before
    page.keyboard.press("0")
    expect(canvas).not_to_have_class("closer")
    target = card.get_attribute("href")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{target}")


@pytest.mark.long
def test_a_pointer_shows_a_photo_and_opens_it_and_moves_the_map(
    visit: Open, address: str, collapsed: Place
) -> None:
    page = visit(f"{address}?run={seeing(collapsed)}")
    where = page.evaluate(
        """() => {
            const { photos } = JSON.parse(document.querySelector("[data-map] script").textContent);
            const canvas = document.querySelector("canvas"), box = canvas.getBoundingClientRect();
            const unit = 0.46 * Math.min(canvas.clientWidth, canvas.clientHeight);
            const { x, y, caption, sha256 } = photos[5];
            const [left, top] = [box.left + box.width / 2, box.top + box.height / 2];
            return [left + x * unit, top + y * unit, caption, sha256];
        }"""
    )
    page.mouse.move(where[0], where[1])
    card = page.locator(".map-card")
    expect(card).to_be_visible()
    expect(card.locator(".tile-text")).to_have_text(where[2])
    box = page.locator("canvas").bounding_box()
    assert box
    page.get_by_role("button", name="Closer").click()
    page.mouse.move(box["x"] + 300, box["y"] + 300)
    page.mouse.down()
    page.mouse.move(box["x"] + 380, box["y"] + 340, steps=4)
    page.mouse.up()
    assert "/map" in page.url, "a drag opens nothing"
    page.get_by_role("button", name="Show all of it").click()
    page.mouse.move(where[0], where[1])
    page.mouse.down()
    page.mouse.up()
    page.wait_for_url(f"**/photos/{where[3]}")


@pytest.mark.long
def test_a_legend_shows_one_colour_alone(visit: Open, address: str, collapsed: Place) -> None:
    page = visit(f"{address}?run={seeing(collapsed)}")
    button = page.locator(".swatch").first
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")
    page.wait_for_timeout(100)
    assert seen(page) == {1}
    button.click()
    expect(button).to_have_attribute("aria-pressed", "false")


@pytest.mark.long
def test_without_scripts_there_are_legend_and_list(browser: Browser, address: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}?run={BLIND}")
    expect(page.locator("canvas")).to_be_hidden()
    expect(page.locator(".map-legend li")).to_have_count(1)
    page.get_by_text("As a list").click()
    expect(page.locator("td a").first).to_be_visible()
    context.close()
