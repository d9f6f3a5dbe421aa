"""A caption saved as a picture, in a real browser: from the app, and from a copy on a disk."""

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Locator, Page

from store.place import Place
from tests import crawl_tables
from tests.web import small_pipeline
from web.app import create
from web.browser import serving
from web.content.library import Library
from web.export import export

PAPER = (250, 246, 238)
WIDE = 480
"""Photos of 96 pixels are drawn so wide, as squares."""


@pytest.fixture(scope="module")
def address(whole: Place) -> Iterator[str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("web.content.library.Extractor", small_pipeline.Extractor)
        with serving(create(whole.data, "demo", ("127.0.0.1",))) as address:
            yield f"{address}/pipelines/demo"


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """Yield a page whose console must be empty at the end."""
    page, complaints = browser.new_page(), list[str]()
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    page.close()
    assert complaints == []


def saved(page: Page, caption: Locator) -> np.ndarray:
    """Press a caption's button; return the pixels that were downloaded, (H, W, 3)."""
    with page.expect_download() as download:
        caption.locator(".save").click()
    assert download.value.suggested_filename.endswith(".png")
    image = Image.open(io.BytesIO(Path(download.value.path()).read_bytes()))
    return np.asarray(image.convert("RGB"), np.int16)


def shows(pixels: np.ndarray, jpeg: bytes) -> bool:
    """Tell whether a picture is a photo above, and below it ink on paper that does not reach the edges."""
    photo = Image.open(io.BytesIO(jpeg)).convert("RGB").resize((WIDE, WIDE), Image.Resampling.BILINEAR)
    above, below = pixels[:WIDE], pixels[WIDE:]
    edges = np.concatenate(
        [below[:8].reshape(-1, 3), below[-8:].reshape(-1, 3), below[:, -8:].reshape(-1, 3)]
    )
    is_photo = np.abs(above - np.asarray(photo, np.int16)).mean() < 4
    return bool(is_photo and (edges == PAPER).all() and (below.min(axis=2) < 60).any())


def lines(pixels: np.ndarray) -> int:
    """Count the lines of text below a photo: runs of rows that hold ink."""
    has_ink = (np.abs(pixels[WIDE:] - PAPER).max(axis=2) > 60).any(axis=1)
    return int((np.diff(has_ink.astype(int)) == 1).sum())


def test_the_app_saves_what_people_and_the_model_wrote(page: Page, address: str, whole: Place) -> None:
    page.goto(f"{address}/generate")
    card = page.locator("article").first
    sha256 = str(card.locator("img.photo").get_attribute("src")).split("/")[-1][:64]
    jpeg = Library().jpeg(whole, sha256, 600)
    person, other = (saved(page, card.locator(".people li").nth(n)) for n in (0, 1))
    model = saved(page, card.locator(".model li").first)
    for pixels in (person, other, model):
        assert shows(pixels, jpeg)
        assert lines(pixels) >= 3, "the caption, who wrote it, whom to credit"
    below = slice(WIDE, WIDE + 60)
    assert not np.array_equal(person[below], other[below]), "another caption"
    notes = slice(-70, None)
    assert np.array_equal(person[notes], other[notes]), "both by a person, of one photo"
    assert not np.array_equal(person[notes], model[notes]), "a model says so"


def test_a_long_caption_is_cut_into_lines(page: Page, address: str) -> None:
    page.goto(f"{address}/generate")
    caption = page.locator("article .people li").first
    short = saved(page, caption)
    caption.locator("[lang=ja]").evaluate(
        "element => { element.textContent = '犬'.repeat(40) + '\\n猫 and a dog'; }"
    )
    long = saved(page, caption)
    assert lines(long) == lines(short) + 3, (
        "40 letters of 30 pixels in 432 take three lines, and one more follows"
    )


def test_buttons_come_with_new_captions_and_pages_without_photos_have_none(
    page: Page, address: str, whole: Place
) -> None:
    page.goto(f"{address}/generate")
    page.get_by_role("link", name="More captions").first.click()
    card = page.locator("article").first
    card.locator(".model li").nth(3).wait_for()
    assert card.locator(".model li .save").count() == card.locator(".model li").count()
    page.goto(f"{address}/try")
    files = [{"name": "p.jpg", "mimeType": "image/jpeg", "buffer": crawl_tables.photo(99)}]
    page.get_by_label("Choose a photo").set_input_files(files)  # type: ignore[arg-type]
    own = saved(page, page.locator("#results .model li").first)
    assert shows(own, crawl_tables.photo(99))
    assert lines(own) == 2, "the photo is the visitor's own: nobody to credit"
    page.goto(f"{address}/photos/{Library().catalogue(whole).sha256s[0]}")
    assert page.locator(".people li .save").count() == page.locator(".people li").count() > 0
    page.goto(f"{address}/data")
    assert page.locator(".save").count() == 0


def test_a_copy_on_a_disk_saves_them_too(page: Page, whole: Place, tmp_path: Path) -> None:
    index = export(whole.data, "demo", tmp_path / "copy")
    page.goto(index.as_uri())
    card = page.locator("article").first
    jpeg = (index.parent / str(card.locator("img.photo").get_attribute("src"))).read_bytes()
    card.get_by_role("button", name="Write a caption").click()
    written, person = (saved(page, card.locator(name).first) for name in ("li.written", ".people li"))
    assert shows(written, jpeg)
    assert shows(person, jpeg)
    page.goto((index.parent / "index.ja.html").as_uri())
    japanese = saved(page, page.locator("article").first.locator(".people li").first)
    assert not np.array_equal(japanese[-70:], person[-70:]), "it is said in the page's language"
