"""Two runs side by side, why a caption, and photos to try in a browser, by pointer and by keys."""

import shutil
from collections.abc import Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import Browser, Page, expect

from store.place import Place
from tests.web import small_pipeline
from tests.web.test_browser import OUTSIDE, SIZES, accessible
from web.app import create
from web.browser import serving


@pytest.fixture(scope="module")
def place(whole: Place, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Return a copy of the whole pipeline with two runs."""
    place = replace(whole, data=shutil.copytree(whole.data, tmp_path_factory.mktemp("reasons") / "data"))
    small_pipeline.train(place, seed=72)
    return place


@pytest.fixture(scope="module")
def address(place: Place) -> Iterator[str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("web.content.library.Extractor", small_pipeline.Extractor)
        with serving(create(place.data, "demo", ("127.0.0.1",))) as address:
            yield f"{address}/pipelines/demo"


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """Yield a page; at the end, the console must be empty."""
    complaints: list[str] = []
    context = browser.new_context(locale="en")
    page = context.new_page()
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    assert complaints == []


def test_why_a_caption_stands_below_its_photo(page: Page, address: str) -> None:
    page.goto(f"{address}/generate?strategy=greedy&lang=en")
    card = page.locator("article.card").nth(1)
    link = card.get_by_role("link", name="Why this caption?")
    link.focus()
    page.keyboard.press("Enter")
    reasons = card.locator(".why")
    expect(reasons.locator("li")).to_have_count(6, timeout=30_000)
    expect(reasons).to_be_focused()
    expect(reasons.locator("mark").first).to_be_visible()
    assert "/generate" in page.url
    expect(page.locator("article.card").first.locator(".why li")).to_have_count(0)
    accessible(page)


@pytest.mark.long
@pytest.mark.parametrize("language", ["en", "ja"])
def test_two_runs_side_by_side(page: Page, address: str, language: str) -> None:
    page.emulate_media(color_scheme="dark" if language == "ja" else "light")
    page.goto(f"{address}/training?lang={language}")
    for box in page.locator("#choice input[type=checkbox]").all():
        box.check()
    page.locator("#choice button").first.click()
    page.locator("a.button[href*=side-by-side]").click()
    expect(page.locator("article.card")).to_have_count(11, timeout=30_000)
    accessible(page)
    for width in SIZES:
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate(OUTSIDE) == []
    order = page.locator("select[name=order]")
    order.focus()
    order.select_option("photos")
    page.wait_for_url("**order=photos**")
    expect(order).to_be_focused()
    page.locator("select[name=split]").select_option("train")
    expect(page.locator("article.card")).to_have_count(12, timeout=30_000)
    page.locator("a[rel=next]").click()
    expect(page.locator(".pager span")).to_contain_text("2")


@pytest.mark.long
def test_a_photo_to_try_is_captioned_by_keys(page: Page, address: str) -> None:
    page.goto(f"{address}/try?lang=en")
    page.locator(".example").nth(2).focus()
    page.keyboard.press("Enter")
    expect(page.locator("#results article .tokens").first).to_be_visible(timeout=30_000)
    accessible(page)
